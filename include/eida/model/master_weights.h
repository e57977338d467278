/// What bfloat16 weights were rounded from.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace eida {

/// Adds something to a float32 parameter, stored as its file has it.
using WeightAddition = std::function<void(const at::Tensor& stored)>;

/// Float32 values of parameters that a model keeps in bfloat16: the checkpoint's (or the seed's),
/// and what merges added, in their order. Additions are kept as factors, so that no float32 weight
/// stays in memory; values() forms one when it is asked for. Sixteen rounds of merges end with the
/// very values of float32 weights, rounded once.
class MasterWeights {
 public:
  /// \param original of a parameter's name: float32 values as they were loaded.
  explicit MasterWeights(std::function<at::Tensor(const std::string&)> original)
      : original_(std::move(original)) {}

  /// float32, on the CPU, in memory of its own.
  at::Tensor values(const std::string& parameter) const;
  void add(const std::string& parameter, WeightAddition addition) {
    additions_[parameter].push_back(std::move(addition));
  }
  /// Back to the original.
  void forget(const std::string& parameter) { additions_.erase(parameter); }

 private:
  std::function<at::Tensor(const std::string&)> original_;
  std::map<std::string, std::vector<WeightAddition>> additions_;
};

}  // namespace eida
