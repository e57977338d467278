#include "eida/subspace/moment_view.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "eida/core/error.h"
#include "eida/subspace/sample_sums.h"
#include "orthonormal.h"

namespace eida {
namespace {

std::string at_place(const std::string& place) { return place.empty() ? "" : " of " + place; }

/// An orthonormal basis of the span of a sketch's rows and the mean, without directions of less
/// than `least` of the rows' energy. \param B [r, d], \param mean [d]. \return [q, d], q >= 1
at::Tensor frame_of(const at::Tensor& B, const at::Tensor& mean, double least) {
  constexpr double kInside = 1e-10;  // of the mean's length: what is left below it is rounding
  const auto [squares, columns] = at::linalg_eigh(at::mm(B, B.t()));  // ascending
  const int64_t filled = squares.gt(squares.sum() * least).sum().item<int64_t>();
  const at::Tensor lengths = squares.narrow(0, B.size(0) - filled, filled).sqrt();
  at::Tensor rows = at::mm(columns.t().narrow(0, B.size(0) - filled, filled), B);  // [q, d]
  rows = orthonormalise_rows(rows / lengths.unsqueeze(1));
  at::Tensor beside = mean;
  for (int pass = 0; pass < 2; ++pass) beside = beside - at::mv(rows.t(), at::mv(rows, beside));
  const double left = beside.norm().item<double>();
  if (left > kInside * mean.norm().item<double>() && rows.size(0) < rows.size(1))
    rows = orthonormalise_rows(at::cat({rows, (beside / left).unsqueeze(0)}));
  return complete_rows(rows, std::max<int64_t>(1, rows.size(0)));
}

}  // namespace

void check_finite(const at::Tensor& samples, const std::string& place, int64_t first) {
  if (std::isfinite(samples.sum(at::kDouble).item<double>())) return;  // one reading of them
  const at::Tensor bad = at::isfinite(samples).logical_not();
  if (!bad.any().item<bool>()) return;
  const at::Tensor where = bad.nonzero()[0];
  const int64_t row = where[0].item<int64_t>(), column = where[1].item<int64_t>();
  throw NumericError("samples{}: row {}, coordinate {} is {}, wanted finite values",
                     at_place(place), first + row, column, samples[row][column].item<double>());
}

MomentView::MomentView(at::Tensor mean, int64_t samples)
    : mean_(std::move(mean)),
      samples_(samples),
      count_(static_cast<double>(std::max<int64_t>(samples, 1))) {}

MomentView MomentView::of_samples(const at::Tensor& samples, const std::string& place) {
  const int64_t n = samples.size(0), d = samples.size(1);
  if (n >= d) {
    SecondMoments moments(d);
    moments.add(samples, place);
    return of_moments(moments);
  }
  const at::Tensor rows = samples.detach()
                              .to(at::TensorOptions(at::kCPU).dtype(at::kDouble),
                                  /*non_blocking=*/false, /*copy=*/true)
                              .contiguous();
  MomentView view(n == 0 ? at::zeros({d}, at::kDouble) : rows.mean(0), n);
  view.rows_ = rows;
  const at::Tensor flat = rows.view({-1});
  view.total_ = at::dot(flat, flat).item<double>() / view.count_;
  if (!std::isfinite(view.total_)) {
    check_finite(rows, place);
    throw NumericError("samples{}: values so large that their squares overflow", at_place(place));
  }
  return view;
}

MomentView MomentView::of_moments(const SecondMoments& moments) {
  const auto count = static_cast<double>(std::max<int64_t>(moments.count(), 1));
  MomentView view(moments.sum() / count, moments.count());
  view.moment_ = moments.product() / count;
  view.total_ = view.moment_.trace().item<double>();
  return view;
}

MomentView MomentView::of_sketch(const MomentSketch& sketch) {
  const auto count = static_cast<double>(std::max<int64_t>(sketch.count(), 1));
  MomentView view(sketch.sum() / count, sketch.count());
  view.lack_ = {sketch.most_rows(), sketch.trace(), sketch.lost(), sketch.shrunk()};
  view.total_ = sketch.trace() / count;
  const at::Tensor B = sketch.rows();
  view.frame_ = frame_of(B, view.mean_, kEmpty);
  const at::Tensor inside = at::mm(B, view.frame_.t());  // [r, q]
  view.moment_ = at::mm(inside.t(), inside) / count;
  view.outside_ = view.lack_.lost / count;
  return view;
}

at::Tensor MomentView::in_frame(const at::Tensor& v) const {
  return frame_.defined() ? at::matmul(v, frame_.t()) : v;
}

double MomentView::total_now() const {
  if (moment_.defined()) return std::max(0.0, moment_.trace().item<double>() + outside_);
  const at::Tensor flat = rows_.view({-1});
  return at::dot(flat, flat).item<double>() / count_;
}

bool MomentView::mean_is_negligible() const {
  constexpr double kNegligible = 1e-6;
  return !(mean_.norm().item<double>() >= kNegligible * std::sqrt(total_)) || total_ == 0.0;
}

void MomentView::remove_mean() {
  if (rows_.defined()) {
    rows_ -= mean_;
  } else {
    const at::Tensor mean = in_frame(mean_);
    moment_.addr_(mean, mean, 1, -1);
  }
}

void MomentView::remove_direction(const at::Tensor& direction) {
  if (rows_.defined()) {
    rows_.addr_(at::mv(rows_, direction), direction, 1, -1);
    return;
  }
  // P M P with P = I - m m^T, expanded: M - m s^T - s m^T + (m.s) m m^T, s = M m.
  const at::Tensor m = in_frame(direction), s = at::mv(moment_, m);
  const at::Tensor half = s - m * (at::dot(m, s) / 2);
  moment_.addr_(m, half, 1, -1).addr_(half, m, 1, -1);
}

at::Tensor MomentView::inner_products() const {
  const int64_t n = rows_.size(0);
  at::Tensor S = rows_.new_zeros({n, n});
  add_symmetric_product(rows_, S);
  return S.div_(count_);
}

double MomentView::squared_norm() const {
  return (rows_.defined() ? inner_products() : moment_).square().sum().item<double>();
}

LeadingRows MomentView::leading(int64_t k) const {
  const bool by_rows = rows_.defined();
  const at::Tensor S = by_rows ? inner_products() : moment_;  // [m, m]
  const auto [values, vectors] = leading_eigenpairs(S, std::min(k, S.size(0)));
  const int64_t filled = values.gt(kEmpty * total_).sum().item<int64_t>();
  const at::Tensor energy = values.narrow(0, 0, filled);
  at::Tensor rows = vectors.narrow(0, 0, filled);  // [r, m]
  if (by_rows) rows = at::mm(rows, rows_).div_((energy * count_).sqrt_().unsqueeze(1));
  if (frame_.defined()) rows = at::mm(rows, frame_);
  return {rows, energy};
}

at::Tensor MomentView::apply(const at::Tensor& v) const {
  if (frame_.defined()) return at::mv(frame_.t(), at::mv(moment_, in_frame(v)));
  if (moment_.defined()) return at::mv(moment_, v);
  return at::mv(rows_.t(), at::mv(rows_, v)).div_(count_);
}

at::Tensor MomentView::energy_along(const at::Tensor& rows) const {
  if (moment_.defined()) {
    const at::Tensor inside = in_frame(rows);  // [k, q]
    return (at::mm(inside, moment_) * inside).sum(1).clamp_min_(0);
  }
  return at::mm(rows, rows_.t()).square_().sum(1).div_(count_);
}

}  // namespace eida
