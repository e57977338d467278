// The forward and backward pass of C^T B A beside a frozen weight.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "eida/model/hookable_linear.h"

namespace eida {

/// A x of one input space. The layers of the space (W_Q, W_K, W_V) get the same tensor, so that it
/// is computed once a pass.
class SharedProjection {
 public:
  /// \param A [k_in, d_in] float32. \param users layers that ask for it in each pass.
  SharedProjection(at::Tensor A, int64_t users) : A_(std::move(A)), users_(users) {}
  /// \param x [N, d_in]. \return [N, k_in], in x's dtype
  at::Tensor operator()(const at::Tensor& x);

 private:
  at::Tensor A_;
  int64_t users_, served_ = 0;
  at::Tensor input_, projected_;  ///< kept until the last user has asked
  CastCache cast_;
};

/// One adapted slice of a layer's output: columns begin .. begin + d_out - 1.
struct EidaSlice {
  int64_t begin = 0;
  at::Tensor B;  // [k_out, k_in] float32, trained
  at::Tensor C;  // [k_out, d_out] float32
};

class EidaLayer : public LayerAdapter {
 public:
  EidaLayer(std::shared_ptr<SharedProjection> projection, std::vector<EidaSlice> slices)
      : projection_(std::move(projection)), slices_(std::move(slices)), casts_(slices_.size()) {}
  at::Tensor add_to(at::Tensor y, const at::Tensor& x) const override;

 private:
  std::shared_ptr<SharedProjection> projection_;
  std::vector<EidaSlice> slices_;
  mutable std::vector<CastCache> casts_;
};

}  // namespace eida
