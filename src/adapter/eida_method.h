// EIDA: W + C^T B A with only B trained.
#pragma once

#include <memory>
#include <vector>

#include "eida/adapter/method.h"

namespace eida {

class SharedProjection;

class EidaMethod : public Method {
 public:
  explicit EidaMethod(MethodOptions options) : options_(std::move(options)) {}
  const char* name() const override { return "eida"; }
  bool needs_bases() const override { return true; }
  void attach(PretrainedModel& model, const PlaceBases& bases, int64_t round) override;
  std::vector<NamedTensor> trainable() const override { return cores_; }
  std::vector<NamedTensor> frozen() const override;
  void merge(PretrainedModel& model) override;
  std::vector<at::Tensor> carry_moments(const std::vector<at::Tensor>& moments,
                                        bool squared) const override;

 private:
  MethodOptions options_;
  Places places_;  ///< of the model
  PlaceBases bases_, previous_;
  std::vector<NamedTensor> cores_;  ///< B of options_.sites, in that order // [k_out, k_in]
};

}  // namespace eida
