#include "eida/training/grad_scaler.h"

#include <cmath>

namespace eida {

bool GradScaler::unscale(const FlatParameters& parameters) {
  constexpr int64_t kGrowthInterval = 2000;
  if (!enabled_) return true;
  const at::Tensor& gradients = parameters.gradients();
  gradients.mul_(1.0 / scale_);
  if (!std::isfinite(gradients.abs().max().item<float>())) {
    scale_ *= 0.5;
    good_steps_ = 0;
    return false;
  }
  if (++good_steps_ == kGrowthInterval) {
    scale_ *= 2.0;
    good_steps_ = 0;
  }
  return true;
}

}  // namespace eida
