/// Options: rounds, method, sampling, subspace, ranks, lora.
#include "declaration.h"

namespace eida::config {
namespace {

void declare_sampling(SamplingOptions& sampling, Declarations& list) {
  constexpr unsigned kUsers = kProbe | kTrain;
  list.add("sampling.examples", &sampling.examples,
           "examples the subspaces are estimated from (report, section 4.1)")
      .in(kUsers)
      .as("--examples")
      .at_least(1)
      .at_most(1e9);
  list.add("sampling.tokens_per_example", &sampling.tokens_per_example,
           "classification: distinct tokens drawn of each example, at each place (report: N = 2)")
      .in(kUsers)
      .as("--tokens")
      .at_least(1)
      .at_most(100'000);
  list.add("sampling.token_rate", &sampling.token_rate,
           "completions: chance p of a token to be drawn, per labelled position after it")
      .in(kUsers)
      .above(0)
      .at_most(1);
  list.add("sampling.token_weighting", &sampling.token_weighting,
           "completions: how often a token is drawn")
      .in(kUsers);
  list.add("sampling.classifier_tokens", &sampling.classifier_tokens,
           "which tokens are drawn at the head's dense layer")
      .in(kUsers);
  list.add("sampling.batch_size", &sampling.batch_size,
           "examples whose mean loss gives one gradient (logical batch)")
      .in(kUsers)
      .at_least(1)
      .at_most(1'000'000);
  list.add("sampling.sketch_from", &sampling.sketch_from,
           "places of so many dimensions and more keep a sketch of their second moments where the "
           "moments would be larger, with a bound that is printed (method, Estimators; 0: never)")
      .in(kUsers)
      .at_least(0)
      .at_most(1'000'000'000);
}

void declare_ranks(RankOptions& ranks, Declarations& list) {
  constexpr unsigned kUsers = kProbe | kTrain;
  list.add("ranks.rule", &ranks.rule, "how many dimensions a place gets").in(kUsers).as("--rule");
  list.add("ranks.wide", &ranks.wide, "rule threshold: the larger rank")
      .in(kUsers)
      .at_least(1)
      .at_most(1'000'000);
  list.add("ranks.narrow", &ranks.narrow, "rule threshold: the smaller rank")
      .in(kUsers)
      .at_least(1)
      .at_most(1'000'000);
  list.add("ranks.margin", &ranks.margin, "rule threshold: least gain in fidelity (report: 0.03)")
      .in(kUsers)
      .at_least(0)
      .at_most(1);
  list.add("ranks.heldout", &ranks.heldout,
           "fresh examples eida-train measures fidelity on, without a plan")
      .in(kTrain)
      .at_least(1)
      .at_most(1e9);
  list.add("ranks.fixed", &ranks.fixed, "rule fixed: the rank")
      .in(kUsers)
      .at_least(1)
      .at_most(1'000'000);
  list.add("ranks.energy", &ranks.energy, "rule energy: share to explain")
      .in(kUsers)
      .above(0)
      .at_most(1);
  list.add("ranks.plan", &ranks.plan,
           "rule plan: rank_plan.json of eida-probe, or a published one in configs/")
      .in(kUsers)
      .as("--rank-plan")
      .value_name("FILE");
  list.add("ranks.budget", &ranks.budget, "rule budget: parameters of all adapters together")
      .in(kUsers)
      .at_least(1)
      .at_most(1e15);
}

}  // namespace

void declare_method(Config& config, Declarations& list) {
  list.add("rounds", &config.rounds,
           "rounds of sample, estimate, train one epoch, merge (method, section 7)")
      .in(kTrain)
      .as("--rounds")
      .at_least(1)
      .at_most(100'000);
  list.add("method", &config.method, "what is trained").in(kTrain).as("--method");
  declare_sampling(config.sampling, list);
  list.add("subspace.estimator", &config.subspace.estimator,
           "how a subspace is found (method, section 4)")
      .in(kProbe | kTrain)
      .as("--estimator");
  list.add("subspace.input", &config.subspace.input,
           "how it is found at input spaces (null: subspace.estimator)")
      .in(kProbe | kTrain);
  list.add("subspace.output", &config.subspace.output,
           "how it is found at sites (null: subspace.estimator)")
      .in(kProbe | kTrain);
  list.add("subspace.dims", &config.subspace.dims, "dimensions k that fidelity is measured at")
      .in(kProbe | kTrain)
      .as("--dims")
      .items(1, 1000)
      .at_least(1)
      .at_most(1'000'000)
      .growing();
  declare_ranks(config.ranks, list);
  list.add("lora.rank", &config.lora.rank, "methods lora, lora_xs, dora: rank")
      .in(kTrain)
      .at_least(1)
      .at_most(1'000'000);
  list.add("lora.alpha", &config.lora.alpha,
           "methods lora, lora_xs, dora: alpha; updates are scaled by alpha / rank")
      .in(kTrain)
      .above(0);
}

}  // namespace eida::config
