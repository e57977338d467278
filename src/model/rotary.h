// Rotary positions of queries and keys.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "eida/model/architecture.h"

namespace eida {

/// Cosines and sines of one kind of rotation, made as far as positions have come.
class RotaryTable {
 public:
  RotaryTable(const RotarySpec& spec, int64_t head_dim, at::Device device);

  const RotarySpec& spec() const { return spec_; }
  int64_t head_dim() const { return 2 * frequencies_.size(0); }
  /// Of positions 0 .. length - 1 and more. // [P, 2, d_h / 2] float32: cosines, sines
  const at::Tensor& rows(int64_t length);

 private:
  RotarySpec spec_;
  at::Device device_;
  at::Tensor frequencies_, rows_;  // [d_h / 2] on the CPU
};

/// Angle of each pair of entries at position 1, in the float32 steps of transformers. // [d_h / 2]
at::Tensor rotary_frequencies(const RotarySpec& spec, int64_t head_dim);

/// Every head turned by its token's position, computed in float32. \param x [N, h * d_h], a view of
/// wider rows allowed \param table of RotaryTable::rows() \param positions [N] int64, below the
/// table's // [N, h * d_h]
at::Tensor rotate(const at::Tensor& x, const at::Tensor& table, const at::Tensor& positions);

}  // namespace eida
