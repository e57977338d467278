// GELU in its tanh form (GPT-2's), faster than LibTorch's where activations are bf16.
#pragma once

#include <ATen/core/Tensor.h>

namespace eida {

/// 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), differentiable. bf16 on the CPU goes through
/// a kernel of ours with one exponential an entry, computed in float32; everything else is
/// at::gelu. \param x any shape
at::Tensor tanh_gelu(const at::Tensor& x);

}  // namespace eida
