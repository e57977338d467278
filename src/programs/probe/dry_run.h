// What a probe would do and cost, without doing it.
#pragma once

#include "eida/config/config.h"
#include "eida/data/dataset.h"
#include "eida/data/tokenize.h"
#include "eida/model/pretrained_model.h"
#include "eida/run/open.h"

namespace eida {

/// Prints places, trainable parameters (none) and estimates of memory and time, scaled up from a
/// trial on a few examples. \return exit code 0
int dry_run_probe(const Config& config, PretrainedModel& model, const Dataset& data,
                  const ExampleTokenizer& tokenizer, const ComputeSetting& compute);

}  // namespace eida
