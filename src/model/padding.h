// Packed rows to padded heads and back.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "eida/model/attention.h"

namespace eida {

using LayoutPointer = std::shared_ptr<const SequenceLayout>;

/// One tensor a length group, zeros at padding. // [N, h * d_h] -> [S_g, h, T_g, d_h] each
std::vector<at::Tensor> pad_heads(const at::Tensor& packed, const LayoutPointer& layout,
                                  int64_t heads);

/// The inverse: values at padding are dropped. // [S_g, h, T_g, d_h] each -> [N, h * d_h]
at::Tensor unpad_heads(const std::vector<at::Tensor>& padded, const LayoutPointer& layout);

}  // namespace eida
