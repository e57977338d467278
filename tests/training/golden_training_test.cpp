/// Ten steps of every method against transformers, torch and peft.
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "eida/training/schedule.h"
#include "support/tiny_models.h"
#include "training/golden_trajectory.h"

namespace eida {
namespace {

using testing::GoldenTrajectory;

/// Sites that the trajectory adapts: those with factors in the file.
std::vector<PlaceId> adapted_sites(const GoldenTrajectory& golden, const PretrainedModel& model) {
  std::vector<PlaceId> sites;
  for (size_t i = 0; i < model.places().sites().size(); ++i) {
    const Place& site = model.places().sites()[i];
    for (const auto& name : {"lora." + site.linear->name() + ".A",
                             fmt::format("delta_output.{}.basis", i), fmt::format("xs.{}.A", i)}) {
      if (golden.file.find(name) != nullptr) sites.push_back(model.places().site(i));
    }
  }
  return sites;
}

PlaceBases bases_of(const GoldenTrajectory& golden, const PretrainedModel& model) {
  PlaceBases bases(model.places().size());
  for (const Place& place : model.places()) {
    bases[model.places().id_of(place)] =
        golden[fmt::format("{}.{}.basis", place.kind_name(), place.index)];
  }
  return bases;
}

/// Parameters of the model that the trajectory trains.
std::vector<std::string> trained_parameters(const GoldenTrajectory& golden,
                                            const PretrainedModel& model) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : model.parameters()) {
    if (golden.file.find("final." + name) != nullptr) names.push_back(name);
  }
  return names;
}

/// Name of a tensor in the golden file; of a trained one's last value.
std::string golden_name(const std::string& name, const PretrainedModel& model) {
  const std::string owner = name.substr(0, name.rfind('.'));
  for (const Place& site : model.places().sites()) {
    if (name == site.name + ".B") return fmt::format("final.B.{}", site.index);
    if (name == site.name + ".A" || name == site.name + ".C")
      return fmt::format("xs.{}.{}", site.index, name.back());
  }
  for (const auto& [ours, theirs] : std::map<std::string, std::string>{
           {".lora_A", ".A"}, {".lora_B", ".B"}, {".lora_magnitude_vector", ".m"}}) {
    if (name == owner + ours) return "final.lora." + owner + theirs;
  }
  return "final." + name;
}

/// What the reference did to the weights themselves: LoRA-XS, DoRA.
void expect_merged_weights(const GoldenTrajectory& golden, const PretrainedModel& model) {
  for (const auto& [name, tensor] : model.parameters()) {
    if (golden.file.find("merged." + name) == nullptr) continue;
    const at::Tensor difference = tensor - golden["merged." + name];
    EXPECT_LT(difference.abs().max().item<double>(), 2e-4) << name;  // as the factors
  }
}

class GoldenTraining : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenTraining, LossesNormsAndFinalValuesAreThoseOfTheReference) {
  const GoldenTrajectory golden(GetParam());
  const auto model = golden.model();
  MethodOptions options;
  options.sites = adapted_sites(golden, *model);
  if (golden.file.metadata().contains("lora_rank")) {
    options.lora_rank = static_cast<int64_t>(golden.number("lora_rank"));
    options.lora_alpha = golden.number("lora_alpha");
  }
  const auto method = make_method(from_string<MethodKind>(golden.text("method")), options);
  method->attach(*model, method->needs_bases() ? bases_of(golden, *model) : PlaceBases{}, 1);
  FlatParameters parameters(trained_tensors(*model, *method, trained_parameters(golden, *model)));
  for (const auto& trained : parameters.tensors()) {  // LoRA's random start
    const std::string start = golden_name(trained.name, *model).substr(6);
    if (!start.starts_with("lora.")) continue;
    at::Tensor values = trained.tensor.detach();
    values.copy_(golden[start]);
  }
  if (method->basis_source() == BasisSource::kWeights) {
    for (const auto& [name, tensor] : method->frozen())
      EXPECT_LT(testing::relative_difference(tensor, golden[golden_name(name, *model)]), 1e-5)
          << name;  // float64, rounded
  }
  AdamwOptions adamw;
  adamw.weight_decay = golden.number("weight_decay");
  AdamW optimizer(parameters, adamw);
  GradScaler scaler(false);
  ScheduleOptions schedule;
  schedule.steps_per_round = static_cast<int64_t>(golden.steps());
  schedule.warmup_ratio = golden.number("warmup_ratio");
  StepOptions step;
  step.task = golden.task;
  step.clip_norm = golden.number("clip_norm");
  const at::Tensor losses = golden["losses"], norms = golden["grad_norms"], lrs = golden["lrs"];
  double worst = 0.0;
  for (size_t s = 0; s < golden.steps(); ++s) {
    const auto i = static_cast<int64_t>(s);
    const double lr = golden.number("lr") * learning_rate_factor(schedule, 1, i);
    EXPECT_NEAR(lr, lrs[i].item<double>(), 1e-9) << "step " << s;
    const StepResult result = train_step({*model, parameters, optimizer, scaler}, golden.batches(s),
                                         {lr, lr}, {1, i}, step);
    const double wanted = losses[i].item<double>();
    worst = std::max(worst, std::abs(result.loss - wanted) / wanted);
    EXPECT_NEAR(result.loss, wanted, 1e-5 * wanted) << "step " << s;
    EXPECT_NEAR(result.grad_norm, norms[i].item<double>(), 1e-4 * norms[i].item<double>())
        << "step " << s;
  }
  for (const auto& trained : parameters.tensors()) {
    // Keys' biases shift all scores of a query alike: their gradient is rounding alone, which AdamW
    // turns into whole steps.
    if (trained.name.ends_with("key.bias")) continue;
    const at::Tensor wanted = golden[golden_name(trained.name, *model)];
    at::Tensor changed = trained.tensor.detach() - wanted;
    if (trained.name.ends_with("c_attn.bias")) changed = changed.view({3, -1}).select(0, 0);
    const double difference = changed.abs().max().item<double>();
    // AdamW divides by the root of the second moment: where that is tiny, rounding is magnified.
    EXPECT_LT(difference, 2e-4) << trained.name;
  }
  method->merge(*model);
  expect_merged_weights(golden, *model);
  RecordProperty("largest_relative_loss_difference", fmt::format("{:.2e}", worst));
  std::printf("%s: largest relative loss difference %.2e\n", GetParam(), worst);
}

INSTANTIATE_TEST_SUITE_P(Trajectories, GoldenTraining,
                         ::testing::Values("roberta-eida", "roberta-lora", "roberta-full",
                                           "roberta-head", "bert-eida", "bert-lora", "bert-full",
                                           "bert-head", "gpt2-eida", "gpt2-lora", "gpt2-full",
                                           "roberta-lora_xs", "gpt2-lora_xs", "bert-dora",
                                           "gpt2-dora"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace eida
