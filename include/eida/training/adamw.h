/// AdamW over flat parameters. Source: Loshchilov and Hutter (2019), as torch.optim.AdamW.
#pragma once

#include "eida/training/flat_parameters.h"

namespace eida {

struct AdamwOptions {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double weight_decay = 0.0;  ///< decoupled; not on tensors that do not decay
};

class AdamW {
 public:
  AdamW(const FlatParameters& parameters, const AdamwOptions& options);

  /// One step along the gradients. \param lr of everything but the head, \param head_lr of the
  /// head.
  void step(double lr, double head_lr);

  /// First and second moments, laid out like the parameters; written to by a resumed run.
  const at::Tensor& first() const { return first_; }    // [n] float32
  const at::Tensor& second() const { return second_; }  // [n] float32
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }

 private:
  const FlatParameters* parameters_;
  AdamwOptions options_;
  at::Tensor first_, second_;
  int64_t steps_ = 0;
};

/// \return norm of all gradients, 0-d float64 on their device; not finite where one of them is not
at::Tensor gradient_norm(const FlatParameters& parameters);

/// Scales the gradients, whose norm is `norm`, so that it is at most `limit` (0: leaves them).
/// Source: torch.nn.utils.clip_grad_norm_.
void clip_gradients(const FlatParameters& parameters, double norm, double limit);

}  // namespace eida
