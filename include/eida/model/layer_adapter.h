/// What an adapter adds to the output of a linear layer.
#pragma once

#include <ATen/core/Tensor.h>

namespace eida {

/// Hangs on a HookableLinear. The layer's own weight stays frozen and keeps its name.
class LayerAdapter {
 public:
  virtual ~LayerAdapter() = default;
  /// \param y [N, d_out] what the frozen layer gives, used nowhere else: may be changed in place.
  /// \param x [N, d_in] what enters the layer, in the same dtype. \return y + addition // [N,
  /// d_out]
  virtual at::Tensor add_to(at::Tensor y, const at::Tensor& x) const = 0;
};

}  // namespace eida
