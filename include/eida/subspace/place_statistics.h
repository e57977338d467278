/// What is kept of one place's samples while they come, whatever their number.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eida/parallel/shards.h"
#include "eida/subspace/fidelity.h"
#include "eida/subspace/second_moments.h"

namespace eida {

/// Keeps the samples of a place or, where that takes less memory, their second moments, the sum of
/// their directions and kMostKept of them. Which of the two follows from the sizes alone, so that
/// results never depend on the memory at hand.
class PlaceStatistics {
 public:
  static constexpr int64_t kMostKept = 1024;

  /// \param rows samples that will come, >= 0 \param dim of a sample \param name in errors
  PlaceStatistics(int64_t rows, int64_t dim, std::string name)
      : PlaceStatistics(rows, dim, std::move(name), {0, rows}) {}
  /// \param own samples of all `rows` that come to this process
  PlaceStatistics(int64_t rows, int64_t dim, std::string name, Shard own);

  static bool keeps_all(int64_t rows, int64_t dim) { return rows <= 2 * (dim + kMostKept); }
  static double bytes(int64_t rows, int64_t dim);             ///< held at most
  static double estimation_bytes(int64_t rows, int64_t dim);  ///< needed beside them, about

  /// \param samples [n, dim] float32, in order. \throws ConfigError when more come than were
  /// announced, NumericError on NaN or infinity, naming the place, where only moments are kept
  /// (else estimating says so).
  void add(const at::Tensor& samples);

  /// After the last sample: what the processes saw comes together on process `to`, in the order of
  /// the samples, as if one had seen all. Elsewhere nothing is left.
  void gather(const Communicator& processes, int to);

  const std::string& name() const { return name_; }
  int64_t count() const { return count_; }  ///< samples that came
  bool has_all() const { return keeps_all(rows_, dim_); }
  /// All samples, or kMostKept of them at even distances. // [m, dim] float32
  at::Tensor samples() const;
  const SecondMoments& moments() const { return *moments_; }  ///< unless has_all()

  // As the functions of fidelity.h say it of all samples.
  at::Tensor mean() const;  // [dim] float64
  double participation_ratio() const;
  double mean_pair_cosine() const;
  /// The cosine is the mean over samples().
  MeanShare mean_share(const at::Tensor& direction) const;

 private:
  /// Number among the own samples of the next one to keep.
  int64_t next_kept() const { return number_of_kept(first_kept_ + kept_rows_) - own_.begin; }
  int64_t number_of_kept(int64_t kept) const { return kept * rows_ / kMostKept; }
  void fold_block();

  int64_t rows_, dim_;
  std::string name_;
  Shard own_;
  int64_t first_kept_ = 0;  ///< of the kMostKept of all processes, the first of the own
  int64_t count_ = 0;
  at::Tensor kept_;  // [m, dim] float32
  int64_t kept_rows_ = 0;
  at::Tensor block_;  // [b, dim] float32: samples that the sums do not hold yet
  int64_t block_rows_ = 0;
  std::optional<SecondMoments> moments_;  ///< unless has_all()
  DirectionSum directions_;
};

/// estimate_subspace() of every place, in parallel; the same bits as one by one.
std::vector<Subspace> estimate_subspaces(const std::vector<PlaceStatistics>& places,
                                         const EstimateOptions& options);

}  // namespace eida
