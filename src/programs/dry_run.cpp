#include "dry_run.h"

#include <fmt/format.h>

#include "eida/core/progress.h"
#include "eida/core/system_info.h"

namespace eida {

double mean_tokens(const TokenizedSet& set) {
  double sum = 0;
  for (const int64_t length : set.lengths()) sum += static_cast<double>(length);
  return sum / static_cast<double>(set.examples.size());
}

void print_model(const Config& config, const PretrainedModel& model) {
  fmt::print("model            {} ({}), {} layers, {} parameters{}\n", config.model.path.string(),
             model.config().model_type, model.config().num_layers, model.parameter_count(),
             config.model.init == ModelInit::kRandom ? ", RANDOM weights" : "");
  fmt::print("places           {} input spaces, {} sites\n", model.places().inputs().size(),
             model.places().sites().size());
}

void print_cost(double bytes, double seconds, const ComputeSetting& compute) {
  fmt::print("memory, about    {:.0f} MiB\n", peak_memory_mib() + bytes / (1 << 20));
  fmt::print("time, about      {} on {} threads\n", format_duration(seconds), compute.threads);
}

}  // namespace eida
