// Nothing but what train.trainable_extra names.
#include "eida/adapter/method.h"
#include "eida/core/error.h"

namespace eida {
namespace {

class HeadMethod : public Method {
 public:
  using Method::Method;
  MethodKind kind() const override { return MethodKind::head; }
  bool continues() const override { return true; }
  void check(TaskKind task, bool with_head) const override {
    if (task == TaskKind::kCompletion) {
      throw ConfigError(
          "method: a language model's head is its word table, which is tied (hint: "
          "method full, or train.trainable_extra=[embeddings] beside eida)");
    }
    if (!with_head)
      throw ConfigError("train.trainable_extra: method head trains nothing without 'head'");
  }
};

}  // namespace

std::unique_ptr<Method> make_head_method(MethodOptions options) {
  return std::make_unique<HeadMethod>(std::move(options));
}

}  // namespace eida
