#include "eida/training/grad_scaler.h"

#include "eida/core/error.h"

namespace eida {

void GradScaler::unscale(const FlatParameters& parameters) const {
  if (enabled_) parameters.gradients().mul_(1.0 / scale_);
}

bool GradScaler::accept(bool finite) {
  constexpr int64_t kGrowthInterval = 2000;
  constexpr double kLeast = 1.0 / 1024;  // 27 halvings of the first scale
  if (!enabled_) return true;
  if (!finite) {
    scale_ *= 0.5;
    good_steps_ = 0;
    if (scale_ < kLeast) {
      throw NumericError(
          "training: gradients are not finite in float16 at any loss scale (hint: --precision bf16 "
          "or fp32, or a smaller train.lr)");
    }
    return false;
  }
  if (++good_steps_ == kGrowthInterval) {
    scale_ *= 2.0;
    good_steps_ = 0;
  }
  return true;
}

}  // namespace eida
