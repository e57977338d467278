#include "eida/subspace/fidelity.h"

#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "eida/core/error.h"

namespace eida {
namespace {

constexpr int64_t kChunk = 1024;  // tokens in float64 at a time
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Finite [n, d] on the CPU, float32 or float64.
at::Tensor checked(const at::Tensor& samples, int64_t d, const std::string& place) {
  if (samples.dim() != 2 || samples.size(1) != d || !samples.is_floating_point()) {
    throw ConfigError("tokens of {}: shape [{}], wanted [n, {}] floating point",
                      place.empty() ? "a place" : place, fmt::join(samples.sizes(), ", "), d);
  }
  at::Tensor host = samples.detach().to(at::kCPU);
  if (host.scalar_type() != at::kDouble) host = host.to(at::kFloat);
  check_finite(host, place);
  return host;
}

void check_dims(const std::vector<int64_t>& dims, int64_t rows) {
  for (const int64_t k : dims) {
    if (k < 1 || k > rows)
      throw ConfigError("fidelity at k = {}, wanted 1 to {}, the subspace's rows", k, rows);
  }
}

/// \param basis [K, d] float64, rows orthonormal or zero. \param removed [d] unit, or undefined.
FidelityCurve curve(const at::Tensor& tokens, const at::Tensor& basis, const at::Tensor& removed,
                    const std::vector<int64_t>& dims) {
  FidelityCurve result;
  at::Tensor sums = at::zeros({basis.size(0)}, at::kDouble);  // [K]
  for (int64_t begin = 0; begin < tokens.size(0); begin += kChunk) {
    at::Tensor x =
        tokens.narrow(0, begin, std::min(kChunk, tokens.size(0) - begin)).to(at::kDouble);
    const at::Tensor before = x.square().sum(1);  // [c]
    if (removed.defined()) x = x - at::mv(x, removed).outer(removed);
    const at::Tensor norms = x.square().sum(1);
    // What is left of a token that lies along the mean is rounding, not a direction.
    const at::Tensor kept = norms.gt(before * 1e-14).nonzero().squeeze(1);
    const at::Tensor inside = at::mm(x, basis.t()).square_().cumsum_(1);  // [c, K]
    const at::Tensor cosines = (inside / norms.unsqueeze(1)).sqrt_().clamp_max_(1.0);
    sums += cosines.index_select(0, kept).sum(0);
    result.tokens += kept.size(0);
  }
  result.zero_vectors = tokens.size(0) - result.tokens;
  for (const int64_t k : dims) {
    result.mean.push_back(result.tokens == 0
                              ? kNaN
                              : sums[k - 1].item<double>() / static_cast<double>(result.tokens));
  }
  return result;
}

/// Rows without the direction, orthonormal in order; a row with nothing left is zero.
at::Tensor rows_without(const at::Tensor& basis, const at::Tensor& direction) {
  constexpr double kNothing = 1e-5;  // float32 rows: below this only rounding is left
  at::Tensor rows = basis.clone();   // [K, d]
  for (int64_t i = 0; i < rows.size(0); ++i) {
    at::Tensor row = rows[i];
    const at::Tensor above = rows.narrow(0, 0, i);
    for (int pass = 0; pass < 2; ++pass) {
      row -= direction * row.dot(direction);
      row -= at::mv(above.t(), at::mv(above, row));
    }
    const double left = row.norm().item<double>();
    if (left < kNothing) {
      row.zero_();
    } else {
      row /= left;
    }
  }
  return rows;
}

/// Rows over their norms; zero rows left out.
at::Tensor directions(const at::Tensor& tokens) {  // [n, d] -> [n', d] float64
  const at::Tensor x = tokens.to(at::kDouble);
  const at::Tensor norms = x.norm(2, 1);
  const at::Tensor kept = norms.gt(0).nonzero().squeeze(1);
  return (x / norms.unsqueeze(1)).index_select(0, kept);
}

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

/// ||delta^T x||^2, float64. \param x [t, d_in], \param delta [t, d_out]
double squared_gradient_norm(const at::Tensor& x, const at::Tensor& delta) {
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

}  // namespace

void FidelityCurve::merge(const FidelityCurve& other) {
  zero_vectors += other.zero_vectors;
  if (other.tokens == 0) return;
  if (tokens == 0) mean.assign(other.mean.size(), 0.0);
  const auto before = static_cast<double>(tokens), added = static_cast<double>(other.tokens);
  for (size_t i = 0; i < other.mean.size(); ++i) {
    mean[i] = (mean[i] * before + other.mean[i] * added) / (before + added);
  }
  tokens += other.tokens;
}

FidelityCurve fidelity(const at::Tensor& heldout, const Subspace& subspace,
                       const std::vector<int64_t>& dims, const std::string& place) {
  const c10::NoGradGuard no_grad;
  check_dims(dims, subspace.basis.size(0));
  return curve(checked(heldout, subspace.basis.size(1), place),
               subspace.basis.to(at::kCPU, at::kDouble), {}, dims);
}

FidelityCurve centred_fidelity(const at::Tensor& heldout, const Subspace& subspace,
                               const at::Tensor& training_mean, const std::vector<int64_t>& dims,
                               const std::string& place) {
  const c10::NoGradGuard no_grad;
  const int64_t d = subspace.basis.size(1);
  check_dims(dims, subspace.basis.size(0));
  const at::Tensor mean = checked(training_mean.view({1, -1}), d, place).to(at::kDouble)[0];
  const at::Tensor tokens = checked(heldout, d, place),
                   basis = subspace.basis.to(at::kCPU, at::kDouble);
  const double length = mean.norm().item<double>();
  if (length == 0.0) return curve(tokens, basis, {}, dims);
  const at::Tensor direction = mean / length;
  return curve(tokens, rows_without(basis, direction), direction, dims);
}

std::vector<double> explained_energy(const Subspace& subspace, const std::vector<int64_t>& dims) {
  check_dims(dims, subspace.basis.size(0));
  std::vector<double> shares;
  for (const int64_t k : dims) {
    const double kept = subspace.energy.narrow(0, 0, k).sum().item<double>();
    shares.push_back(subspace.total_energy > 0 ? std::min(1.0, kept / subspace.total_energy) : 0.0);
  }
  return shares;
}

MeanShare mean_share(const at::Tensor& samples, const at::Tensor& direction,
                     const std::string& place) {
  const c10::NoGradGuard no_grad;
  const at::Tensor x = checked(samples, direction.size(-1), place).to(at::kDouble);
  const at::Tensor row = checked(direction.view({1, -1}), x.size(1), place).to(at::kDouble)[0];
  const double second = x.square().sum().item<double>();
  if (second == 0.0) return {};
  const at::Tensor mean = x.mean(0), unit = row / row.norm();
  return {mean.square().sum().item<double>() * static_cast<double>(x.size(0)) / second,
          at::mv(directions(x), unit).abs().mean().item<double>()};
}

double participation_ratio(MomentView view) {
  const c10::NoGradGuard no_grad;
  view.remove_mean();
  const double trace = view.total_now(), squares = view.squared_norm();
  return view.empty_energy(trace) ? 0.0 : trace * trace / squares;
}

void DirectionSum::add(const at::Tensor& samples, const std::string& place) {
  const c10::NoGradGuard no_grad;
  const at::Tensor unit = directions(checked(samples, samples.size(-1), place));
  sum_ = sum_.defined() ? sum_ + unit.sum(0) : unit.sum(0);
  vectors_ += unit.size(0);
}

void DirectionSum::reduce(const Communicator& processes, int to, int64_t dim) {
  if (processes.size() == 1) return;
  if (!sum_.defined()) sum_ = at::zeros({dim}, at::kDouble);
  const at::Tensor vectors = at::full({1}, static_cast<double>(vectors_), sum_.options());
  for (const at::Tensor& part : {sum_, vectors}) processes.reduce(part, to);
  vectors_ = static_cast<int64_t>(vectors.item<double>());
}

double DirectionSum::mean_pair_cosine() const {
  const auto n = static_cast<double>(vectors_);
  return n < 2 ? kNaN : (sum_.square().sum().item<double>() - n) / (n * (n - 1));
}

double mean_pair_cosine(const at::Tensor& samples, const std::string& place) {
  DirectionSum sum;
  sum.add(samples, place);
  return sum.mean_pair_cosine();
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
