#include "eida/data/task.h"

namespace eida {

#define EIDA_TASK(name, help) Task make_##name##_task();
#include "eida/core/tasks.inc"

const Task& task_of(TaskName name) {
  static const std::vector<Task> kAll = {
#define EIDA_TASK(name, help) make_##name##_task(),
#include "eida/core/tasks.inc"
  };
  return kAll.at(static_cast<size_t>(name));
}

Task classification_task() {
  Task task;
  task.scores = {{"accuracy"}, {"f1"}, {"matthews"}, {"loss", /*lower_is_better=*/true}};
  task.metrics = {Metric::kAccuracy};
  return task;
}

/// The defaults are those of the report's GPT-2 on E2E.
Task completion_task() {
  Task task;
  task.kind = TaskKind::kCompletion;
  task.scores = {{"loss", /*lower_is_better=*/true}, {"perplexity", /*lower_is_better=*/true}};
  task.metrics = {Metric::kLoss,   Metric::kBleu,   Metric::kNist,
                  Metric::kMeteor, Metric::kRougeL, Metric::kCider};
  task.defaults = {{"rounds", "16"},
                   {"sampling.examples", "128"},
                   {"sampling.batch_size", "2"},
                   {"train.lr", "5e-5"},
                   {"train.weight_decay", "0.01"},
                   {"train.batch_size", "8"},
                   {"train.accumulation", "2"},
                   {"train.warmup_ratio", "0.15"},
                   {"probe.heldout", "128"}};
  return task;
}

}  // namespace eida
