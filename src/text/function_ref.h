/// A borrowed callable: what std::function does, without ownership or allocation.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace eida::text {

template <typename Signature>
class FunctionRef;

/// Refers to a callable that must outlive the FunctionRef; meant for parameters only.
template <typename Result, typename... Args>
class FunctionRef<Result(Args...)> {
 public:
  // Implicit, as std::function is; constrained, so that it hides no copy constructor.
  // NOLINTBEGIN(bugprone-forwarding-reference-overload,google-explicit-constructor)
  template <typename F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>) FunctionRef(F&& callable)
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* object, Args... args) -> Result {
          return (*static_cast<std::remove_reference_t<F>*>(object))(std::forward<Args>(args)...);
        }) {}
  // NOLINTEND(bugprone-forwarding-reference-overload,google-explicit-constructor)

  Result operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

 private:
  void* object_;
  Result (*call_)(void*, Args...);
};

}  // namespace eida::text
