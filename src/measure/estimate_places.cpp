#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "eida/core/error.h"
#include "eida/core/stopwatch.h"
#include "eida/core/system_info.h"
#include "eida/measure/measure.h"
#include "eida/subspace/for_each_place.h"
#include "numbers.h"

namespace eida {
namespace {

constexpr double kMiB = 1 << 20;

PerPlace<PlaceSize> place_sizes(const Places& places, const PerPlace<int64_t>& rows,
                                const MeasureOptions& options) {
  PerPlace<PlaceSize> sizes(places.size());
  for (PlaceId place = 0; place < places.size(); ++place) {
    sizes[place] = {rows[place], places[place].dim, options.sketch_from,
                    MomentSketch::rows_for(options.estimate(places[place]).k)};
  }
  return sizes;
}

/// Of the libraries alone, which a CUDA build of LibTorch makes some 200 MiB larger.
const double loaded_mib = peak_memory_mib();

/// Bytes that a pass of the model takes, with everything that was there before it, about: from
/// sizes, not from what the allocator holds at the moment, so that all rounds plan alike.
double taken_bytes(const PretrainedModel& model, const PerPlace<PlaceSize>& sizes,
                   const std::vector<const TokenExample*>& examples,
                   const MeasureOptions& options) {
  const double program = std::max(250.0, loaded_mib + 130.0) * kMiB;  // LibTorch, tokenizer, data
  double weights = 0, bases = 0, widths = 0, widest = 0, rows = 0;
  for (const auto& [name, tensor] : model.parameters())
    weights += static_cast<double>(tensor.numel()) * static_cast<double>(tensor.element_size());
  for (const PlaceSize& size : sizes) {
    widths += static_cast<double>(size.dim);
    widest = std::max(widest, static_cast<double>(size.dim));
    rows = std::max(rows, static_cast<double>(size.rows));
  }
  for (const Place& place : model.places())
    bases += static_cast<double>(options.estimate(place).k * place.dim);
  const SamplerOptions& sampler = options.sampler;
  // Of a token: the places' values and, a quarter as much, what lies between them; gradients of the
  // layer that the way back is at; its products with each vector drawn from its logical batch.
  const double drawn =
      rows / static_cast<double>(examples.size()) * static_cast<double>(sampler.draw.batch_size);
  const double floats =
      1.25 * widths + 4 * widest + static_cast<double>(model.places().inputs().size()) * drawn;
  return program + weights +
         4 * (bases + floats * static_cast<double>(largest_pass(examples, sampler)));
}

/// Places that are sampled together: as many, in their order, as fit. Beside all statistics each
/// thread estimates a subspace.
std::vector<std::vector<PlaceId>> plan_turns(const std::vector<PlaceId>& sampled,
                                             const PerPlace<PlaceSize>& sizes, double budget,
                                             double threads) {
  std::vector<std::vector<PlaceId>> turns;
  double held = 0, estimating = 0;
  for (const PlaceId place : sampled) {
    const double more = sizes[place].bytes(), beside = threads * sizes[place].estimation_bytes();
    if (turns.empty() || held + more + std::max(estimating, beside) > budget) {
      turns.emplace_back();
      held = estimating = 0;
    }
    held += more;
    estimating = std::max(estimating, beside);
    turns.back().push_back(place);
  }
  return turns;
}

void check_budget(const Places& places, const PerPlace<PlaceSize>& sizes, double budget,
                  double threads, int64_t limit_mib) {
  const auto alone = [&](const PlaceSize& size) {
    return size.bytes() + threads * size.estimation_bytes();
  };
  const auto largest =
      std::max_element(sizes.begin(), sizes.end(),
                       [&](const PlaceSize& a, const PlaceSize& b) { return alone(a) < alone(b); });
  const double wanted = alone(*largest), limit = static_cast<double>(limit_mib) * kMiB;
  if (wanted <= budget) return;
  throw ConfigError(
      "run.memory_limit: {} MiB, but the model takes about {:.0f} and {} alone {:.0f} (hint: "
      "--memory-limit {:.0f}, or fewer --threads)",
      limit_mib, (limit - budget) / kMiB,
      places[static_cast<PlaceId>(largest - sizes.begin())].name, wanted / kMiB,
      std::ceil((limit + wanted - budget) / kMiB));
}

/// Places that are sampled.
std::vector<PlaceId> sampled_places(const Places& places, const MeasureOptions& options) {
  std::vector<PlaceId> sampled;
  for (PlaceId place = 0; place < places.size(); ++place) {
    if (options.sample_all || needs_samples(options.estimate(places[place]).estimator))
      sampled.push_back(place);
  }
  return sampled;
}

/// What each place's statistics will be; one that is not sampled takes no memory.
PerPlace<PlaceSize> planned_sizes(const PretrainedModel& model,
                                  const std::vector<const TokenExample*>& examples,
                                  const std::vector<PlaceId>& sampled,
                                  const MeasureOptions& options) {
  auto rows = count_samples(model, examples, options.sampler.draw);
  for (PlaceId place = 0; place < rows.size(); ++place)
    if (!std::binary_search(sampled.begin(), sampled.end(), place)) rows[place] = 0;
  return place_sizes(model.places(), rows, options);
}

/// What options.memory_limit leaves for statistics. \throws ConfigError too little for a place
double budget_of_limit(const PretrainedModel& model, const PerPlace<PlaceSize>& sizes,
                       const std::vector<const TokenExample*>& examples,
                       const MeasureOptions& options, double threads) {
  const double budget = static_cast<double>(*options.memory_limit) * kMiB -
                        taken_bytes(model, sizes, examples, options);
  check_budget(model.places(), sizes, budget, threads, *options.memory_limit);
  return budget;
}

/// Puts what is sampled at the places of a turn into their statistics.
class TurnSink : public SampleSink {
 public:
  TurnSink(const std::vector<PlaceId>& turn, const Places& places, const PerPlace<PlaceSize>& sizes,
           const PerPlace<Shard>& own)
      : slots_(places.size(), kNone) {
    for (const PlaceId place : turn) {
      slots_[place] = statistics_.size();
      statistics_.emplace_back(sizes[place], places[place].name, own[place]);
    }
  }

  bool wants(PlaceId place) const override { return slots_[place] != kNone; }
  void on_vectors(PlaceId place, const at::Tensor& vectors) override {
    statistics_[slots_[place]].add(vectors);
  }

  /// Brings the samples of each place of the turn together in the process that owns it.
  /// \return the statistics of this process's places
  std::vector<PlaceStatistics> gather(const Communicator& processes,
                                      const std::vector<int>& owners) {
    std::vector<PlaceStatistics> own;
    for (size_t i = 0; i < statistics_.size(); ++i) {
      statistics_[i].gather(processes, owners[i]);
      if (owners[i] == processes.index()) own.push_back(std::move(statistics_[i]));
    }
    return own;
  }

 private:
  static constexpr size_t kNone = ~size_t{0};
  PerPlace<size_t> slots_;  ///< in statistics_
  std::vector<PlaceStatistics> statistics_;
};

/// Of the samples of each place, those that come to this process.
PerPlace<Shard> own_samples(const PretrainedModel& model,
                            const std::vector<const TokenExample*>& examples, const Shard& own,
                            const DrawOptions& options) {
  const auto before =
      count_samples(model, {examples.begin(), examples.begin() + own.begin}, options);
  const auto here = count_samples(model, {examples.begin() + own.begin, examples.begin() + own.end},
                                  options, own.begin);
  PerPlace<Shard> shards(before.size());
  for (PlaceId place = 0; place < shards.size(); ++place)
    shards[place] = {before[place], before[place] + here[place]};
  return shards;
}

/// Tells every process the subspaces that one of them knows.
void share(PerPlace<Subspace>& subspaces, const Places& places, const PerPlace<int>& owners,
           const MeasureOptions& options) {
  const Communicator& processes = *options.processes;
  if (processes.size() == 1) return;
  for (PlaceId place = 0; place < subspaces.size(); ++place) {
    if (owners[place] < 0) continue;
    Subspace& subspace = subspaces[place];
    bool scaled = subspace.scale.defined();
    const auto each_number = [&](Numbers& numbers) {
      numbers(scaled);
      numbers(subspace.total_energy);
      numbers(subspace.mean_in_row0);
      SketchBound::each_number([&](const char*, auto field) { numbers(subspace.sketch.*field); });
    };
    Numbers writer;
    each_number(writer);
    std::string bytes = writer.take();
    processes.broadcast(bytes, owners[place]);
    if (owners[place] != processes.index()) {
      Numbers reader(bytes);
      each_number(reader);
      const int64_t d = places[place].dim, k = std::min(options.estimate(places[place]).k, d);
      subspace.basis = at::empty({k, d}, at::TensorOptions(at::kFloat));
      subspace.energy = at::empty({k}, at::TensorOptions(at::kDouble));
      if (scaled) subspace.scale = at::empty({k}, at::TensorOptions(at::kDouble));
    }
    for (const at::Tensor& part : {subspace.basis, subspace.energy, subspace.scale})
      if (part.defined()) processes.broadcast(part, owners[place]);
  }
}

void log_plan(const PerPlace<PlaceSize>& sizes, size_t turns, double budget) {
  const auto number = [&](Kept kept) {
    return std::count_if(sizes.begin(), sizes.end(),
                         [&](const PlaceSize& size) { return size.kept() == kept; });
  };
  if (number(Kept::kSamples) < static_cast<std::ptrdiff_t>(sizes.size())) {
    spdlog::info(
        "of {} places {} keep their samples, {} second moments, {} a sketch of these, as "
        "their sizes say",
        sizes.size(), number(Kept::kSamples), number(Kept::kMoments), number(Kept::kSketch));
  }
  if (turns == 1) return;
  const double all =
      std::accumulate(sizes.begin(), sizes.end(), 0.0,
                      [](double sum, const PlaceSize& size) { return sum + size.bytes(); });
  spdlog::info("sampling takes {} passes of the model: all places need {:.0f} MiB, {:.0f} are free",
               turns, all / kMiB, budget / kMiB);
}

/// The place whose sketch misses most, and what it may miss.
void log_sketches(const PerPlace<Subspace>& subspaces, const Places& places) {
  const auto sketched = std::count_if(subspaces.begin(), subspaces.end(),
                                      [](const Subspace& s) { return s.sketch.rows > 0; });
  if (sketched == 0) return;
  const auto missed = [](const Subspace& s) {
    return std::pair(s.sketch.rows, s.sketch.energy_missed);
  };
  const auto worst =
      std::max_element(subspaces.begin(), subspaces.end(),
                       [&](const Subspace& a, const Subspace& b) { return missed(a) < missed(b); });
  const SketchBound& bound = worst->sketch;
  spdlog::info(
      "sketches of {} rows at {} places; worst at {}: lacks up to {:.2g} of the largest second "
      "moment and {:.2g} of the energy; {} rows keep up to {:.2g} of it less than those of all "
      "samples, sine of the largest angle up to {:.2g}",
      bound.rows, sketched, places[static_cast<PlaceId>(worst - subspaces.begin())].name,
      bound.error, bound.energy_lost, worst->basis.size(0), bound.energy_missed,
      bound.largest_sine);
}

}  // namespace

double statistics_bytes(const PretrainedModel& model, int64_t rows, const MeasureOptions& options) {
  const Places& places = model.places();
  const auto sizes = place_sizes(places, PerPlace<int64_t>(places.size(), rows), options);
  double held = 0, estimating = 0;
  for (const PlaceSize& size : sizes) {
    held += size.bytes();
    estimating = std::max(estimating, at::get_num_threads() * size.estimation_bytes());
  }
  return held + estimating;
}

void check_sampling(const PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                    const std::vector<const TokenExample*>& heldout,
                    const MeasureOptions& options) {
  count_samples(model, heldout, options.sampler.draw);
  const auto sampled = sampled_places(model.places(), options);
  const auto sizes = planned_sizes(model, examples, sampled, options);
  if (options.memory_limit && !sampled.empty())
    budget_of_limit(model, sizes, examples, options, at::get_num_threads());
}

PlaceEstimates estimate_places(PretrainedModel& model,
                               const std::vector<const TokenExample*>& examples,
                               const MeasureOptions& options, const PlaceVisitor& visit) {
  const Places& places = model.places();
  PlaceEstimates estimates{PerPlace<Subspace>(places.size()), PerPlace<int>(places.size(), -1)};
  const std::vector<PlaceId> sampled = sampled_places(places, options);
  const auto sizes = planned_sizes(model, examples, sampled, options);
  for_each_place(places.size(), [&](PlaceId id) {
    if (std::binary_search(sampled.begin(), sampled.end(), id)) return;
    const Place& place = places[id];
    estimates.subspaces[id] = estimate_unsampled(place.dim, options.estimate(place), place.name);
  });
  if (sampled.empty()) return estimates;
  constexpr double kShare = 0.8;  // of what is free, where nothing else is said
  const Communicator& processes = *options.processes;
  // All processes have to plan alike.
  const double threads = processes.most(at::get_num_threads());
  const double available = available_memory_mib() / processes.size_on_node();
  double budget = available > 0 ? kShare * available * kMiB : std::numeric_limits<double>::max();
  if (options.memory_limit) budget = budget_of_limit(model, sizes, examples, options, threads);
  budget = processes.least(budget);
  const auto turns = plan_turns(sampled, sizes, budget, threads);  // the same ones in every process
  log_plan(sizes, turns.size(), budget);
  const Shard own = shard_of_batches(examples, options.sampler.draw.batch_size, processes.index(),
                                     processes.size());
  const std::vector<const TokenExample*> own_examples(examples.begin() + own.begin,
                                                      examples.begin() + own.end);
  const auto samples = own_samples(model, examples, own, options.sampler.draw);
  SamplerOptions sampler = options.sampler;
  sampler.first_index = own.begin;
  sampler.progress =  // an example counts when all turns have sampled it
      scaled_progress(options.sampler.progress, own.size() * static_cast<int64_t>(turns.size()),
                      static_cast<int64_t>(examples.size()));

  for (const auto& turn : turns) {
    auto start = std::chrono::steady_clock::now();
    TurnSink sink(turn, places, sizes, samples);
    sample_tokens(model, own_examples, sampler, sink);
    std::vector<double> work;
    for (const PlaceId place : turn) work.push_back(sizes[place].estimation_work());
    const std::vector<int> owners = share_out(work, processes.size());
    const std::vector<PlaceStatistics> statistics = sink.gather(processes, owners);
    estimates.sampling_seconds += seconds_since(start);

    start = std::chrono::steady_clock::now();
    std::vector<PlaceId> here;  // of this process
    for (size_t i = 0; i < turn.size(); ++i) {
      estimates.owners[turn[i]] = owners[i];
      if (owners[i] == processes.index()) here.push_back(turn[i]);
    }
    for_each_place(here.size(), [&](size_t i) {
      estimates.subspaces[here[i]] =
          estimate_subspace(statistics[i], options.estimate(places[here[i]]));
    });
    estimates.estimation_seconds += seconds_since(start);
    for_each_place(here.size(),
                   [&](size_t i) { visit(here[i], statistics[i], estimates.subspaces[here[i]]); });
  }
  share(estimates.subspaces, places, estimates.owners, options);
  log_sketches(estimates.subspaces, places);
  return estimates;
}

}  // namespace eida
