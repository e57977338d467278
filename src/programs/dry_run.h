// What a run would do and cost, without doing it.
#pragma once

#include "eida/config/config.h"
#include "eida/data/dataset.h"
#include "eida/data/tokenize.h"
#include "eida/model/pretrained_model.h"
#include "eida/run/session.h"
#include "train/inputs.h"

namespace eida {

/// Prints sites, trainable parameters (none) and estimates of memory and time, scaled up from a
/// trial on a few examples. \return exit code 0
int dry_run_probe(const Config& config, PretrainedModel& model, const Dataset& data,
                  const ExampleTokenizer& tokenizer, const ComputeSetting& compute);

/// The same for eida-train, with the number of trainable parameters. \return exit code 0
int dry_run_train(const Config& config, TrainInputs& inputs);

}  // namespace eida
