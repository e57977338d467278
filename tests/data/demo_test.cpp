#include "eida/data/demo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "data/reader_fixture.h"
#include "eida/core/error.h"

namespace eida {
namespace {

using DemoFiles = testing::ReaderTest;

int64_t positives(const std::vector<TextExample>& examples) {
  return std::count_if(examples.begin(), examples.end(),
                       [](const auto& example) { return example.label == 1; });
}

TEST(DemoReviews, HaveExactCountsAndBalancedLabels) {
  const auto splits = make_demo_reviews({});
  EXPECT_EQ(splits.train.size(), 2700u);
  EXPECT_EQ(splits.dev.size(), 300u);
  EXPECT_EQ(positives(splits.train), 1350);
  EXPECT_EQ(positives(splits.dev), 150);
}

TEST(DemoReviews, NoSentenceComesTwice) {
  const auto splits = make_demo_reviews({});
  std::set<std::string> seen;
  for (const auto* split : {&splits.train, &splits.dev}) {
    for (const auto& example : *split)
      EXPECT_TRUE(seen.insert(example.first).second) << example.first;
  }
  EXPECT_EQ(seen.size(), 3000u);
}

TEST(DemoReviews, FollowTheSeed) {
  const auto first = demo_review_file(make_demo_reviews({}).train);
  EXPECT_EQ(first, demo_review_file(make_demo_reviews({}).train));
  EXPECT_NE(first, demo_review_file(make_demo_reviews({.seed = 1}).train));
}

/// Learnable but not trivial: naive Bayes on single words does better than chance and worse than
/// perfect.
TEST(DemoReviews, SingleWordsTellMuchButNotAll) {
  const auto splits = make_demo_reviews({});
  std::map<std::string, std::array<double, 2>> counts;
  const auto for_words = [](const TextExample& example, const auto& use) {
    std::istringstream words(example.first);
    for (std::string word; words >> word;) use(word);
  };
  for (const auto& example : splits.train) {
    for_words(example, [&](const std::string& word) { counts[word][example.label] += 1; });
  }
  int right = 0;
  for (const auto& example : splits.dev) {
    double score = 0;
    for_words(example, [&](const std::string& word) {
      score += std::log((counts[word][1] + 1) / (counts[word][0] + 1));
    });
    right += (score > 0) == (example.label == 1) ? 1 : 0;
  }
  EXPECT_GT(right, 210);  // 70 % of 300
  EXPECT_LT(right, 285);  // 95 %
}

TEST(DemoPairs, HaveExactCountsAndDistinctMeanings) {
  const auto splits = make_demo_pairs({});
  EXPECT_EQ(splits.train.size(), 2700u);
  EXPECT_EQ(splits.dev.size(), 300u);
  std::set<std::string> seen;
  for (const auto* split : {&splits.train, &splits.dev}) {
    for (const auto& example : *split) EXPECT_TRUE(seen.insert(example.first).second);
  }
}

TEST(DemoPairs, TextSaysTheName) {
  for (const auto& example : make_demo_pairs({.train = 200, .dev = 0}).train) {
    const std::string name = example.first.substr(7, example.first.find(" |") - 7);
    EXPECT_NE(example.second.find(name), std::string::npos)
        << example.first << " / " << example.second;
  }
}

TEST(Demo, RefusesBadCounts) {
  EXPECT_THROW(make_demo_reviews({.train = -2}), ConfigError);
  EXPECT_THROW(make_demo_reviews({.train = 3}), ConfigError);
  EXPECT_THROW(make_demo_pairs({.train = 100001}), ConfigError);
}

/// The first lines for seed 0 stay as they are on every compiler.
TEST(Demo, IsTheSameOnEveryMachine) {
  EXPECT_EQ(
      make_demo_reviews({}).train.front().first,
      "with this hotel , the staff brightened the week and i never disliked the front desk .");
  EXPECT_EQ(make_demo_pairs({}).train.front().first,
            "name : Velvet Harp | Type : wine bar | customer rating : 1 out of 5 | area : old town "
            "| family friendly : no | near : Sailors Chapel");
  EXPECT_EQ(make_demo_pairs({}).train.front().second,
            "The Velvet Harp is a wine bar in the old town close to the Sailors Chapel . It has a "
            "rating of 1 out of 5 . It is for adults only .");
}

TEST_F(DemoFiles, ReadBack) {
  const auto reviews = make_demo_reviews({.train = 100, .dev = 10});
  const auto data =
      open("train.tsv", demo_review_file(reviews.train), testing::task_options(TaskName::sst2));
  ASSERT_EQ(data->size(), 100);
  const auto pairs = make_demo_pairs({.train = 100, .dev = 10});
  const auto completions =
      open("train.txt", demo_pair_file(pairs.train), testing::task_options(TaskName::e2e));
  ASSERT_EQ(completions->size(), 100);
  for (int64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(data->at(i).first, reviews.train[i].first);
    EXPECT_EQ(data->at(i).label, reviews.train[i].label);
    EXPECT_EQ(completions->at(i).second, pairs.train[i].second);
  }
}

}  // namespace
}  // namespace eida
