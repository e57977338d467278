/// A model over many examples: no gradients, sorted by length, results in the order given.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "eida/data/example.h"
#include "eida/model/pretrained_model.h"
#include "eida/parallel/communicator.h"

namespace eida {

struct PassOptions {
  /// Tokens of one pass at most, unless a single example has more. Measured on 2 cores with
  /// RoBERTa-base: 256 to 2048 differ by no more than a tenth, and larger is no faster.
  int64_t pass_tokens = 1024;
  /// Called after each pass with the number of examples it held; may throw to stop.
  std::function<void(int64_t examples)> progress = {};
  /// Each process computes its part of the examples; every one gets all results.
  const Communicator* processes = &Communicator::single();
};

/// Logits of each example in evaluation mode, in the order given. // [n, C] float32, on the CPU
/// \throws NumericError a logit is not finite
at::Tensor classify(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                    const PassOptions& options = {});

/// What a completion costs the model when it is fed the true tokens.
struct CompletionLoss {
  double nll = 0.0;    ///< sum of -log p over the labelled tokens, natural logarithm
  int64_t tokens = 0;  ///< labelled tokens
};

/// Loss of each example in evaluation mode, in the order given. Logits exist only where a token is
/// labelled, and at most 256 MiB of them at a time, unless a single example has more.
/// \throws NumericError a loss is not finite
std::vector<CompletionLoss> completion_losses(PretrainedModel& model,
                                              const std::vector<const TokenExample*>& examples,
                                              const PassOptions& options = {});

}  // namespace eida
