// A model in use, not in training.
#pragma once

#include <c10/core/GradMode.h>

#include "eida/model/pretrained_model.h"

namespace eida {

/// No gradients and no dropout for a scope. Not InferenceMode: its tensors would stay in the caches
/// of cast weights and could not enter autograd later.
class EvaluationScope {
 public:
  explicit EvaluationScope(PretrainedModel& model) : mode_(model, /*training=*/false) {}

 private:
  const ModeScope mode_;
  const c10::AutoGradMode without_gradients_{false};
};

}  // namespace eida
