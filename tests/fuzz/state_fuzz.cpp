/// Any bytes as the state of a training run: it is restored, or an Error says why not. The first
/// byte chooses whether the file's own hash is made to fit.
#include "eida/run/checkpoint.h"
#include "tiny_model.h"

const size_t eida::fuzz::kOptions = 1;

namespace {

struct Run {
  std::unique_ptr<eida::Method> method;
  std::unique_ptr<eida::Training> training;
  Run() {
    eida::PretrainedModel& model = eida::fuzz::tiny_model(0);
    eida::SiteSelection queries;
    queries.weights = {"q"};
    eida::MethodOptions options;
    options.sites = eida::choose_sites(model, queries);
    options.lora_rank = 1;
    method = eida::make_method(eida::MethodKind::lora, options);
    training = std::make_unique<eida::Training>(model, *method, eida::TrainingOptions{});
    training->attach({}, 1);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const Run run;
  const eida::fuzz::Input<1> input(bytes, size, eida::fuzz::kOptions);
  const std::string_view text = input.files[0];
  const auto file = eida::fuzz::write(
      "state", input.options[0] % 4 == 3 ? std::string(text) : eida::fuzz::with_own_hash(text));
  eida::fuzz::expect_errors_only([&] {
    const auto state = eida::read_checkpoint(file);
    eida::fuzz::check(state.round >= 1 && state.step >= 0 && state.metrics_bytes >= 0);
    eida::restore(file, *run.training);
  });
  return 0;
}
