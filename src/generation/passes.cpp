#include "eida/generation/passes.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "eida/core/error.h"
#include "eida/model/batch.h"

namespace eida {
namespace {

constexpr int64_t kMostLogits = int64_t{1} << 26;  // float32 values of one pass: 256 MiB
constexpr int64_t kRowsAtOnce = 256;               // of [M, V] that a softmax looks at

int64_t length_of(const TokenExample& example) { return static_cast<int64_t>(example.ids.size()); }

int64_t labelled_tokens(const TokenExample& example) {
  return scored_predictions(example, TaskKind::kCompletion);
}

/// What this process computes of the examples, and the progress that it makes.
struct OwnPart {
  OwnPart(const std::vector<const TokenExample*>& all, const PassOptions& options) {
    std::vector<int64_t> tokens;
    for (const TokenExample* example : all) tokens.push_back(length_of(*example));
    shard = shard_of(tokens, options.processes->index(), options.processes->size());
    examples.assign(all.begin() + shard.begin, all.begin() + shard.end);
    progress = scaled_progress(options.progress, shard.size(), static_cast<int64_t>(all.size()));
  }
  Shard shard;
  std::vector<const TokenExample*> examples;
  std::function<void(int64_t)> progress;
};

/// Example numbers of each pass, the longest examples first.
/// \param most_labelled tokens that a pass may score.
std::vector<std::vector<int64_t>> plan_passes(const std::vector<const TokenExample*>& examples,
                                              int64_t pass_tokens, int64_t most_labelled) {
  std::vector<int64_t> order(examples.size());
  std::iota(order.begin(), order.end(), 0);
  const auto example = [&](int64_t i) -> const TokenExample& {
    return *examples[static_cast<size_t>(i)];
  };
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return example(a).ids.size() > example(b).ids.size();
  });
  std::vector<std::vector<int64_t>> passes;
  int64_t tokens = 0, labelled = 0;
  for (const int64_t i : order) {
    tokens += length_of(example(i));
    labelled += labelled_tokens(example(i));
    if (passes.empty() || tokens > pass_tokens || labelled > most_labelled) {
      passes.emplace_back();
      tokens = length_of(example(i));
      labelled = labelled_tokens(example(i));
    }
    passes.back().push_back(i);
  }
  return passes;
}

PackedBatch pack_pass(const std::vector<const TokenExample*>& examples,
                      const std::vector<int64_t>& pass, TaskKind task) {
  std::vector<const TokenExample*> chosen;
  chosen.reserve(pass.size());
  for (const int64_t i : pass) chosen.push_back(examples[static_cast<size_t>(i)]);
  return pack(chosen, task);
}

/// -log p of each target. // logits [M, V] -> [M] float64 on the CPU
at::Tensor target_losses(const at::Tensor& logits, const at::Tensor& targets) {
  at::Tensor losses = at::empty({targets.size(0)}, at::TensorOptions(at::kDouble));
  for (int64_t begin = 0; begin < targets.size(0); begin += kRowsAtOnce) {
    const int64_t rows = std::min(kRowsAtOnce, targets.size(0) - begin);
    const at::Tensor part = logits.narrow(0, begin, rows);                         // [r, V]
    const at::Tensor target = targets.narrow(0, begin, rows).to(logits.device());  // [r]
    const at::Tensor loss = part.logsumexp(1) - part.gather(1, target.unsqueeze(1)).squeeze(1);
    losses.narrow(0, begin, rows).copy_(loss);
  }
  return losses;
}

}  // namespace

at::Tensor classify(PretrainedModel& model, const std::vector<const TokenExample*>& all,
                    const PassOptions& options) {
  const EvaluationScope evaluation(model);
  const OwnPart own(all, options);
  const auto& examples = own.examples;
  const auto total = static_cast<int64_t>(examples.size());
  at::Tensor logits = at::empty({total, model.config().num_labels}, at::TensorOptions(at::kFloat));
  for (const auto& pass : plan_passes(examples, options.pass_tokens, total + 1)) {
    const at::Tensor found =
        model.logits(pack_pass(examples, pass, TaskKind::kClassification)).cpu();  // [S, C]
    if (!found.isfinite().all().item<bool>()) {
      throw NumericError("classification: a logit is not finite (hint: --precision fp32)");
    }
    logits.index_copy_(0, at::tensor(pass, at::TensorOptions(at::kLong)), found);
    if (own.progress) own.progress(static_cast<int64_t>(pass.size()));
  }
  return all_gather_rows(*options.processes, logits);
}

std::vector<CompletionLoss> completion_losses(PretrainedModel& model,
                                              const std::vector<const TokenExample*>& all,
                                              const PassOptions& options) {
  const EvaluationScope evaluation(model);
  const OwnPart own(all, options);
  const auto& examples = own.examples;
  at::Tensor sums = at::empty({static_cast<int64_t>(examples.size()), 2}, at::kDouble);
  auto* const found = sums.mutable_data_ptr<double>();  // nll and tokens of each example
  const int64_t most_labelled = std::max<int64_t>(1, kMostLogits / model.config().vocab_size);
  for (const auto& pass : plan_passes(examples, options.pass_tokens, most_labelled)) {
    const PackedBatch batch = pack_pass(examples, pass, TaskKind::kCompletion);
    const at::Tensor losses = target_losses(model.logits(batch), batch.targets);  // [M]
    int64_t row = 0;
    for (const int64_t i : pass) {
      const int64_t tokens = labelled_tokens(*examples[static_cast<size_t>(i)]);
      found[2 * i] = losses.narrow(0, row, tokens).sum().item<double>();
      found[2 * i + 1] = static_cast<double>(tokens);
      row += tokens;
      if (!std::isfinite(found[2 * i])) {
        throw NumericError("loss of example {}: is not finite (hint: --precision fp32)",
                           own.shard.begin + i);
      }
    }
    if (own.progress) own.progress(static_cast<int64_t>(pass.size()));
  }
  sums = all_gather_rows(*options.processes, sums);
  std::vector<CompletionLoss> results;
  const double* result = sums.const_data_ptr<double>();
  for (int64_t i = 0; i < sums.size(0); ++i, result += 2)
    results.push_back({result[0], static_cast<int64_t>(result[1])});
  return results;
}

}  // namespace eida
