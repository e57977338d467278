/// Any bytes as a model's config.json: every number lies in its range, or a FormatError says why
/// not.
#include "eida/model/model_config.h"
#include "support.h"

const size_t eida::fuzz::kOptions = 1;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const eida::fuzz::Input<1> input(bytes, size, eida::fuzz::kOptions);
  const auto folder = eida::fuzz::write("config.json", input.files[0]).parent_path();
  const auto task =
      input.options[0] % 2 == 0 ? eida::TaskKind::kClassification : eida::TaskKind::kCompletion;
  eida::fuzz::expect_errors_only([&] { eida::eos_token_ids(folder); });
  eida::fuzz::expect_errors_only([&] { eida::served_tasks(folder); });
  eida::fuzz::expect_errors_only([&] {
    const eida::ModelConfig config = eida::read_model_config(folder, task);
    eida::fuzz::check(config.vocab_size > 0 && config.num_layers > 0 && config.num_heads > 0);
    eida::fuzz::check(config.head_dim() * config.num_heads == config.hidden_size);
    eida::fuzz::check(config.max_length() > 0 && config.num_labels > 0);
  });
  return 0;
}
