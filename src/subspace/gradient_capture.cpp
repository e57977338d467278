#include "eida/subspace/gradient_capture.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mm.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "eida/core/error.h"

namespace eida {
namespace {

constexpr int64_t kRowsAtOnce = 256;

/// Sum over blocks of rows; `block_sum(begin, size)` gives one 0-d float64 tensor.
template <typename BlockSum>
double sum_blocks(int64_t rows, const BlockSum& block_sum) {
  double sum = 0.0;
  for (int64_t begin = 0; begin < rows; begin += kRowsAtOnce) {
    sum += block_sum(begin, std::min(kRowsAtOnce, rows - begin)).template item<double>();
  }
  return sum;
}

/// Scales to a largest magnitude of 1: squares of small gradients would underflow in float32.
std::pair<at::Tensor, double> scaled(const at::Tensor& tensor) {
  const at::Tensor values = tensor.to(at::kFloat);
  const double largest = values.numel() == 0 ? 0.0 : values.abs().max().item<double>();
  if (largest == 0.0 || !std::isfinite(largest)) return {values, 1.0};
  return {values / largest, largest};
}

void check_shapes(const at::Tensor& x, const at::Tensor& delta, const at::Tensor& A,
                  const at::Tensor& C) {
  const bool matrices = x.dim() == 2 && delta.dim() == 2 && A.dim() == 2 && C.dim() == 2;
  if (!matrices || x.size(0) != delta.size(0) || x.size(1) != A.size(1) ||
      delta.size(1) != C.size(1)) {
    throw ConfigError(
        "gradient capture: x [{}], delta [{}], A [{}], C [{}], wanted [t, d_in], [t, d_out], "
        "[k_in, d_in], [k_out, d_out]",
        fmt::join(x.sizes(), ", "), fmt::join(delta.sizes(), ", "), fmt::join(A.sizes(), ", "),
        fmt::join(C.sizes(), ", "));
  }
}

}  // namespace

double squared_gradient_norm(const at::Tensor& x, const at::Tensor& delta) {
  const c10::NoGradGuard no_grad;
  const auto [X, x_scale] = scaled(x.detach());
  const auto [D, delta_scale] = scaled(delta.detach());
  const int64_t t = X.size(0), d_in = X.size(1), d_out = D.size(1);
  const at::Tensor& rows = X;  // structured bindings cannot be captured
  const at::Tensor& grads = D;
  double sum = 0.0;
  if (t * (d_in + d_out) <= d_in * d_out) {
    sum = sum_blocks(t, [&](int64_t begin, int64_t size) {
      const at::Tensor xx = at::mm(rows.narrow(0, begin, size), rows.t());  // [b, t]
      return (xx * at::mm(grads.narrow(0, begin, size), grads.t())).sum(at::kDouble);
    });
  } else {
    sum = sum_blocks(d_out, [&](int64_t begin, int64_t size) {
      return at::mm(grads.narrow(1, begin, size).t(), rows)
          .square_()
          .sum(at::kDouble);  // [b, d_in]
    });
  }
  const double scale = x_scale * delta_scale;
  return sum < 0 ? 0.0 : sum * scale * scale;  // a NaN passes on
}

void add_gradient(const at::Tensor& x, const at::Tensor& delta, const at::Tensor& A,
                  const at::Tensor& C, const std::vector<int64_t>& dims, GradientCapture& capture) {
  const c10::NoGradGuard no_grad;
  check_shapes(x, delta, A, C);
  capture.merge({std::vector<double>(dims.size(), 0.0)});
  const auto [X, x_scale] = scaled(x.detach());
  const auto [D, delta_scale] = scaled(delta.detach());
  const at::Tensor xA = at::mm(X, A.to(X.options()).t());                   // [t, k_in]
  const at::Tensor dC = at::mm(D, C.to(D.options()).t());                   // [t, k_out]
  const at::Tensor squares = at::mm(dC.t(), xA).to(at::kDouble).square_();  // [k_out, k_in]
  const at::Tensor sums =
      squares.cumsum(0).cumsum(1).to(at::kCPU).contiguous();  // at [i, j]: the block's norm^2
  const double scale = x_scale * delta_scale, total = squared_gradient_norm(x, delta);
  if (!std::isfinite(total)) throw NumericError("gradient capture: the gradient is not finite");
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] < 1) throw ConfigError("gradient capture at k = {}, wanted at least 1", dims[i]);
    const int64_t rows = std::min(dims[i], C.size(0)), columns = std::min(dims[i], A.size(0));
    capture.captured[i] += sums[rows - 1][columns - 1].item<double>() * scale * scale;
  }
  capture.total += total;
  ++capture.batches;
}

std::vector<double> GradientCapture::shares() const {
  std::vector<double> shares(captured.size(), 0.0);
  for (size_t i = 0; i < captured.size(); ++i) {
    if (total > 0) shares[i] = std::min(1.0, captured[i] / total);
  }
  return shares;
}

void GradientCapture::merge(const GradientCapture& other) {
  if (other.captured.empty()) return;
  if (captured.empty()) captured.resize(other.captured.size(), 0.0);
  if (captured.size() != other.captured.size()) {
    throw ConfigError("gradient capture: {} and {} dims cannot be merged", captured.size(),
                      other.captured.size());
  }
  for (size_t i = 0; i < captured.size(); ++i) captured[i] += other.captured[i];
  total += other.total;
  batches += other.batches;
}

}  // namespace eida
