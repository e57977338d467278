/// The three programs, each whole with its subcommands. \return of each: its exit code.
#pragma once

#include <vector>

#include "eida/config/command_line.h"
#include "eida/parallel/communicator.h"
#include "eida/training/train_step.h"

namespace eida {

/// eida-probe: how concentrated are token representations, and what the gradient does to them?
/// Its subcommands compare and demo take one process. \throws Error
int run_probe(const ParsedCommand& command, const Communicator& processes = Communicator::single());

/// eida-train: rounds of sample, estimate, train B, merge. Its subcommands export and merge take
/// one process. \throws Error
int run_train(const ParsedCommand& command, const Communicator& processes = Communicator::single());

/// eida-eval: scores of models and of predictions. Its subcommands score, compare and tokenize take
/// one process. \throws Error
int run_eval(const ParsedCommand& command, const Communicator& processes = Communicator::single());

/// One optimiser step: loss, backward, clipping, AdamW. \param batches of the step, each a logical
/// batch; the same in every process \param number dropout masks depend on the seed and on it alone
/// \throws NumericError a loss or gradient that is not finite; nothing has changed then
StepResult train_step(const Learner& learner, const std::vector<ExampleBatch>& batches,
                      LearningRates rates, StepNumber number, const StepOptions& options);

}  // namespace eida
