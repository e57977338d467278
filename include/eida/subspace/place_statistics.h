/// What is kept of one place's samples as they come, however many they are.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eida/parallel/communicator.h"
#include "eida/subspace/fidelity.h"
#include "eida/subspace/sample_sums.h"

namespace eida {

/// What of a place's samples is kept.
enum class Kept {
  kSamples,  ///< all of them
  kMoments,  ///< their second moments
  kSketch,   ///< a sketch of these
};

/// What a place will give. What is kept follows from it alone, so that results never depend on the
/// memory at hand.
struct PlaceSize {
  int64_t rows = 0;  ///< samples that will come, >= 0
  int64_t dim = 0;   ///< of a sample
  /// A sketch in place of second moments from this dimension on, where it is smaller; 0: never.
  int64_t sketch_from = 0;
  int64_t sketch_rows = MomentSketch::rows_for(1);  ///< of the sketch: l

  Kept kept() const;
  double bytes() const;             ///< held at most
  double estimation_bytes() const;  ///< needed beside them, about
  double estimation_work() const;   ///< operations, about
};

/// Keeps the samples of a place or, where that takes less memory, sums over them: second moments or
/// their sketch, the directions, and kMostKept of the samples.
class PlaceStatistics {
 public:
  static constexpr int64_t kMostKept = 1024;

  /// \param name in errors
  PlaceStatistics(const PlaceSize& size, std::string name)
      : PlaceStatistics(size, std::move(name), {0, size.rows}) {}
  /// \param own samples of all that come to this process
  PlaceStatistics(const PlaceSize& size, std::string name, Shard own);

  /// \param samples [n, dim] float32, in order. \throws ConfigError when more come than were
  /// announced, NumericError on NaN or infinity, naming the place, where not all are kept
  /// (else estimating says so).
  void add(const at::Tensor& samples);

  /// After the last sample: what the processes saw comes together on process `to`, in the order of
  /// the samples, as if one had seen all. Elsewhere nothing is left.
  void gather(const Communicator& processes, int to);

  const std::string& name() const { return name_; }
  int64_t dim() const { return size_.dim; }
  int64_t count() const { return count_; }  ///< samples that came
  /// All samples, or kMostKept of them at even distances. // [m, dim] float32
  at::Tensor samples() const;
  /// What an estimator sees of them. \throws NumericError on NaN or infinity, naming the place
  MomentView view() const;

  // Of all samples, as the functions of fidelity.h define them.
  at::Tensor mean() const;  // [dim] float64
  double mean_pair_cosine() const;
  /// The cosine is the mean over samples().
  MeanShare mean_share(const at::Tensor& direction) const;

 private:
  /// Number among the own samples of the next one to keep.
  int64_t next_kept() const { return number_of_kept(first_kept_ + kept_rows_) - own_.begin; }
  int64_t number_of_kept(int64_t kept) const { return kept * size_.rows / kMostKept; }
  void fold_block();

  PlaceSize size_;
  std::string name_;
  Shard own_;
  int64_t first_kept_ = 0;  ///< of the kMostKept of all processes, the first of the own
  int64_t count_ = 0;
  at::Tensor kept_;  // [m, dim] float32
  int64_t kept_rows_ = 0;
  at::Tensor block_;  // [b, dim] float32: samples that the sums do not hold yet
  int64_t block_rows_ = 0;
  std::unique_ptr<SampleSums> sums_;  ///< none: the kept samples are all
  DirectionSum directions_;
};

/// Subspace of all samples; where the place has fewer than k dimensions, with as many rows.
Subspace estimate_subspace(const PlaceStatistics& place, const EstimateOptions& options);

}  // namespace eida
