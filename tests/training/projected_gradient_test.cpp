/// B-training is full fine-tuning with the gradient projected on both sides and the step lifted
/// back.
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "adapter/adapted_model.h"
#include "eida/training/train_step.h"

namespace eida {
namespace {

using testing::pointers;
using testing::tiny_examples;

class ProjectedGradient : public ::testing::TestWithParam<testing::Tiny> {
 protected:
  void SetUp() override {
    adapted_ = testing::tiny_model(dir_.path(), GetParam());
    full_ = testing::tiny_model(dir_.path(), GetParam());
    for (auto* model : {adapted_.get(), full_.get()}) model->set_dropout(0.0);
    examples_ = tiny_examples(12, GetParam());
    bases_ = testing::random_bases(*adapted_);
    method_ = make_method(MethodKind::eida, {choose_sites(*adapted_, {})});
    method_->attach(*adapted_, bases_, 1);
  }

  /// Gradient of the fully fine-tuned model at every site's weight. // [d_out, d_in]
  std::vector<at::Tensor> full_gradients(const PackedBatch& batch) {
    const c10::AutoGradMode with_gradients(true);
    for (const Place& site : full_->places().sites()) {
      at::Tensor weight = site.linear->weight();
      weight.set_requires_grad(true);
      weight.mutable_grad() = at::Tensor();
    }
    full_->loss(batch).backward();
    std::vector<at::Tensor> gradients;
    for (const Place& site : full_->places().sites()) {
      const at::Tensor stored = site.linear->weight().grad();
      const at::Tensor out_in = site.linear->layout() == WeightLayout::kOutIn ? stored : stored.t();
      gradients.push_back(out_in.narrow(0, site.out_begin, site.dim).clone());
    }
    return gradients;
  }

  /// W += C^T step A at every site of the full model.
  void lift(const std::vector<at::Tensor>& steps) {
    const c10::AutoGradMode without_gradients(false);
    const Places& places = full_->places();
    for (size_t i = 0; i < places.sites().size(); ++i) {
      const Place& site = places.sites()[i];
      const at::Tensor A = bases_[site.input], C = bases_[places.site(i)];
      const at::Tensor weight = site.linear->weight();
      const at::Tensor out_in = site.linear->layout() == WeightLayout::kOutIn ? weight : weight.t();
      out_in.narrow(0, site.out_begin, site.dim).add_(C.t().matmul(steps[i]).matmul(A));
    }
  }

  at::Tensor projected(const std::vector<at::Tensor>& gradients, size_t i) const {
    const PlaceId site = full_->places().site(i);
    return bases_[site].matmul(gradients[i]).matmul(bases_[full_->places()[site].input].t());
  }

  PackedBatch batch(size_t step) const {
    std::vector<const TokenExample*> chosen;
    for (size_t i = 0; i < 4; ++i) chosen.push_back(&examples_[(step + 3 * i) % examples_.size()]);
    return pack(chosen, task_of(GetParam()));
  }

  testing::TempDir dir_;
  std::unique_ptr<PretrainedModel> adapted_, full_;
  std::vector<TokenExample> examples_;
  PlaceBases bases_;
  std::unique_ptr<Method> method_;
};

/// Loss of both models after every step, by `update` of B from its gradient; the same update acts
/// on the projected gradient of the full model.
void expect_equal_steps(PretrainedModel& adapted, PretrainedModel& full, const PackedBatch& batch,
                        size_t step) {
  const c10::AutoGradMode without_gradients(false);
  const double a = adapted.loss(batch).item<double>(), b = full.loss(batch).item<double>();
  EXPECT_NEAR(a, b, 2e-5 * std::max(1.0, b)) << "after step " << step;
}

TEST_P(ProjectedGradient, SgdStepsAreLiftedSteps) {
  constexpr double kRate = 0.05;
  for (size_t step = 0; step < 20; ++step) {
    const PackedBatch now = batch(step);
    for (const auto& [name, B] : method_->trainable()) {
      at::Tensor core = B;
      core.mutable_grad() = at::Tensor();
    }
    adapted_->loss(now).backward();
    const auto gradients = full_gradients(now);
    std::vector<at::Tensor> steps;
    {
      const c10::AutoGradMode without_gradients(false);
      const auto cores = method_->trainable();
      for (size_t i = 0; i < cores.size(); ++i) {
        const at::Tensor wanted = projected(gradients, i);
        EXPECT_LT(testing::relative_difference(cores[i].tensor.grad(), wanted), 2e-4)
            << cores[i].name;  // dL/dB = C G A^T, float32
        cores[i].tensor.sub_(cores[i].tensor.grad(), kRate);
        steps.push_back(wanted * -kRate);
      }
    }
    lift(steps);
    expect_equal_steps(*adapted_, *full_, batch(step + 1), step);
  }
}

TEST_P(ProjectedGradient, AdamWActsOnTheProjectedCoordinates) {
  AdamwOptions options;
  options.weight_decay = 0.1;
  FlatParameters parameters(trained_tensors(*adapted_, *method_, {}));
  AdamW optimizer(parameters, options);
  // The other side: AdamW by its formula, on C G A^T, with B = C (W - W0) A^T for the decay.
  std::vector<at::Tensor> m, v, B;
  for (const auto& trained : parameters.tensors()) {
    for (auto* list : {&m, &v, &B}) list->push_back(at::zeros_like(trained.tensor, at::kDouble));
  }
  constexpr double kRate = 0.01;
  for (int step = 1; step <= 20; ++step) {
    const PackedBatch now = batch(static_cast<size_t>(step));
    parameters.gradients().zero_();
    adapted_->loss(now).backward();
    optimizer.step(kRate, kRate);
    const auto gradients = full_gradients(now);
    std::vector<at::Tensor> steps;
    for (size_t i = 0; i < m.size(); ++i) {
      const at::Tensor g = projected(gradients, i).to(at::kDouble);
      m[i] = m[i] * options.beta1 + g * (1 - options.beta1);
      v[i] = v[i] * options.beta2 + g * g * (1 - options.beta2);
      const at::Tensor mean = m[i] / (1 - std::pow(options.beta1, step)),
                       square = v[i] / (1 - std::pow(options.beta2, step));
      const at::Tensor change =
          (B[i] * options.weight_decay + mean / (square.sqrt() + options.eps)) * -kRate;
      B[i] = B[i] + change;
      steps.push_back(change.to(at::kFloat));
    }
    lift(steps);
    expect_equal_steps(*adapted_, *full_, batch(static_cast<size_t>(step) + 1),
                       static_cast<size_t>(step));
  }
}

INSTANTIATE_TEST_SUITE_P(Families, ProjectedGradient, testing::kEveryTiny, testing::tiny_name);

}  // namespace
}  // namespace eida
