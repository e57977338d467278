// Products with weights.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

namespace eida {

/// x W^T + b. On the CPU by oneDNN, which at the sizes of a training step is up to a third faster
/// in float32 than what at::linear calls; elsewhere at::linear. Gradients: of x always, of W and b
/// where they train; nothing is formed for a frozen W. \param x [N, d_in] \param weight [d_out,
/// d_in], any strides \param bias [d_out] or undefined // [N, d_out]
at::Tensor affine(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {});

/// A frozen float32 weight in bfloat16 as oneDNN lays it out; from a plain one every product makes
/// that layout anew, which is 2 to 12 % of a product of 870 rows and up to 30 % of one of 230.
class PackedWeight {
 public:
  /// \param weight [d_out, d_in] float32, any strides; a view of it is kept
  explicit PackedWeight(const at::Tensor& weight);

  /// Still the weight's values? `weight`: any view of it.
  bool is_of(const at::Tensor& weight) const;
  /// For x W^T, opaque. Made at the first call, as the next.
  const at::Tensor& forward();
  /// For the gradient of x.
  const at::Tensor& backward();

 private:
  at::Tensor weight_, forward_, backward_;
  int64_t version_;
};

/// Whether PackedWeight takes the place of a cast of `weight`: on the CPU, for a frozen float32
/// weight and a bfloat16 x, where LibTorch's oneDNN has that layout.
bool packs(const at::Tensor& x, const at::Tensor& weight);

/// As above, to the bit. \param weight kept until the gradient is there
at::Tensor affine(const at::Tensor& x, const std::shared_ptr<PackedWeight>& weight,
                  const at::Tensor& bias);

}  // namespace eida
