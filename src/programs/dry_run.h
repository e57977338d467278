// What runs would do and cost, without doing it.
#pragma once

#include "eida/config/config.h"
#include "eida/data/dataset.h"
#include "eida/data/tokenize.h"
#include "eida/model/pretrained_model.h"
#include "eida/run/compute.h"

namespace eida {

struct TrainInputs;

/// Examples of a trial at most: enough for its passes to be like the run's.
inline constexpr int64_t kTrialExamples = 32;

/// Prints places, trainable parameters (none) and estimates of memory and time, scaled up from a
/// trial on a few examples. \return exit code 0
int dry_run_probe(const Config& config, PretrainedModel& model, const Dataset& data,
                  const ExampleTokenizer& tokenizer, const ComputeSetting& compute);

/// Prints places, trainable parameters and estimates of memory and time: a round in small is
/// trained, whose steps are those of a run. \return exit code 0
int dry_run_train(const Config& config, TrainInputs& inputs);

double mean_tokens(const TokenizedSet& set);
void print_model(const Config& config, const PretrainedModel& model);
/// \param bytes beyond the largest memory of the trial
void print_cost(double bytes, double seconds, const ComputeSetting& compute);

}  // namespace eida
