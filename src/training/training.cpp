#include "eida/training/training.h"

#include <ATen/core/Tensor.h>

namespace eida {

void Training::attach(const PlaceBases& bases, int64_t round) {
  method_->attach(*model_, bases, round);
  if (parameters_ != nullptr && method_->continues()) {
    if (!options_.carry_moments) restart_optimizer();
    return;
  }
  const std::unique_ptr<FlatParameters> before = std::move(parameters_);
  const std::unique_ptr<AdamW> moments = std::move(optimizer_);
  parameters_ =
      std::make_unique<FlatParameters>(trained_tensors(*model_, *method_, options_.extra));
  restart_optimizer();
  if (options_.carry_moments && moments != nullptr) carry_moments(*before, *moments);
}

void Training::restart_optimizer() {
  optimizer_ = std::make_unique<AdamW>(*parameters_, options_.adamw);
}

/// AdamW goes on with the moments of the round before: the adapters' rotated into this round's
/// bases, all others as they are.
void Training::carry_moments(const FlatParameters& before, const AdamW& moments) {
  const auto carry = [&](const at::Tensor& from, const at::Tensor& to, bool squared) {
    std::map<std::string, at::Tensor> by_name;
    for (size_t i = 0; i < before.tensors().size(); ++i)
      by_name[before.tensors()[i].name] = before.view_of(from, i);
    by_name = method_->carry_moments(std::move(by_name), squared);
    for (size_t i = 0; i < parameters_->tensors().size(); ++i)
      parameters_->view_of(to, i).copy_(by_name.at(parameters_->tensors()[i].name));
  };
  carry(moments.first(), optimizer_->first(), /*squared=*/false);
  carry(moments.second(), optimizer_->second(), /*squared=*/true);
  optimizer_->set_steps(moments.steps());
}

}  // namespace eida
