// One repeat of the probe: sample, estimate, measure on held-out examples.
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "eida/core/stopwatch.h"
#include "eida/pipeline/probe.h"
#include "eida/subspace/for_each_place.h"
#include "measure_exchange.h"
#include "place_estimates.h"

namespace eida {
namespace {

/// A place is an input space (first) or a site (behind them): one numbering for both.
struct Places {
  explicit Places(const PretrainedModel& model)
      : names(place_names(model)), inputs(model.input_spaces().size()) {
    for (const auto& site : model.sites()) input_of_site.push_back(static_cast<size_t>(site.input));
  }
  size_t of_site(int64_t site) const { return inputs + static_cast<size_t>(site); }

  std::vector<std::string> names;
  size_t inputs = 0;
  std::vector<size_t> input_of_site;
};

/// Measures held-out vectors as they are sampled, in blocks, so that they need not be kept.
class HeldoutMeter : public SampleSink {
 public:
  HeldoutMeter(const Places& places, const std::vector<Subspace>& subspaces,
               const std::vector<at::Tensor>& means, const std::vector<int64_t>& dims,
               std::vector<PlaceMeasure>& measures)
      : places_(&places),
        subspaces_(&subspaces),
        means_(&means),
        dims_(&dims),
        measures_(&measures),
        blocks_(measures.size()),
        rows_(measures.size(), 0) {}

  void on_input(int64_t space, const at::Tensor& x) override { add(static_cast<size_t>(space), x); }
  void on_delta_output(int64_t site, const at::Tensor& y) override {
    add(places_->of_site(site), y);
  }
  bool wants_gradient() const override { return true; }
  void on_gradient(int64_t site, const at::Tensor& x, const at::Tensor& delta) override {
    const size_t place = places_->of_site(site);
    const at::Tensor& A = (*subspaces_)[places_->input_of_site[static_cast<size_t>(site)]].basis;
    const at::Tensor& C = (*subspaces_)[place].basis;
    add_gradient(x, delta, A, C, *dims_, (*measures_)[place].capture);
  }

  /// Measures what is still in the blocks.
  void finish() {
    for_each_place(blocks_.size(), [&](size_t place) { flush(place); });
  }

 private:
  static constexpr int64_t kBlock = 256;          ///< vectors of a place that are measured together
  static constexpr int64_t kMostHeld = 16 << 20;  ///< values of all places: 64 MiB

  void add(size_t place, const at::Tensor& vectors) {
    blocks_[place].push_back(vectors.contiguous());
    rows_[place] += vectors.size(0);
    held_ += vectors.numel();
    if (rows_[place] >= kBlock) flush(place);
    if (held_ > kMostHeld) finish();
  }

  void flush(size_t place) {
    if (rows_[place] == 0) return;
    const at::Tensor vectors = at::cat(blocks_[place]);  // [n, d]
    const Subspace& subspace = (*subspaces_)[place];
    const std::string& name = places_->names[place];
    PlaceMeasure& measure = (*measures_)[place];
    merge_into(measure.fidelity, fidelity(vectors, subspace, *dims_, name));
    merge_into(measure.centred_fidelity,
               centred_fidelity(vectors, subspace, (*means_)[place], *dims_, name));
    held_ -= vectors.numel();
    blocks_[place].clear();
    rows_[place] = 0;
  }

  const Places* places_;
  const std::vector<Subspace>* subspaces_;
  const std::vector<at::Tensor>* means_;
  const std::vector<int64_t>* dims_;
  std::vector<PlaceMeasure>* measures_;
  std::vector<std::vector<at::Tensor>> blocks_;
  std::vector<int64_t> rows_;
  std::atomic<int64_t> held_ = 0;  ///< values in the blocks
};

/// What the samples alone say about a place.
PlaceMeasure describe_samples(const PlaceStatistics& statistics, const Subspace& subspace,
                              const std::vector<int64_t>& dims) {
  PlaceMeasure measure;
  measure.samples = statistics.count();
  measure.mean = statistics.mean_share(subspace.basis.select(0, 0));
  measure.participation_ratio = statistics.participation_ratio();
  measure.pair_cosine = statistics.mean_pair_cosine();
  measure.intrinsic = intrinsic_dimension(statistics.samples(), {}, statistics.name());
  measure.mean_in_row0 = subspace.mean_in_row0;
  measure.sketch = subspace.sketch;
  measure.explained = explained_energy(subspace, dims);
  return measure;
}

}  // namespace

MeasureOptions measure_options(const Config& config, TaskKind task) {
  MeasureOptions options;
  options.dims = config.subspace.dims;
  options.estimate.estimator = from_string<EstimatorKind>(config.subspace.estimator);
  options.estimate.k = config.subspace.dims.back();
  options.estimate.seed = static_cast<uint64_t>(config.run.seed);
  options.sketch_from = config.sampling.sketch_from;
  options.memory_limit = config.run.memory_limit;
  DrawOptions& draw = options.sampler.draw;
  draw.task = task;
  draw.batch_size = config.sampling.batch_size;
  draw.tokens_per_example = config.sampling.tokens_per_example;
  draw.token_rate = config.sampling.token_rate;
  draw.weighting = from_string<TokenWeighting>(config.sampling.token_weighting);
  draw.head_first_token = config.sampling.classifier_tokens == "first";
  draw.seed = static_cast<uint64_t>(config.run.seed);
  return options;
}

ProbeRepeat measure_repeat(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                           const std::vector<const TokenExample*>& heldout,
                           const MeasureOptions& options) {
  const Places places(model);
  std::vector<PlaceMeasure> measures(places.names.size());
  std::vector<at::Tensor> means(places.names.size());  // [d] each
  const PlaceEstimates estimates = estimate_places(
      model, examples, options,
      [&](size_t place, const PlaceStatistics& statistics, const Subspace& subspace) {
        measures[place] = describe_samples(statistics, subspace, options.dims);
        means[place] = statistics.mean();
      });
  const Communicator& processes = *options.processes;
  for (size_t place = 0; place < means.size() && processes.size() > 1; ++place) {
    if (!means[place].defined()) {
      means[place] =
          at::empty({estimates.subspaces[place].basis.size(1)}, at::TensorOptions(at::kDouble));
    }
    processes.broadcast(means[place], estimates.owners[place]);
  }
  const std::vector<Subspace>& subspaces = estimates.subspaces;
  ProbeRepeat repeat;
  repeat.sampling_seconds = estimates.sampling_seconds;
  repeat.estimation_seconds = estimates.estimation_seconds;

  const auto start = std::chrono::steady_clock::now();
  HeldoutMeter meter(places, subspaces, means, options.dims, measures);
  SamplerOptions fresh = options.sampler;
  fresh.draw.repeat += uint64_t{1} << 20;  // draws of their own
  const Shard own =
      shard_of_batches(heldout, fresh.draw.batch_size, processes.rank(), processes.size());
  fresh.first = own.begin;
  fresh.progress =
      scaled_progress(fresh.progress, own.size(), static_cast<int64_t>(heldout.size()));
  sample_tokens(model, {heldout.begin() + own.begin, heldout.begin() + own.end}, fresh, meter);
  meter.finish();
  merge_measures(measures, processes);
  repeat.heldout_seconds = seconds_since(start);

  const auto split = static_cast<std::ptrdiff_t>(places.inputs);
  repeat.inputs.assign(measures.begin(), measures.begin() + split);
  repeat.delta_outputs.assign(measures.begin() + split, measures.end());
  repeat.input_subspaces.assign(subspaces.begin(), subspaces.begin() + split);
  repeat.delta_output_subspaces.assign(subspaces.begin() + split, subspaces.end());
  return repeat;
}

}  // namespace eida
