/// The tasks: what each says about its files, its scores and its configuration.
#pragma once

#include <string>
#include <vector>

#include "eida/core/choices.h"
#include "eida/data/example.h"

namespace eida {

class Header;
struct Columns;
struct ReaderOptions;

/// A score of labelled examples, as eida-train takes it after a round.
struct TaskScore {
  std::string name;
  bool lower_is_better = false;
};

/// A key of the configuration and its value, as --set takes them.
struct TaskDefault {
  std::string key, value;
};

/// What one task says. Another one is a line in core/tasks.inc and a file in src/data/tasks/.
struct Task {
  TaskKind kind = TaskKind::kClassification;
  /// The columns of a file with this header. \throws RowError
  Columns (*columns)(const Header& header, const ReaderOptions& options) = nullptr;
  std::vector<TaskScore> scores;         ///< the first picks the best round
  std::vector<Metric> metrics;           ///< that eida-eval computes
  std::vector<std::string> class_names;  ///< of all its files; empty: each file has its own
  bool has_pair_lines = false;        ///< `||` in the first line means lines `context||reference`
  bool may_lack_prompt = false;       ///< text that completes no prompt is language modelling
  std::vector<TaskDefault> defaults;  ///< where they are not those of all tasks
};

const Task& task_of(TaskName name);  ///< what the task of that name says

/// What most tasks with a label, or with a completion, start from.
Task classification_task();
Task completion_task();

}  // namespace eida
