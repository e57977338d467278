#include "eida/adapter/method.h"

#include "eida/core/error.h"
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

std::unique_ptr<Method> make_method(const std::string& name, const MethodOptions& options) {
  if (name == "eida") return std::make_unique<EidaMethod>(options);
  if (name == "lora") return std::make_unique<LoraMethod>(options);
  if (name == "full") return std::make_unique<FullMethod>();
  if (name == "head") return std::make_unique<HeadMethod>();
  throw ConfigError("method: '{}' is not one of eida, lora, full, head", name);
}

}  // namespace eida
