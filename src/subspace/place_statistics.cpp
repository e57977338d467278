#include "eida/subspace/place_statistics.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <utility>

#include "eida/core/error.h"

namespace eida {
namespace {

constexpr int64_t kBlock = 1024;  ///< samples that go into the sums together

at::Tensor rows_of(int64_t rows, int64_t dim) {
  return at::empty({rows, dim}, at::TensorOptions(at::kFloat));
}

}  // namespace

Kept PlaceSize::kept() const {
  if (rows <= 2 * (dim + PlaceStatistics::kMostKept)) return Kept::kSamples;
  const bool wide = sketch_from > 0 && dim >= sketch_from && 2 * sketch_rows < dim;
  return wide ? Kept::kSketch : Kept::kMoments;
}

double PlaceSize::bytes() const {
  const auto n = static_cast<double>(rows), d = static_cast<double>(dim);
  if (kept() == Kept::kSamples) return 4 * n * d;
  const double sums = kept() == Kept::kSketch ? MomentSketch::bytes(dim, sketch_rows) : 8 * d * d;
  return sums + 4 * static_cast<double>(kBlock + PlaceStatistics::kMostKept) * d;
}

double PlaceSize::estimation_bytes() const {
  const auto n = static_cast<double>(rows), d = static_cast<double>(dim),
             points = static_cast<double>(std::min(rows, PlaceStatistics::kMostKept));
  // Inner products or second moment with the eigensolver's workspace, and distances between points.
  const auto squares = [&](double m) { return std::max(5 * 8 * m * m, 4 * 8 * points * points); };
  const double copies = 16 * (kept() == Kept::kSamples ? n : points) * d;  // in float64
  if (kept() != Kept::kSketch) return copies + squares(std::min(n, d));
  return copies + 2 * MomentSketch::bytes(dim, sketch_rows) +  // the frame on its way
         squares(2 * static_cast<double>(sketch_rows));
}

double PlaceSize::estimation_work() const {
  const int64_t seen = kept() == Kept::kSketch ? 2 * sketch_rows : rows;
  const auto few = static_cast<double>(std::min(seen, dim)),
             many = static_cast<double>(std::max(seen, dim));
  return few * few * (many + 10 * few);  // inner products, and their eigenvalues
}

PlaceStatistics::PlaceStatistics(const PlaceSize& size, std::string name, Shard own)
    : size_(size),
      name_(std::move(name)),
      own_(own),
      kept_(rows_of(size.kept() == Kept::kSamples ? own.size() : kMostKept, size.dim)) {
  switch (size.kept()) {
    case Kept::kSamples:
      return;
    case Kept::kMoments:
      sums_ = std::make_unique<SecondMoments>(size.dim);
      break;
    case Kept::kSketch:
      sums_ = std::make_unique<MomentSketch>(size.dim, size.sketch_rows);
  }
  while (number_of_kept(first_kept_) < own.begin) ++first_kept_;
  block_ = rows_of(kBlock, size.dim);
}

void PlaceStatistics::add(const at::Tensor& samples) {
  const c10::NoGradGuard no_grad;
  const int64_t n = samples.size(0);
  if (samples.dim() != 2 || samples.size(1) != size_.dim || count_ + n > own_.size()) {
    throw ConfigError("samples of {}: {} more of shape [{}], wanted [n, {}] and {} in all", name_,
                      n, fmt::join(samples.sizes(), ", "), size_.dim, own_.size());
  }
  if (!sums_) {
    kept_.narrow(0, count_, n).copy_(samples);
    kept_rows_ = count_ += n;
    return;
  }
  for (int64_t row = 0; row < n;) {
    const int64_t size = std::min(n - row, kBlock - block_rows_);
    block_.narrow(0, block_rows_, size).copy_(samples.narrow(0, row, size));
    while (first_kept_ + kept_rows_ < kMostKept && next_kept() < count_ + size) {
      kept_[kept_rows_].copy_(samples[row + next_kept() - count_]);
      ++kept_rows_;
    }
    row += size;
    block_rows_ += size;
    count_ += size;
    if (block_rows_ == kBlock || count_ == own_.size()) fold_block();
  }
}

void PlaceStatistics::fold_block() {
  const at::Tensor block = block_.narrow(0, 0, block_rows_);
  sums_->add(block, name_);
  directions_.add(block, name_);
  block_rows_ = 0;
  if (count_ == own_.size()) block_ = at::Tensor();
}

void PlaceStatistics::gather(const Communicator& processes, int to) {
  if (processes.size() == 1) return;
  kept_ = processes.gather_rows(samples(), to);
  kept_rows_ = kept_.size(0);
  count_ = size_.rows;
  own_ = {0, size_.rows};
  block_ = at::Tensor();
  if (!sums_) return;
  sums_->reduce(processes, to);
  directions_.reduce(processes, to, size_.dim);
  if (processes.index() != to) sums_.reset();
}

at::Tensor PlaceStatistics::samples() const { return kept_.narrow(0, 0, kept_rows_); }

MomentView PlaceStatistics::view() const {
  return sums_ ? sums_->view() : MomentView::of_samples(samples(), name_);
}

at::Tensor PlaceStatistics::mean() const {
  return sums_ ? sums_->sum() / static_cast<double>(sums_->count())
               : samples().mean(0, false, at::kDouble);
}

double PlaceStatistics::mean_pair_cosine() const {
  return sums_ ? directions_.mean_pair_cosine() : eida::mean_pair_cosine(samples(), name_);
}

MeanShare PlaceStatistics::mean_share(const at::Tensor& direction) const {
  MeanShare share = eida::mean_share(samples(), direction, name_);
  if (!sums_) return share;
  const double squares = sums_->trace() / static_cast<double>(count_);  // E||x||^2
  share.energy = squares > 0 ? mean().square().sum().item<double>() / squares : 0.0;
  return share;
}

}  // namespace eida
