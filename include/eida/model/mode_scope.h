/// A model's mode for a scope.
#pragma once

#include "eida/model/pretrained_model.h"

namespace eida {

/// Puts a model into training or evaluation mode, and gives it back its mode and its compute dtype
/// (which may be changed meanwhile) at the end of the scope.
class ModeScope {
 public:
  ModeScope(PretrainedModel& model, bool training)
      : model_(&model), training_(model.training()), dtype_(model.compute_dtype()) {
    model.set_training(training);
  }
  ~ModeScope() {
    model_->set_training(training_);
    model_->set_compute_dtype(dtype_);
  }
  ModeScope(const ModeScope&) = delete;
  ModeScope& operator=(const ModeScope&) = delete;

 private:
  PretrainedModel* model_;
  bool training_;
  at::ScalarType dtype_;
};

}  // namespace eida
