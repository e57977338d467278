#include "eida/adapter/method.h"

#include "eida_method.h"
#include "lora_method.h"

namespace eida {
namespace {

/// All weights of the model, no adapter.
class FullMethod : public Method {
 public:
  const char* name() const override { return "full"; }
  bool continues() const override { return true; }
  bool trains_model() const override { return true; }
};

/// Nothing but what train.trainable_extra names.
class HeadMethod : public Method {
 public:
  const char* name() const override { return "head"; }
  bool continues() const override { return true; }
};

}  // namespace

std::unique_ptr<Method> make_method(MethodKind kind, const MethodOptions& options) {
  switch (kind) {
    case MethodKind::eida:
      return std::make_unique<EidaMethod>(options);
    case MethodKind::lora:
      return std::make_unique<LoraMethod>(options);
    case MethodKind::full:
      return std::make_unique<FullMethod>();
    case MethodKind::head:
      break;
  }
  return std::make_unique<HeadMethod>();
}

}  // namespace eida
