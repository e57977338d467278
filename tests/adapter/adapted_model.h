/// A tiny random model with random orthonormal bases.
#pragma once

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/randn.h>
#include <c10/core/GradMode.h>

#include <memory>
#include <vector>

#include "eida/adapter/method.h"
#include "support/test_data.h"
#include "support/tiny_models.h"

namespace eida::testing {

inline at::Tensor random_rows(int64_t k, int64_t d) {
  return std::get<0>(at::linalg_qr(at::randn({d, k}))).t().contiguous();
}

/// Ranks k_in and k_out everywhere; `wide_outputs` makes k_out the larger one.
inline PlaceBases random_bases(const PretrainedModel& model, int64_t k_in = 4, int64_t k_out = 3) {
  at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
  generator.set_current_seed(5);
  const Places& places = model.places();
  PlaceBases bases(places.size());
  for (PlaceId id = 0; id < places.size(); ++id)
    bases[id] = random_rows(places[id].is_site() ? k_out : k_in, places[id].dim);
  return bases;
}

/// Gives everything that trains values as after some steps.
inline void disturb(const Method& method, double size = 0.1) {
  const c10::AutoGradMode without_gradients(false);
  for (const auto& [name, tensor] : method.trainable()) {
    at::Tensor values = tensor;
    values.add_(at::randn(tensor.sizes()).to(tensor.device()), size);
  }
}

inline at::Tensor plain_logits(PretrainedModel& model, const PackedBatch& batch) {
  const c10::AutoGradMode without_gradients(false);
  return model.logits(batch);
}

/// Every family.
class AdaptedModel : public ::testing::TestWithParam<Tiny> {
 protected:
  static TaskKind task() { return task_of(GetParam()); }
  static bool decoder() { return task() == TaskKind::kCompletion; }
  std::unique_ptr<PretrainedModel> open() const { return tiny_model(dir_.path(), GetParam()); }
  std::unique_ptr<Method> make(const PretrainedModel& model,
                               const std::string& name = "eida") const {
    MethodOptions options;
    options.sites = choose_sites(model, {});
    options.lora_rank = 2;
    options.lora_alpha = 4;
    return make_method(name, options);
  }

  TempDir dir_;
  std::vector<TokenExample> examples_ = tiny_examples(6, GetParam());
  PackedBatch batch_ = pack(pointers(examples_), task());
};

}  // namespace eida::testing
