#include "eida/training/schedule.h"

#include <algorithm>
#include <cmath>

namespace eida {
namespace {

int64_t warmup_steps(int64_t total, double ratio) {
  return static_cast<int64_t>(std::ceil(static_cast<double>(total) * ratio));
}

double warm_up(int64_t step, int64_t warmup) {
  return step < warmup ? static_cast<double>(step) / static_cast<double>(warmup) : 1.0;
}

double linear(int64_t step, int64_t total, int64_t warmup) {
  if (step < warmup) return warm_up(step, warmup);
  return std::max(0.0, static_cast<double>(total - step) /
                           static_cast<double>(std::max<int64_t>(1, total - warmup)));
}

}  // namespace

double learning_rate_factor(const ScheduleOptions& options, int64_t round, int64_t step) {
  const int64_t in_round = options.steps_per_round;
  if (!options.whole_run)
    return linear(step, in_round, warmup_steps(in_round, options.warmup_ratio));
  const int64_t total = in_round * options.rounds;
  const double factor =
      linear((round - 1) * in_round + step, total, warmup_steps(total, options.warmup_ratio));
  if (round == 1 || !options.rewarm) return factor;
  return factor * warm_up(step, warmup_steps(in_round, options.warmup_ratio));
}

}  // namespace eida
