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

PlaceStatistics::PlaceStatistics(int64_t rows, int64_t dim, std::string name, Shard own)
    : rows_(rows),
      dim_(dim),
      name_(std::move(name)),
      own_(own),
      kept_(rows_of(keeps_all(rows, dim) ? own.size() : kMostKept, dim)) {
  if (has_all()) return;
  while (number_of_kept(first_kept_) < own.begin) ++first_kept_;
  block_ = rows_of(kBlock, dim);
  moments_.emplace(dim);
}

double PlaceStatistics::bytes(int64_t rows, int64_t dim) {
  const auto n = static_cast<double>(rows), d = static_cast<double>(dim);
  if (keeps_all(rows, dim)) return 4 * n * d;
  return 8 * d * d + 4 * static_cast<double>(kBlock + kMostKept) * d;
}

double PlaceStatistics::estimation_bytes(int64_t rows, int64_t dim) {
  const auto n = static_cast<double>(rows), d = static_cast<double>(dim),
             points = static_cast<double>(std::min(rows, kMostKept));
  // float64 copies of the samples, their inner products or second moment with the eigensolver's
  // workspace, and distances between points.
  const double copies = 16 * (keeps_all(rows, dim) ? n : points) * d;
  const double smaller = std::min(n, d);
  return copies + std::max(5 * 8 * smaller * smaller, 4 * 8 * points * points);
}

void PlaceStatistics::add(const at::Tensor& samples) {
  const c10::NoGradGuard no_grad;
  const int64_t n = samples.size(0);
  if (samples.dim() != 2 || samples.size(1) != dim_ || count_ + n > own_.size()) {
    throw ConfigError("samples of {}: {} more of shape [{}], wanted [n, {}] and {} in all", name_,
                      n, fmt::join(samples.sizes(), ", "), dim_, own_.size());
  }
  if (has_all()) {
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
  moments_->add(block, name_);
  directions_.add(block, name_);
  block_rows_ = 0;
  if (count_ == own_.size()) block_ = at::Tensor();
}

void PlaceStatistics::gather(const Communicator& processes, int to) {
  if (processes.size() == 1) return;
  kept_ = processes.gather_rows(samples(), to);
  kept_rows_ = kept_.size(0);
  count_ = rows_;
  own_ = {0, rows_};
  block_ = at::Tensor();
  if (has_all()) return;
  moments_->reduce(processes, to);
  directions_.reduce(processes, to, dim_);
  if (processes.rank() != to) moments_.reset();
}

at::Tensor PlaceStatistics::samples() const { return kept_.narrow(0, 0, kept_rows_); }

at::Tensor PlaceStatistics::mean() const {
  if (has_all()) return samples().mean(0, false, at::kDouble);
  return moments_->sum() / static_cast<double>(moments_->count());
}

double PlaceStatistics::participation_ratio() const {
  return has_all() ? eida::participation_ratio(samples(), name_)
                   : eida::participation_ratio(*moments_);
}

double PlaceStatistics::mean_pair_cosine() const {
  return has_all() ? eida::mean_pair_cosine(samples(), name_) : directions_.mean_pair_cosine();
}

MeanShare PlaceStatistics::mean_share(const at::Tensor& direction) const {
  MeanShare share = eida::mean_share(samples(), direction, name_);
  if (has_all()) return share;
  const double second = moments_->product().trace().item<double>();
  const auto n = static_cast<double>(moments_->count());
  share.energy = second > 0 ? moments_->sum().square().sum().item<double>() / (n * second) : 0.0;
  return share;
}

}  // namespace eida
