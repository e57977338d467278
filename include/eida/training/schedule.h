/// Learning rates over a run: linear warm-up, then linear decay to 0.
#pragma once

#include <cstdint>

namespace eida {

struct ScheduleOptions {
  int64_t steps_per_round = 1;
  int64_t rounds = 1;
  double warmup_ratio = 0.0;
  bool whole_run = false;  ///< one schedule over all rounds; else one a round
  /// whole_run: rounds after the first rise again, over the first warmup_ratio of their steps, to
  /// the value of the schedule there. Off where the optimiser keeps its moments.
  bool rewarm = true;
};

/// Factor of the largest learning rate, 0..1. \param round from 1. \param step from 0.
/// Source: transformers.get_linear_schedule_with_warmup with ceil(ratio * steps) steps of warm-up.
double learning_rate_factor(const ScheduleOptions& options, int64_t round, int64_t step);

}  // namespace eida
