/// A model with a method in training, and the state of the optimiser. Knows no files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eida/training/adamw.h"
#include "eida/training/flat_parameters.h"
#include "eida/training/grad_scaler.h"
#include "eida/training/train_step.h"

namespace eida {

struct TrainingOptions {
  std::vector<std::string> extra;  ///< names of the model's parameters that train too
  AdamwOptions adamw;
  bool carry_moments = false;  ///< a round goes on with AdamW's moments of the round before
  bool scaled_loss = false;    ///< float16
};

/// A method on a model over its rounds.
class Training {
 public:
  /// \param model, method outlive this
  Training(PretrainedModel& model, Method& method, TrainingOptions options)
      : model_(&model),
        method_(&method),
        options_(std::move(options)),
        scaler_(options_.scaled_loss) {}

  /// Begins a round: attaches the method's adapters, puts everything that trains into one flat
  /// buffer, and starts AdamW. \param bases what the method asks for \param round from 1
  void attach(const PlaceBases& bases, int64_t round);

  /// Gives all processes the first one's values: different processors may round differently.
  void agree(const Communicator& processes) const { processes.broadcast(parameters_->values()); }

  Learner learner() { return {*model_, *parameters_, *optimizer_, scaler_}; }
  const FlatParameters& parameters() const { return *parameters_; }
  AdamW& optimizer() { return *optimizer_; }
  const AdamW& optimizer() const { return *optimizer_; }
  GradScaler& scaler() { return scaler_; }
  const GradScaler& scaler() const { return scaler_; }

 private:
  void restart_optimizer();
  void carry_moments(const FlatParameters& before, const AdamW& moments);

  PretrainedModel* model_;
  Method* method_;
  TrainingOptions options_;
  std::unique_ptr<FlatParameters> parameters_;
  std::unique_ptr<AdamW> optimizer_;
  GradScaler scaler_;
};

}  // namespace eida
