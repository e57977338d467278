// What the programs' dry runs say alike.
#pragma once

#include <vector>

#include "eida/config/config.h"
#include "eida/data/tokenize.h"
#include "eida/model/pretrained_model.h"
#include "eida/run/compute.h"

namespace eida {

/// Examples of a trial at most: enough for its passes to be like the run's.
inline constexpr int64_t kTrialExamples = 32;

double mean_tokens(const TokenizedSet& set);
void print_model(const Config& config, const PretrainedModel& model);
/// \param bytes beyond the largest memory of the trial
void print_cost(double bytes, double seconds, const ComputeSetting& compute);

}  // namespace eida
