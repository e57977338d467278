// What runs would do and cost, without doing it.
#pragma once

#include <string>

#include "eida/config/config.h"
#include "eida/run/open.h"
#include "eida/sampling/sampler.h"

namespace eida {

struct TrainInputs;
enum class EvalTask;

/// Examples of a trial at most: enough for its passes to be like the run's.
inline constexpr int64_t kTrialExamples = 32;
/// Examples of a sampling trial: at most `most`, and fewer where a place would get more than 2,048
/// vectors of them, for which a run takes minutes. At least one.
int64_t sampling_trial(const PretrainedModel& model, const TokenizedSet& drawn,
                       const DrawOptions& options, int64_t most);

/// Prints places, trainable parameters (none) and estimates of memory and time, scaled up from a
/// trial on a few examples. \return exit code 0
int dry_run_probe(const Config& config, const OpenedInputs& inputs);

/// Prints places, trainable parameters and estimates of memory and time: a small round is
/// trained, whose steps are those of a run. \return exit code 0
int dry_run_train(const Config& config, TrainInputs& inputs);

/// Runs the model on a few examples, and prints estimates of memory and time. \return exit code 0
int dry_run_eval(const Config& config, EvalTask task, const OpenedInputs& inputs);

/// At most `count` examples, drawn at random.
TokenizedSet draw_trial(const Config& config, const OpenedInputs& inputs, int64_t count);
double mean_tokens(const TokenizedSet& set);
/// \param more of what is known of the model
void print_model(const Config& config, const PretrainedModel& model, const std::string& more = "");
void print_places(const PretrainedModel& model);
/// \param tokens of an example \param more of what is known of the data
void print_data(const std::string& name, int64_t examples, double tokens,
                const std::string& more = "");
/// Prints an example as tokens, "||" before those that are learnt.
void print_row(const ExampleTokenizer& tokenizer, const TokenExample& example);
/// \param bytes beyond the largest memory of the trial \param bound "about" or "at most"
void print_cost(double bytes, double seconds, const ComputeSetting& compute,
                const char* bound = "about");

}  // namespace eida
