// Full fine-tuning: all weights of the model, no adapter.
#include "eida/adapter/method.h"

namespace eida {
namespace {

class FullMethod : public Method {
 public:
  using Method::Method;
  MethodKind kind() const override { return MethodKind::full; }
  bool continues() const override { return true; }
  bool trains_model() const override { return true; }
};

}  // namespace

std::unique_ptr<Method> make_full_method(MethodOptions options) {
  return std::make_unique<FullMethod>(std::move(options));
}

}  // namespace eida
