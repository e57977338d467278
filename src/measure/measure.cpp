// One repeat of the probe: sample, estimate, measure on held-out examples.
#include "eida/measure/measure.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "eida/core/stopwatch.h"
#include "eida/measure/estimate_places.h"
#include "eida/subspace/for_each_place.h"
#include "exchange.h"

namespace eida {
namespace {

/// Measures held-out vectors as they are sampled, in blocks, so that they need not be kept.
class HeldoutMeter : public SampleSink {
 public:
  HeldoutMeter(const Places& places, const PerPlace<Subspace>& subspaces,
               const PerPlace<at::Tensor>& means, const std::vector<int64_t>& dims,
               PerPlace<PlaceMeasure>& measures)
      : places_(&places),
        subspaces_(&subspaces),
        means_(&means),
        dims_(&dims),
        measures_(&measures),
        blocks_(measures.size()),
        rows_(measures.size(), 0) {}

  void on_vectors(PlaceId place, const at::Tensor& vectors) override {
    blocks_[place].push_back(vectors.contiguous());
    rows_[place] += vectors.size(0);
    held_ += vectors.numel();
    if (rows_[place] >= kBlock) flush(place);
    if (held_ > kMostHeld) finish();
  }
  bool wants_gradient() const override { return true; }
  void on_gradient(PlaceId site, const at::Tensor& x, const at::Tensor& delta) override {
    const at::Tensor& A = (*subspaces_)[(*places_)[site].input].basis;
    const at::Tensor& C = (*subspaces_)[site].basis;
    add_gradient(x, delta, A, C, *dims_, (*measures_)[site].capture);
  }

  /// Measures what is still in the blocks.
  void finish() {
    for_each_place(blocks_.size(), [&](PlaceId place) { flush(place); });
  }

 private:
  static constexpr int64_t kBlock = 256;          ///< vectors of a place that are measured together
  static constexpr int64_t kMostHeld = 16 << 20;  ///< values of all places: 64 MiB

  void flush(PlaceId place) {
    if (rows_[place] == 0) return;
    const at::Tensor vectors = at::cat(blocks_[place]);  // [n, d]
    const Subspace& subspace = (*subspaces_)[place];
    const std::string& name = (*places_)[place].name;
    PlaceMeasure& measure = (*measures_)[place];
    merge_into(measure.fidelity, fidelity(vectors, subspace, *dims_, name));
    merge_into(measure.centred_fidelity,
               centred_fidelity(vectors, subspace, (*means_)[place], *dims_, name));
    held_ -= vectors.numel();
    blocks_[place].clear();
    rows_[place] = 0;
  }

  const Places* places_;
  const PerPlace<Subspace>* subspaces_;
  const PerPlace<at::Tensor>* means_;
  const std::vector<int64_t>* dims_;
  PerPlace<PlaceMeasure>* measures_;
  PerPlace<std::vector<at::Tensor>> blocks_;
  PerPlace<int64_t> rows_;
  std::atomic<int64_t> held_ = 0;  ///< values in the blocks
};

/// What the samples alone say about a place.
PlaceMeasure describe_samples(const PlaceStatistics& statistics, const Subspace& subspace,
                              const std::vector<int64_t>& dims) {
  PlaceMeasure measure;
  measure.samples = statistics.count();
  measure.mean = statistics.mean_share(subspace.basis.select(0, 0));
  measure.participation_ratio = participation_ratio(statistics.view());
  measure.pair_cosine = statistics.mean_pair_cosine();
  measure.intrinsic = intrinsic_dimension(statistics.samples(), {}, statistics.name());
  measure.mean_in_row0 = subspace.mean_in_row0;
  measure.sketch = subspace.sketch;
  measure.explained = explained_energy(subspace, dims);
  return measure;
}

}  // namespace

Repeat estimate_repeat(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                       const MeasureOptions& options) {
  const Places& places = model.places();
  Repeat repeat;
  repeat.measures = PerPlace<PlaceMeasure>(places.size());
  repeat.means = PerPlace<at::Tensor>(places.size());
  PlaceEstimates estimates = estimate_places(
      model, examples, options,
      [&](PlaceId place, const PlaceStatistics& statistics, const Subspace& subspace) {
        repeat.measures[place] = describe_samples(statistics, subspace, options.dims);
        repeat.means[place] = statistics.mean();
      });
  const Communicator& processes = *options.processes;
  for (PlaceId place = 0; place < places.size() && processes.size() > 1; ++place) {
    if (!repeat.means[place].defined())
      repeat.means[place] = at::empty({places[place].dim}, at::TensorOptions(at::kDouble));
    processes.broadcast(repeat.means[place], estimates.owners[place]);
  }
  repeat.subspaces = std::move(estimates.subspaces);
  repeat.sampling_seconds = estimates.sampling_seconds;
  repeat.estimation_seconds = estimates.estimation_seconds;
  return repeat;
}

void measure_heldout(PretrainedModel& model, const std::vector<const TokenExample*>& heldout,
                     const MeasureOptions& options, Repeat& repeat) {
  const auto start = std::chrono::steady_clock::now();
  const Communicator& processes = *options.processes;
  HeldoutMeter meter(model.places(), repeat.subspaces, repeat.means, options.dims, repeat.measures);
  SamplerOptions fresh = options.sampler;
  fresh.draw.repeat += uint64_t{1} << 20;  // draws of their own
  const Shard own =
      shard_of_batches(heldout, fresh.draw.batch_size, processes.rank(), processes.size());
  fresh.first_index = own.begin;
  fresh.progress =
      scaled_progress(fresh.progress, own.size(), static_cast<int64_t>(heldout.size()));
  sample_tokens(model, {heldout.begin() + own.begin, heldout.begin() + own.end}, fresh, meter);
  meter.finish();
  merge_measures(repeat.measures, processes);
  repeat.heldout_seconds = seconds_since(start);
}

Repeat measure_repeat(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                      const std::vector<const TokenExample*>& heldout,
                      const MeasureOptions& options) {
  Repeat repeat = estimate_repeat(model, examples, options);
  measure_heldout(model, heldout, options, repeat);
  return repeat;
}

}  // namespace eida
