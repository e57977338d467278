// One repeat of the probe: sample, estimate, measure on held-out examples.
#include "eida/measure/measure.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "eida/core/stopwatch.h"
#include "eida/subspace/for_each_place.h"
#include "numbers.h"

namespace eida {
namespace {

/// Measures held-out vectors as they are sampled, in blocks, so that they need not be kept.
class HeldoutMeter : public SampleSink {
 public:
  /// \param repeat whose measures are added to
  HeldoutMeter(const Places& places, const std::vector<int64_t>& dims, Repeat& repeat)
      : places_(&places),
        dims_(&dims),
        repeat_(&repeat),
        blocks_(places.size()),
        rows_(places.size(), 0) {}

  void on_vectors(PlaceId place, const at::Tensor& vectors) override {
    blocks_[place].push_back(vectors.contiguous());
    rows_[place] += vectors.size(0);
    held_ += vectors.numel();
    if (rows_[place] >= kBlock) flush(place);
    if (held_ > kMostHeld) finish();
  }
  bool wants_gradient() const override { return true; }
  void on_gradient(PlaceId site, const at::Tensor& x, const at::Tensor& delta) override {
    const at::Tensor& A = repeat_->subspaces[(*places_)[site].input].basis;
    const at::Tensor& C = repeat_->subspaces[site].basis;
    add_gradient(x, delta, A, C, *dims_, repeat_->measures[site].capture);
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
    const Subspace& subspace = repeat_->subspaces[place];
    const std::string& name = (*places_)[place].name;
    PlaceMeasure& measure = repeat_->measures[place];
    measure.fidelity.merge(fidelity(vectors, subspace, *dims_, name));
    measure.centred_fidelity.merge(
        centred_fidelity(vectors, subspace, repeat_->means[place], *dims_, name));
    held_ -= vectors.numel();
    blocks_[place].clear();
    rows_[place] = 0;
  }

  const Places* places_;
  const std::vector<int64_t>* dims_;
  Repeat* repeat_;
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

/// Every number of a PlaceMeasure, as float64.
void each_number(Numbers& numbers, PlaceMeasure& measure) {
  for (auto* curve : {&measure.fidelity, &measure.centred_fidelity}) {
    numbers(curve->mean);
    numbers(curve->tokens);
    numbers(curve->zero_vectors);
  }
  numbers(measure.samples);
  numbers(measure.mean.energy);
  numbers(measure.mean.cosine);
  numbers(measure.participation_ratio);
  numbers(measure.pair_cosine);
  numbers(measure.intrinsic.two_nn);
  numbers(measure.intrinsic.mle);
  numbers(measure.intrinsic.points);
  numbers(measure.intrinsic.duplicates);
  numbers(measure.explained);
  numbers(measure.mean_in_row0);
  SketchBound::each_number([&](const char*, auto field) { numbers(measure.sketch.*field); });
  numbers(measure.capture.captured);
  numbers(measure.capture.total);
  numbers(measure.capture.batches);
}

std::string to_bytes(PerPlace<PlaceMeasure>& measures) {
  Numbers writer;
  for (PlaceMeasure& measure : measures) each_number(writer, measure);
  return writer.take();
}

PerPlace<PlaceMeasure> from_bytes(const std::string& bytes, size_t places) {
  PerPlace<PlaceMeasure> measures(places);
  Numbers reader(bytes);
  for (PlaceMeasure& measure : measures) each_number(reader, measure);
  return measures;
}

/// What the samples alone say of a place, without what is measured on held-out vectors.
void take_description(PlaceMeasure& total, const PlaceMeasure& from) {
  PlaceMeasure described = from;
  described.fidelity = std::move(total.fidelity);
  described.centred_fidelity = std::move(total.centred_fidelity);
  described.capture = std::move(total.capture);
  total = std::move(described);
}

/// Puts the processes' measures of each place together, in the order of the processes, and gives
/// every process the result. What the samples say comes from the process that has `samples` > 0.
void merge_measures(PerPlace<PlaceMeasure>& measures, const Communicator& processes) {
  if (processes.size() == 1) return;
  const std::vector<std::string> parts = processes.gather(to_bytes(measures));
  PerPlace<PlaceMeasure> all(measures.size());
  for (const std::string& bytes : parts) {
    const PerPlace<PlaceMeasure> part = from_bytes(bytes, all.size());
    for (size_t place = 0; place < all.size(); ++place) {
      if (part[place].samples > 0) take_description(all[place], part[place]);
      all[place].fidelity.merge(part[place].fidelity);
      all[place].centred_fidelity.merge(part[place].centred_fidelity);
      all[place].capture.merge(part[place].capture);
    }
  }
  std::string merged = to_bytes(all);
  processes.broadcast(merged);
  measures = from_bytes(merged, measures.size());
}

}  // namespace

Repeat estimate_repeat(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                       const MeasureOptions& options) {
  const Places& places = model.places();
  Repeat repeat;
  repeat.measures = PerPlace<PlaceMeasure>(places.size());
  repeat.means = PerPlace<at::Tensor>(places.size());
  static_cast<PlaceEstimates&>(repeat) = estimate_places(
      model, examples, options,
      [&](PlaceId place, const PlaceStatistics& statistics, const Subspace& subspace) {
        repeat.measures[place] = describe_samples(statistics, subspace, options.dims);
        repeat.means[place] = statistics.mean();
      });
  const Communicator& processes = *options.processes;
  for (PlaceId place = 0; place < places.size() && processes.size() > 1; ++place) {
    if (!repeat.means[place].defined())
      repeat.means[place] = at::empty({places[place].dim}, at::TensorOptions(at::kDouble));
    processes.broadcast(repeat.means[place], repeat.owners[place]);
  }
  return repeat;
}

void measure_heldout(PretrainedModel& model, const std::vector<const TokenExample*>& heldout,
                     const MeasureOptions& options, Repeat& repeat) {
  const auto start = std::chrono::steady_clock::now();
  const Communicator& processes = *options.processes;
  HeldoutMeter meter(model.places(), options.dims, repeat);
  SamplerOptions fresh = options.sampler;
  fresh.draw.repeat += uint64_t{1} << 20;  // draws of their own
  const Shard own =
      shard_of_batches(heldout, fresh.draw.batch_size, processes.index(), processes.size());
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
