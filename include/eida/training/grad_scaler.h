/// Loss scaling for float16 gradients. Source: torch.amp.GradScaler, its rule and defaults.
#pragma once

#include <cstdint>

#include "eida/training/flat_parameters.h"

namespace eida {

class GradScaler {
 public:
  /// \param enabled false: the scale is 1 and nothing is ever skipped.
  explicit GradScaler(bool enabled) : enabled_(enabled) {}

  double scale() const { return enabled_ ? scale_ : 1.0; }
  /// Divides the gradients by the scale.
  void unscale(const FlatParameters& parameters) const;
  /// Grows or halves the scale. \param finite whether all gradients of a step were.
  /// \return whether the step may be taken; false where it must be skipped \throws NumericError
  /// where no scale helps
  bool accept(bool finite);

  /// For the state of a run.
  int64_t good_steps() const { return good_steps_; }
  void restore(double scale, int64_t good_steps) {
    scale_ = scale;
    good_steps_ = good_steps;
  }

 private:
  bool enabled_;
  double scale_ = 65536.0;
  int64_t good_steps_ = 0;  ///< since the scale last changed
};

}  // namespace eida
