// eida-train, top to bottom: open, then rounds of sample → estimate → attach → train → merge →
// evaluate.
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "../dry_run.h"
#include "checkpoints.h"
#include "eida/core/progress.h"
#include "eida/core/signals.h"
#include "eida/core/stopwatch.h"
#include "eida/measure/measure.h"
#include "eida/programs/programs.h"
#include "eida/run/measure_setup.h"
#include "eida/run/run.h"
#include "observer.h"
#include "results.h"
#include "round_steps.h"

namespace eida {

StepResult train_step(const Learner& learner, const std::vector<ExampleBatch>& batches,
                      LearningRates rates, StepNumber number, const StepOptions& options) {
  auto& [model, parameters, optimizer, scaler] = learner;
  StepResult result;
  const auto start = std::chrono::steady_clock::now();
  std::vector<PackedBatch> passes = pack_step(batches, scaler.scale(), options);
  result.prepare_seconds = seconds_since(start);

  const StepScope training(model, parameters.values().device(), number, options);
  parameters.gradients().zero_();
  at::Tensor step_loss = at::zeros({}, parameters.values().options().dtype(at::kDouble));
  for (PackedBatch& pass : passes) {
    const at::Tensor loss = model.loss(pass, options.label_smoothing);
    loss.backward();
    step_loss += loss.detach().to(at::kDouble) / scaler.scale();
    result.tokens += pass.tokens();
  }
  add_up(parameters, step_loss, result, *options.processes);
  scaler.unscale(parameters);
  if (!accept_step(result, step_loss, gradient_norm(parameters), scaler, number)) return result;
  clip_gradients(parameters, result.grad_norm, options.clip_norm);
  optimizer.step(rates.body, rates.head);
  return result;
}

namespace {

/// A and C of a round, from fresh samples of the model as it is now.
PlaceBases estimate_bases(const Config& config, TrainInputs& inputs, const TrainingCheckpoint& at,
                          Observer& observer) {
  const RankRuleOptions rule = rank_rule_options(config.ranks);
  const int64_t heldout = measures_ranks(rule) ? config.ranks.heldout : 0;
  const DrawnExamples sample =
      draw_fresh(*inputs.train, *inputs.tokenizer, config, heldout, at.round);
  MeasureOptions options =
      measure_options(config, inputs.task, at.round, *inputs.compute.processes);
  Progress progress("sampling", config.sampling.examples + heldout, "examples");
  options.sampler.progress = advance_and_check(progress);
  const RoundEstimate estimate =
      estimate_round(*inputs.model, sample.examples, sample.heldout, rule, options);
  PlaceBases bases =
      make_bases(inputs.model->places(), estimate.subspaces, estimate.plan.ranks, inputs.sites);
  observer.estimated(at.round, estimate, bases, at.bases);
  return bases;
}

/// All rounds, from where an earlier process stopped. \return where the run is at its end
TrainingCheckpoint train(const Config& config, TrainInputs& inputs, const RunFolder* folder,
                         Observer& observer, Checkpoints& checkpoints) {
  Training training(*inputs.model, *inputs.method, training_options(config, inputs));
  const StepOptions options = step_options(config, inputs);
  const ScheduleOptions schedule = schedule_options(config, inputs);
  TrainingCheckpoint at = checkpoints.find();
  observer.start(at);
  for (; at.round <= config.rounds; at.begin(at.round + 1)) {
    observer.begin_round();
    if (!checkpoints.restores() && inputs.method->needs_bases())
      at.bases = estimate_bases(config, inputs, at, observer);
    training.attach(at.bases, at.round);  // A, C and B = 0
    checkpoints.restore_or_save(at, training);
    training.agree(*options.processes);
    observer.attached(at, training);

    RoundSteps steps(config, inputs, at.round, at.step);
    while (at.step < schedule.steps_per_round) {  // one epoch: only B and what was asked for moves
      const auto start = std::chrono::steady_clock::now();
      const std::vector<ExampleBatch>& batches = steps.next();
      const StepNumber number{at.round, at.step};
      const LearningRates rates = learning_rates(config, schedule, number);
      const StepResult result = train_step(training.learner(), batches, rates, number, options);
      ++at.step;
      observer.stepped(at, batches, result, rates.body, seconds_since(start));
      if (config.train.eval_every && at.step % *config.train.eval_every == 0)
        observer.scored(at, evaluate_on_dev(inputs));
      checkpoints.save_if_due(at, training, result.signal);
    }
    training.agree(*options.processes);
    checkpoints.save(at, training);
    observer.trained(at, steps);

    RoundRecord record{.round = at.round, .train_loss = at.loss.mean()};
    record.merge = merge(inputs);  // W += CᵀBA in float32
    save_round(config, inputs, folder, at.round);
    record.scores = evaluate_on_dev(inputs, [](int64_t) { check_interrupted(); });
    observer.complete(record, at);
    at.rounds.push_back(record);
    save_best(config, inputs, folder, at.rounds);
    observer.finished_round(at);
    check_parity(at.rounds.back());
    if (stops_early(config, at.rounds)) break;
  }
  return at;
}

}  // namespace

int run_train(const ParsedCommand& command, const Communicator& processes) {
  if (!command.subcommand.empty()) check_processes(command, processes);
  if (command.subcommand == "export") return run_export(command);
  if (command.subcommand == "merge") return run_merge(command);
  const Config& config = command.config;
  const Run run(command, processes, {config.data.train, config.data.dev, config.ranks.plan});
  if (run.finished()) return processes.is_root() ? show_finished(config) : 0;
  if (command.resume) ask_root(processes, [&] { return check_checkpoint(config.run.output); });
  TrainInputs inputs = open_train_inputs(config, processes);
  if (command.dry_run) return processes.is_root() ? dry_run_train(config, inputs) : 0;

  const auto folder = run.make_folder();
  Manifest manifest = run.manifest(inputs.compute);
  Observer observer(config, inputs, folder.get(), manifest);
  Checkpoints checkpoints(config, inputs, folder.get(), manifest, observer);
  const TrainingCheckpoint end = train(config, inputs, folder.get(), observer, checkpoints);
  if (!folder) return 0;
  observer.write_page(end, /*running=*/false);
  folder->finish(manifest);
  fmt::print("{}", result_text(observer.summary(end), config.run.format));
  spdlog::info("models, adapters and metrics: {}", folder->path().string());
  return 0;
}

}  // namespace eida
