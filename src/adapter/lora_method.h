// LoRA: W + alpha / r * B A at every site, A and B trained. Source: Hu et al. (2021).
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "eida/adapter/method.h"

namespace eida {

/// One adapter through all rounds, as peft trains it: each merge starts from the original weights.
class LoraMethod : public Method {
 public:
  explicit LoraMethod(MethodOptions options) : options_(std::move(options)) {}
  const char* name() const override { return "lora"; }
  bool continues() const override { return true; }
  void attach(PretrainedModel& model, const PlaceBases& bases, int64_t round) override;
  std::vector<NamedTensor> trainable() const override { return factors_; }
  void merge(PretrainedModel& model) override;

 private:
  double scale() const { return options_.lora_alpha / static_cast<double>(options_.lora_rank); }
  void make_factors(const PretrainedModel& model);

  MethodOptions options_;
  std::vector<NamedTensor> factors_;   ///< lora_A [r, d_in], lora_B [d_out, r] of each site
  std::vector<at::Tensor> originals_;  ///< the weights before any merge, of each site's layer
};

}  // namespace eida
