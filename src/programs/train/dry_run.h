// What a training run would do and cost, without doing it.
#pragma once

#include "inputs.h"

namespace eida {

/// Prints places, trainable parameters and estimates of memory and time: a round in small is
/// trained, whose steps are those of a run. \return exit code 0
int dry_run_train(const Config& config, TrainInputs& inputs);

}  // namespace eida
