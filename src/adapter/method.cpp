#include "eida/adapter/method.h"

#include "eida/core/error.h"
#include "merge_weights.h"

namespace eida {

#define EIDA_METHOD(name, help) std::unique_ptr<Method> make_##name##_method(MethodOptions options);
#include "eida/core/methods.inc"
#undef EIDA_METHOD

std::unique_ptr<Method> make_method(MethodKind kind, MethodOptions options) {
  switch (kind) {
#define EIDA_METHOD(name, help) \
  case MethodKind::name:        \
    return make_##name##_method(std::move(options));
#include "eida/core/methods.inc"
#undef EIDA_METHOD
  }
  throw Error(ExitCode::kInternal, "no such method");
}

std::unique_ptr<Method> make_method(std::string_view name, MethodOptions options) {
  return make_method(from_string<MethodKind>(name), std::move(options));
}

bool Method::needs_bases() const {
  return basis_source() == BasisSource::kSamples || basis_source() == BasisSource::kGradients;
}

void Method::merge(PretrainedModel& model) {
  AdapterTensors trained{{}, scale(), name()};
  for (const auto& [name, tensor] : frozen()) trained.tensors[name] = tensor;
  for (const auto& [name, tensor] : trainable()) trained.tensors[name] = tensor.detach().clone();
  merge_adapters(model, *this, trained);
  for (const Place& site : model.places().sites()) site.linear->set_adapter(nullptr);
}

std::optional<PeftFactors> Method::peft_factors(const AdapterTensors& tensors, const Places& places,
                                                PlaceId site) const {
  const auto found = update(tensors, places, site);
  const auto* added = found ? std::get_if<LowRank>(&*found) : nullptr;
  if (added == nullptr) return std::nullopt;
  return PeftFactors{*added, {}};
}

}  // namespace eida
