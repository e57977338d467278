// Dropout whose masks are computed, not kept.
#pragma once

#include <ATen/core/Tensor.h>

namespace eida {

/// x with entries set to 0 with this probability and the others scaled up, in training mode only.
/// On the CPU the mask is a function of one draw of the default generator and the position: the
/// backward pass computes it again, and the number of threads changes nothing.
at::Tensor drop(const at::Tensor& x, double probability, bool training);

/// residual + drop(x), in one pass.
at::Tensor drop_add(const at::Tensor& x, const at::Tensor& residual, double probability,
                    bool training);

}  // namespace eida
