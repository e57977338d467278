/// eida-train: rounds of sample, estimate, train B, merge.
#pragma once

#include <vector>

#include "eida/config/command_line.h"
#include "eida/parallel/communicator.h"
#include "eida/training/train_step.h"

namespace eida {

/// The whole program with its subcommands export and merge, which take one process. \return exit
/// code. \throws Error
int run_train(const ParsedCommand& command, const Communicator& processes = Communicator::single());

/// One optimiser step: loss, backward, clipping, AdamW. \param batches of the step, each a logical
/// batch; the same in every process \param number dropout masks depend on the seed and on it alone
/// \throws NumericError a loss or gradient that is not finite; nothing has changed then
StepResult train_step(const Learner& learner, const std::vector<ExampleBatch>& batches,
                      LearningRates rates, StepNumber number, const StepOptions& options);

}  // namespace eida
