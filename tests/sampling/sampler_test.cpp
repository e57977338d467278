#include "eida/sampling/sampler.h"

#include <ATen/ops/cat.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "eida/core/error.h"
#include "support/test_data.h"
#include "support/tiny_models.h"

namespace eida {
namespace {

using testing::pointers;
using testing::relative_difference;
using testing::TempDir;
using testing::tiny_examples;
using testing::tiny_model;

SamplerOptions options_for(TaskKind task) {
  SamplerOptions options;
  options.draw.task = task;
  options.draw.batch_size = task == TaskKind::kClassification ? 4 : 2;
  options.draw.token_rate = 0.1;
  options.draw.seed = 5;
  return options;
}

class Sampler : public ::testing::TestWithParam<testing::Tiny> {
 protected:
  TempDir dir_;
  std::unique_ptr<PretrainedModel> model_ = tiny_model(dir_.path(), GetParam());
  std::vector<TokenExample> examples_ =
      tiny_examples(10, GetParam());  // the last logical batch is partial
  SamplerOptions options_ = options_for(task_of(GetParam()));
};

/// Gradient of the mean loss of one logical batch with respect to a site's weight. // [d_out, d_in]
std::vector<at::Tensor> site_gradients(PretrainedModel& model,
                                       const std::vector<const TokenExample*>& batch,
                                       TaskKind task) {
  for (const Place& site : model.places().sites()) {
    at::Tensor weight = site.linear->weight();
    weight.mutable_grad() = at::Tensor();
    weight.set_requires_grad(true);
  }
  const PackedBatch packed = pack(batch, task);
  weighted_cross_entropy(model.logits(packed), packed).backward();
  std::vector<at::Tensor> gradients;
  for (const Place& site : model.places().sites()) {
    const at::Tensor stored = site.linear->weight().grad();
    const at::Tensor out_in = site.linear->layout() == WeightLayout::kOutIn ? stored : stored.t();
    gradients.push_back(out_in.narrow(0, site.out_begin, site.dim).clone());
  }
  for (const Place& site : model.places().sites()) site.linear->weight().set_requires_grad(false);
  return gradients;
}

/// Samples against X and the weights' gradients of each logical batch, which autograd forms.
void expect_weight_gradients(PretrainedModel& model, const std::vector<TokenExample>& examples,
                             const SamplerOptions& options) {
  const auto all = pointers(examples);
  const auto samples = collect_samples(model, all, options);
  const TaskKind task = options.draw.task;
  const Places& places = model.places();
  const auto draws = draw_tokens(all, static_cast<int64_t>(places.inputs().size()),
                                 task == TaskKind::kClassification, options.draw);
  std::vector<int64_t> row(draws.size(), 0);
  const auto step = static_cast<size_t>(options.draw.batch_size);
  for (size_t begin = 0; begin < all.size(); begin += step) {
    const size_t end = std::min(all.size(), begin + step);
    const auto gradients = site_gradients(
        model, {all.begin() + static_cast<long>(begin), all.begin() + static_cast<long>(end)},
        task);
    for (size_t space = 0; space < draws.size(); ++space) {
      int64_t n = 0;
      for (const auto& draw : draws[space]) {
        n += draw.example >= static_cast<int64_t>(begin) && draw.example < static_cast<int64_t>(end)
                 ? 1
                 : 0;
      }
      const at::Tensor x = samples[space].narrow(0, row[space], n);
      for (const PlaceId site : places.sites_of(space)) {
        const at::Tensor y = samples[site].narrow(0, row[space], n);
        const auto index = static_cast<size_t>(places[site].index);
        const at::Tensor expected = x.matmul(gradients[index].t());
        EXPECT_LT(relative_difference(y, expected), 1e-5)  // float32, two orders of summation
            << places[site].name;
      }
      row[space] += n;
    }
  }
  for (size_t space = 0; space < draws.size(); ++space)
    EXPECT_EQ(row[space], samples[space].size(0));
}

TEST_P(Sampler, DeltaOutputsEqualTheWeightGradientRoute) {
  expect_weight_gradients(*model_, examples_, options_);
}

TEST_P(Sampler, ManyVectorsOfABatchAreMultipliedWithTheGradientItself) {
  const auto examples = tiny_examples(24, GetParam());
  options_.draw.batch_size = 24;
  options_.draw.tokens_per_example = 3;
  options_.draw.token_rate = 2;
  int64_t tokens = 0;
  for (const TokenExample& example : examples) tokens += static_cast<int64_t>(example.ids.size());
  const auto drawn = count_samples(*model_, pointers(examples), options_.draw);
  const Places& places = model_->places();
  for (const Place& place : places.inputs()) {
    if (place.in_head) continue;  // one row a sequence
    const PlaceId space = place.input;
    int64_t d_out = 0;
    for (const PlaceId site : places.sites_of(space)) d_out += places[site].dim;
    EXPECT_GT(drawn[space] * tokens * (place.dim + d_out),
              (drawn[space] + tokens) * place.dim * d_out);
  }
  expect_weight_gradients(*model_, examples, options_);
}

TEST_P(Sampler, PassSizeChangesNothingBeyondRounding) {
  options_.pass_tokens = 0;
  const auto one = collect_samples(*model_, pointers(examples_), options_);
  options_.pass_tokens = 100000;
  const auto all = collect_samples(*model_, pointers(examples_), options_);
  for (PlaceId place = 0; place < one.size(); ++place)
    EXPECT_LT(relative_difference(all[place], one[place]), 1e-5);
}

TEST_P(Sampler, TheLargestPassIsKnownBefore) {
  const auto step = static_cast<size_t>(options_.draw.batch_size);
  int64_t largest_batch = 0, all = 0;
  for (size_t begin = 0; begin < examples_.size(); begin += step) {
    int64_t tokens = 0;
    for (size_t e = begin; e < std::min(examples_.size(), begin + step); ++e)
      tokens += static_cast<int64_t>(examples_[e].ids.size());
    largest_batch = std::max(largest_batch, tokens);
    all += tokens;
  }
  options_.pass_tokens = 1;  // less than any logical batch, which is not cut
  EXPECT_EQ(largest_pass(pointers(examples_), options_), largest_batch);
  options_.pass_tokens = 100000;
  EXPECT_EQ(largest_pass(pointers(examples_), options_), all);
}

TEST_P(Sampler, SameSeedGivesTheSameBits) {
  const auto a = collect_samples(*model_, pointers(examples_), options_);
  const auto b = collect_samples(*model_, pointers(examples_), options_);
  for (PlaceId place = 0; place < a.size(); ++place) EXPECT_TRUE(a[place].equal(b[place]));
}

/// Wants one input space and one site of another.
class OnePair : public SampleSink {
 public:
  OnePair(PlaceId space, PlaceId site) : space_(space), site_(site) {}
  bool wants(PlaceId place) const override { return place == space_ || place == site_; }
  void on_vectors(PlaceId place, const at::Tensor& vectors) override {
    EXPECT_TRUE(wants(place)) << place;
    (place == space_ ? inputs : outputs).push_back(vectors.clone());
  }
  std::vector<at::Tensor> inputs, outputs;

 private:
  PlaceId space_, site_;
};

TEST_P(Sampler, APlaceDoesNotDependOnTheOthersThatAreWanted) {
  const auto all = collect_samples(*model_, pointers(examples_), options_);
  for (const Place& place : model_->places().sites()) {
    const PlaceId site = model_->places().id_of(place);
    OnePair sink(1, site);
    sample_tokens(*model_, pointers(examples_), options_, sink);
    EXPECT_TRUE(at::cat(sink.inputs).equal(all[1]));
    EXPECT_TRUE(at::cat(sink.outputs).equal(all[site])) << place.name;
  }
}

TEST_P(Sampler, LeavesNoGradientAndRestoresTheMode) {
  model_->set_training(true);
  collect_samples(*model_, pointers(examples_), options_);
  EXPECT_TRUE(model_->training());
  for (const auto& parameter : model_->parameters()) {
    EXPECT_FALSE(parameter.tensor.requires_grad()) << parameter.name;
    EXPECT_FALSE(parameter.tensor.grad().defined()) << parameter.name;
  }
  for (const Place& site : model_->places().sites()) EXPECT_EQ(site.linear->tap(), nullptr);
}

TEST_P(Sampler, NonFiniteLossIsAnError) {
  c10::AutoGradMode no_grad(false);
  model_->parameters().front().tensor.fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_THROW(collect_samples(*model_, pointers(examples_), options_), NumericError);
}

INSTANTIATE_TEST_SUITE_P(Families, Sampler, testing::kEveryTiny, testing::tiny_name);

/// Keeps what enters a layer.
class InputTap : public Tap {
 public:
  void on_input(const at::Tensor& x) override { input = x.clone(); }
  void on_output_gradient(const at::Tensor& delta) override {}
  at::Tensor input;  // [N, d_in]
};

class SamplerHead : public ::testing::TestWithParam<testing::Tiny> {};

TEST_P(SamplerHead, FirstTokenModeTakesWhatEntersTheHead) {
  TempDir dir;
  const auto model = tiny_model(dir.path(), GetParam());
  const auto examples = tiny_examples(6, GetParam());
  InputTap tap;
  {
    const c10::AutoGradMode without_gradients(false);
    const TapScope scope = tap_for_scope(*model->places().sites().back().linear, &tap);
    model->logits(pack(pointers(examples), TaskKind::kClassification));
  }
  SamplerOptions options = options_for(TaskKind::kClassification);
  options.draw.tokens_per_example = 1;
  options.draw.head_first_token = true;
  const PlaceId head = model->places().inputs().back().input;
  const at::Tensor first = collect_samples(*model, pointers(examples), options)[head];
  ASSERT_EQ(first.sizes(), tap.input.sizes());
  EXPECT_LT(relative_difference(first, tap.input), 1e-5);
  options.draw.head_first_token = false;
  const at::Tensor random = collect_samples(*model, pointers(examples), options)[head];
  ASSERT_EQ(random.sizes(), tap.input.sizes());
  EXPECT_GT(relative_difference(random, tap.input), 0.1);
}

INSTANTIATE_TEST_SUITE_P(Families, SamplerHead,
                         ::testing::Values(testing::Tiny::kRoberta, testing::Tiny::kBert),
                         testing::tiny_name);

/// Equal gradients and equal expectations make one teacher-forced pass stand for the reference's
/// loop, which feeds the prefix [0, i) for every labelled position i.
TEST(SamplerCompletion, OnePassHasTheGradientsOfThePrefixLoop) {
  TempDir dir;
  const auto model = tiny_model(dir.path(), TaskKind::kCompletion);
  const auto examples = tiny_examples(2, TaskKind::kCompletion);
  const auto one_pass = site_gradients(*model, pointers(examples), TaskKind::kCompletion);
  std::vector<TokenExample>
      prefixes;  // ids [0, i] with only position i labelled: the pass over [0, i)
  for (const auto& example : examples) {
    for (auto i = example.context_length; i < static_cast<int64_t>(example.ids.size()); ++i) {
      TokenExample prefix = example;
      prefix.ids.resize(static_cast<size_t>(i) + 1);
      prefix.type_ids.resize(prefix.ids.size());
      prefix.context_length = i;
      prefixes.push_back(prefix);
    }
  }
  const auto loop = site_gradients(*model, pointers(prefixes), TaskKind::kCompletion);
  for (size_t s = 0; s < loop.size(); ++s) {
    EXPECT_LT(relative_difference(one_pass[s], loop[s]), 1e-5) << model->places().sites()[s].name;
  }
}

}  // namespace
}  // namespace eida
