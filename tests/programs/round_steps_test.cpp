#include "../../src/programs/train/round_steps.h"

#include <gtest/gtest.h>

#include <numeric>

#include "support/byte_tokenizer.h"

namespace eida {
namespace {

using Steps = std::vector<std::vector<std::vector<std::string>>>;  // steps, batches, texts

TrainInputs inputs_of(int64_t size) {
  Rng rng(3, "texts");
  std::vector<TextExample> examples;
  for (int64_t i = 0; i < size; ++i)
    examples.push_back({std::to_string(i) + std::string(rng.below(40), 'x'), "", i % 2});
  TrainInputs inputs;
  inputs.train = make_dataset(std::move(examples), TaskKind::kClassification, {"0", "1"});
  inputs.tokenizer =
      std::make_unique<ExampleTokenizer>(testing::byte_tokenizer(TaskKind::kClassification));
  inputs.compute.threads = 9;  // two workers
  return inputs;
}

std::string text_of(const TokenExample& example) {
  return testing::ByteTokenizer().decode(example.ids, true);
}

Steps steps_of(const Config& config, const TrainInputs& inputs, int64_t round, int64_t first) {
  RoundSteps steps(config, inputs, round, first);
  Steps all;
  for (;;) {
    const auto& step = steps.next();
    if (step.empty()) return all;
    all.emplace_back();
    for (const ExampleBatch& batch : step) {
      all.back().emplace_back();
      for (const TokenExample* example : batch) all.back().back().push_back(text_of(*example));
    }
  }
}

/// The same from the whole epoch in memory.
Steps whole_epoch(const Config& config, const TrainInputs& inputs, int64_t round) {
  Rng shuffle(static_cast<uint64_t>(config.run.seed), "shuffle", static_cast<uint64_t>(round)),
      grouping(static_cast<uint64_t>(config.run.seed), "batches", static_cast<uint64_t>(round));
  const auto order = shuffle.permutation(inputs.train->size());
  const int64_t size = config.train.batch_size, window = 50 * size;
  std::vector<std::vector<std::string>> batches;
  for (size_t begin = 0; begin < order.size(); begin += static_cast<size_t>(window)) {
    const size_t end = std::min(order.size(), begin + static_cast<size_t>(window));
    std::vector<std::string> texts;
    std::vector<int64_t> lengths, positions;
    for (size_t i = begin; i < end; ++i) {
      texts.push_back(inputs.train->at(order[i]).first);
      lengths.push_back(static_cast<int64_t>(texts.back().size()));
      positions.push_back(static_cast<int64_t>(positions.size()));
    }
    const bool grouped = config.data.batching == Batching::kLengthGrouped;
    for (const auto& batch : grouped ? length_grouped_batches(lengths, size, grouping)
                                     : make_batches(positions, size)) {
      batches.emplace_back();
      for (const int64_t i : batch) batches.back().push_back(texts[static_cast<size_t>(i)]);
    }
  }
  Steps steps;
  for (size_t b = 0; b < batches.size(); ++b) {
    if (b % static_cast<size_t>(config.train.accumulation) == 0) steps.emplace_back();
    steps.back().push_back(batches[b]);
  }
  return steps;
}

/// 1,003 examples: 126 batches of 8 in three windows, the last ones not full; steps of 3 batches
/// straddle the windows.
TEST(RoundSteps, AreTheWholeEpochsFromAnyStepOn) {
  const TrainInputs inputs = inputs_of(1003);
  Config config;
  config.train.batch_size = 8;
  config.train.accumulation = 3;
  for (const Batching batching : {Batching::kLengthGrouped, Batching::kAsDrawn}) {
    config.data.batching = batching;
    const Steps all = whole_epoch(config, inputs, 2);
    EXPECT_EQ(static_cast<int64_t>(all.size()), steps_per_round(config, inputs));
    for (const int64_t first : {0, 1, 16, 17, 33, 41, 42}) {
      const Steps wanted(all.begin() + first, all.end());
      EXPECT_EQ(steps_of(config, inputs, 2, first), wanted) << to_string(batching) << " from " << first;
    }
  }
  EXPECT_NE(whole_epoch(config, inputs, 1), whole_epoch(config, inputs, 2));
}

}  // namespace
}  // namespace eida
