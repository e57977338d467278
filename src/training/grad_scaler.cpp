#include "eida/training/grad_scaler.h"

namespace eida {

void GradScaler::unscale(const FlatParameters& parameters) const {
  if (enabled_) parameters.gradients().mul_(1.0 / scale_);
}

bool GradScaler::accept(bool finite) {
  constexpr int64_t kGrowthInterval = 2000;
  if (!enabled_) return true;
  if (!finite) {
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
