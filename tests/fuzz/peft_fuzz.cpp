/// Any bytes as a LoRA folder of PEFT: it is merged into a model, or an Error says why not.
#include "eida/adapter/adapter_file.h"
#include "tiny_model.h"

const size_t eida::fuzz::kOptions = 1;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const eida::fuzz::Input<2> input(bytes, size, eida::fuzz::kOptions);
  eida::PretrainedModel& model = eida::fuzz::tiny_model(input.options[0]);
  const auto folder = eida::fuzz::write("adapter_config.json", input.files[0]).parent_path();
  eida::fuzz::write("adapter_model.safetensors", input.files[1]);
  eida::fuzz::expect_errors_only([&] {
    const eida::AdapterFile file(folder);
    eida::fuzz::check(file.head_classes(model.config()) >= 0);
    file.brings_head(model.config());
    eida::merge_adapter_files(model, {folder});
  });
  return 0;
}
