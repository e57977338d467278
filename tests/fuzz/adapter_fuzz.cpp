/// Any bytes as an adapter file: it is merged into a model, or an Error says why not. The first
/// byte chooses the model, and whether the file's own hash is made to fit.
#include "eida/adapter/adapter_file.h"
#include "tiny_model.h"

const size_t eida::fuzz::kOptions = 1;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const eida::fuzz::Input<1> input(bytes, size, eida::fuzz::kOptions);
  eida::PretrainedModel& model = eida::fuzz::tiny_model(input.options[0]);
  const std::string_view file = input.files[0];
  const auto path = eida::fuzz::write("adapter.safetensors", input.options[0] / 2 % 4 == 3
                                                                 ? std::string(file)
                                                                 : eida::fuzz::with_own_hash(file));
  eida::fuzz::expect_errors_only([&] {
    const eida::AdapterFile adapter(path);
    eida::fuzz::check(adapter.head_classes(model.config()) >= 0);
    adapter.brings_head(model.config());
    eida::fuzz::expect_errors_only([&] { adapter.sites(model); });
    eida::merge_adapter_files(model, {path});
  });
  return 0;
}
