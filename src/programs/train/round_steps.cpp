#include "round_steps.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <numeric>

#include "eida/core/stopwatch.h"

namespace eida {
namespace {

constexpr int64_t kWindow = RoundSteps::kWindow;

EpochOrder order_of(const Config& config, const TrainInputs& inputs, int64_t round) {
  Rng shuffle(static_cast<uint64_t>(config.run.seed), "shuffle", static_cast<uint64_t>(round));
  return {inputs.train->size(), shuffle};
}

StreamOptions stream_options(const Config& config, const TrainInputs& inputs, int64_t first_batch) {
  StreamOptions options;
  options.chunk = kWindow * config.train.batch_size;
  options.first_chunk = first_batch / kWindow;
  // A thread reads and tokenizes a hundred times faster than four compute.
  options.workers = std::max(1, inputs.compute.threads / 4);
  return options;
}

}  // namespace

RoundSteps::RoundSteps(const Config& config, const TrainInputs& inputs, int64_t round,
                       int64_t first)
    : config_(&config),
      inputs_(&inputs),
      grouping_(static_cast<uint64_t>(config.run.seed), "batches", static_cast<uint64_t>(round)),
      stream_(inputs.train, *inputs.tokenizer, order_of(config, inputs, round),
              stream_options(config, inputs, first * config.train.accumulation)) {
  const int64_t skipped = first * config.train.accumulation;  // batches
  const std::vector<int64_t> any(static_cast<size_t>(kWindow * config.train.batch_size), 0);
  for (int64_t window = 0; window < skipped / kWindow; ++window) window_batches(any);
  if (skipped % kWindow == 0) return;
  read_window();
  const auto drop = std::min<int64_t>(skipped % kWindow, static_cast<int64_t>(waiting_.size()));
  waiting_.erase(waiting_.begin(), waiting_.begin() + drop);
}

const std::vector<ExampleBatch>& RoundSteps::next() {
  const auto start = std::chrono::steady_clock::now();
  step_.clear();
  while (windows_.size() > 1) windows_.pop_front();
  while (static_cast<int64_t>(step_.size()) < config_->train.accumulation) {
    if (waiting_.empty() && !read_window()) break;
    step_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  seconds_ += seconds_since(start);
  return step_;
}

bool RoundSteps::read_window() {
  auto examples = stream_.next();
  if (examples.empty()) return false;
  const std::vector<TokenExample>& window = windows_.emplace_back(std::move(examples));
  std::vector<int64_t> lengths;
  for (const TokenExample& example : window)
    lengths.push_back(static_cast<int64_t>(example.ids.size()));
  for (const auto& positions : window_batches(lengths)) {
    ExampleBatch batch;
    for (const int64_t i : positions) batch.push_back(&window[static_cast<size_t>(i)]);
    waiting_.push_back(std::move(batch));
  }
  return true;
}

/// What is drawn depends on the number of examples alone.
Batches RoundSteps::window_batches(const std::vector<int64_t>& lengths) {
  const int64_t size = config_->train.batch_size;
  if (config_->data.batching == Batching::kLengthGrouped)
    return length_grouped_batches(lengths, size, grouping_);
  std::vector<int64_t> in_order(lengths.size());
  std::iota(in_order.begin(), in_order.end(), 0);
  return make_batches(in_order, size);
}

void RoundSteps::log_truncation() const {
  if (stream_.truncated() == 0 && stream_.replaced() == 0) return;
  spdlog::info(
      "{}: {} examples of this round cut to {} tokens; {} without a labelled token replaced by "
      "others",
      inputs_->train->name(), stream_.truncated(), inputs_->tokenizer->max_length(),
      stream_.replaced());
}

}  // namespace eida
