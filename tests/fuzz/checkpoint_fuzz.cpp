/// Any bytes as a model's weights, one file or an index with two shards: all tensors can be read,
/// or an Error says why not.
#include <ATen/core/Tensor.h>

#include "../../src/model/load_parameters.h"
#include "support.h"

const size_t eida::fuzz::kOptions = 1;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const eida::fuzz::Input<3> input(bytes, size, eida::fuzz::kOptions);
  const bool sharded = input.options[0] % 2 == 0;
  const auto single = eida::fuzz::write("model.safetensors", input.files[1]);
  if (sharded) {
    std::filesystem::remove(single);
    eida::fuzz::write("model.safetensors.index.json", input.files[0]);
    eida::fuzz::write("a.safetensors", input.files[1]);
    eida::fuzz::write("b.safetensors", input.files[2]);
  }
  eida::fuzz::expect_errors_only([&] {
    const eida::Checkpoint checkpoint(single.parent_path());
    for (const auto& [file, entry] : checkpoint.tensors()) {
      eida::fuzz::expect_errors_only([&, file = file, entry = entry] {
        const at::Tensor values = file->tensor(*entry).to(at::kFloat, false, /*copy=*/true);
        eida::fuzz::check(values.sizes() == at::IntArrayRef(entry->shape));
      });
    }
  });
  return 0;
}
