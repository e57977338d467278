// What a training run reads, opened and checked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eida/adapter/method.h"
#include "eida/run/open.h"
#include "eida/training/schedule.h"
#include "eida/training/train_step.h"
#include "eida/training/training.h"

namespace eida {

struct TrainInputs {
  static constexpr int64_t kLargestPreview = 1000;

  ComputeSetting compute;
  TaskKind task = TaskKind::kClassification;
  std::shared_ptr<const Dataset> train;
  std::unique_ptr<ExampleTokenizer> tokenizer;
  TokenizedSet preview;  ///< examples at even distances in the training file, at most
                         ///< kLargestPreview
  TokenizedSet dev;      ///< empty without data.dev
  std::unique_ptr<PretrainedModel> model;
  std::string base;            ///< fingerprint of the model before training
  std::vector<PlaceId> sites;  ///< that take part
  std::unique_ptr<Method> method;
  std::vector<std::string> extra;  ///< the model's parameters that train beside the adapters
  std::vector<NamedTensor> newly_initialised;  ///< what the checkpoint lacks, before training
};

/// Opens and checks: what a run would refuse at its start is refused here.
/// \throws Error anything missing or contradictory
TrainInputs open_train_inputs(const Config& config, const Communicator& processes);

/// The score that picks the best round. \throws ConfigError the task has no train.best_metric
const TaskScore& best_score(const Config& config);

/// Optimiser steps of a round.
int64_t steps_per_round(const Config& config, const TrainInputs& inputs);

ScheduleOptions schedule_options(const Config& config, const TrainInputs& inputs);
LearningRates learning_rates(const Config& config, const ScheduleOptions& schedule,
                             StepNumber number);
TrainingOptions training_options(const Config& config, const TrainInputs& inputs);
StepOptions step_options(const Config& config, const TrainInputs& inputs);

}  // namespace eida
