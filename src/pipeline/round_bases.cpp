#include "round_bases.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>

#include "eida/core/error.h"
#include "eida/core/progress.h"
#include "eida/pipeline/probe.h"
#include "eida/run/session.h"
#include "eida/subspace/fidelity.h"
#include "place_estimates.h"
#include "probe_results.h"

namespace eida {
namespace {

/// Ranks of the plan: input spaces, then sites.
std::vector<int64_t> ranks_of(const RankPlan& plan) {
  std::vector<int64_t> ranks;
  for (const auto* side : {&plan.inputs, &plan.delta_outputs}) {
    for (const auto& [place, rank] : *side) ranks.push_back(rank);
  }
  return ranks;
}

/// Held-out fidelity at the plan's ranks, out of the curves that chose them.
std::vector<double> fidelity_of_curves(const ProbeResults& results, const RankPlan& plan) {
  const auto ranks = ranks_of(plan);
  std::vector<double> values(ranks.size(), std::numeric_limits<double>::quiet_NaN());
  for (size_t i = 0; i < ranks.size(); ++i) {
    const auto& curve = results.repeats.front()[i].fidelity.mean;
    const auto found = std::find(results.dims.begin(), results.dims.end(), ranks[i]);
    const auto at = static_cast<size_t>(found - results.dims.begin());
    if (at < curve.size()) values[i] = curve[at];
  }
  return values;
}

/// Ranks are known before anything is sampled: as many rows as the widest place needs.
std::vector<Subspace> estimate_known_ranks(PretrainedModel& model,
                                           const std::vector<const TokenExample*>& examples,
                                           MeasureOptions options, RoundEstimate& round) {
  const auto ranks = ranks_of(round.plan);
  options.estimate.k = *std::max_element(ranks.begin(), ranks.end());
  if (options.estimate.estimator == EstimatorKind::random) {  // knows nothing of the samples
    std::vector<at::Tensor> nothing;
    for (const auto& space : model.input_spaces()) nothing.push_back(at::zeros({1, space.dim}));
    for (const auto& site : model.sites()) nothing.push_back(at::zeros({1, site.dim}));
    round.fidelity.assign(nothing.size(), std::numeric_limits<double>::quiet_NaN());
    return estimate_subspaces(nothing, options.estimate, place_names(model));
  }
  round.fidelity.assign(ranks.size(), 0.0);
  PlaceEstimates estimates = estimate_places(
      model, examples, options,
      [&](size_t place, const PlaceStatistics& statistics, const Subspace& subspace) {
        round.fidelity[place] =
            fidelity(statistics.samples(), subspace, {ranks[place]}).mean.front();
      });
  // Each is known in one process and 0 in the others.
  options.processes->all_reduce(
      at::from_blob(round.fidelity.data(), {static_cast<int64_t>(ranks.size())}, at::kDouble));
  round.sampling_seconds = estimates.sampling_seconds;
  round.estimation_seconds = estimates.estimation_seconds;
  return std::move(estimates.subspaces);
}

/// Fidelity on held-out examples decides the ranks: one repeat of the probe.
std::vector<Subspace> estimate_and_measure(PretrainedModel& model,
                                           const std::vector<const TokenExample*>& examples,
                                           const std::vector<const TokenExample*>& heldout,
                                           const MeasureOptions& options, const Config& config,
                                           RoundEstimate& round) {
  ProbeRepeat repeat = measure_repeat(model, examples, heldout, options);
  std::vector<Subspace> subspaces = repeat.input_subspaces;
  subspaces.insert(subspaces.end(), repeat.delta_output_subspaces.begin(),
                   repeat.delta_output_subspaces.end());
  round.sampling_seconds = repeat.sampling_seconds + repeat.heldout_seconds;
  round.estimation_seconds = repeat.estimation_seconds;
  ProbeResults results = start_results(model, config.subspace.dims);
  add_repeat(results, repeat);
  round.plan = make_plan(results, model, config.ranks);
  round.fidelity = fidelity_of_curves(results, round.plan);
  round.heldout = true;
  return subspaces;
}

}  // namespace

RoundEstimate estimate_round(PretrainedModel& model, const Dataset& train,
                             const ExampleTokenizer& tokenizer, const std::vector<int64_t>& sites,
                             const Config& config, int64_t round, const Communicator& processes) {
  const bool known = !measures_ranks(config.ranks);
  const int64_t heldout = known ? 0 : config.ranks.heldout;
  const TokenizedSet drawn = tokenizer.tokenize_drawn(
      train, config.sampling.examples + heldout,
      Rng(static_cast<uint64_t>(config.run.seed), "examples", static_cast<uint64_t>(round)));
  auto examples = drawn.pointers();
  const std::vector<const TokenExample*> fresh(examples.begin() + config.sampling.examples,
                                               examples.end());
  examples.resize(static_cast<size_t>(config.sampling.examples));

  MeasureOptions options = measure_options(config, train.kind());
  options.processes = &processes;
  options.sampler.draw.repeat = static_cast<uint64_t>(round);
  options.estimate.seed = static_cast<uint64_t>(config.run.seed + round);
  Progress progress("sampling", static_cast<int64_t>(examples.size()) + heldout, "examples");
  options.sampler.progress = advance_and_check(progress);
  RoundEstimate estimate;
  std::vector<Subspace> subspaces;
  if (known) {
    estimate.plan = make_plan(start_results(model, config.subspace.dims), model, config.ranks);
    subspaces = estimate_known_ranks(model, examples, options, estimate);
  } else {
    subspaces = estimate_and_measure(model, examples, fresh, options, config, estimate);
  }
  estimate.bases = make_bases(model, subspaces, estimate.plan, sites);
  return estimate;
}

}  // namespace eida
