/// What adapters do to a weight, and the tensors that they are made of.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>
#include <variant>

namespace eida {

/// Adds left core right to W, or scale left right where there is no core. Float32; products are
/// associated from the left: the bits of a merge do not depend on where it is done.
struct LowRank {
  at::Tensor left, core, right;  // [d_out, a], [a, b] or undefined, [b, d_in]
  double scale = 1.0;
  at::Tensor dense() const;  // [d_out, d_in]
};

/// What W becomes. \param W [d_out, d_in] float32, on any device. \return the same
using WeightChange = std::function<at::Tensor(const at::Tensor& W)>;

using WeightUpdate = std::variant<LowRank, WeightChange>;

/// An update as a LoRA of peft with scaling 1.
struct PeftFactors {
  LowRank lora;
  at::Tensor magnitude;  ///< [d_out] norms that rows of W + lora get (DoRA); undefined: kept
};

/// Tensors of adapters by name, float32: of a file, or of what is trained right now.
struct AdapterTensors {
  std::map<std::string, at::Tensor> tensors;
  double scale = 1.0;  ///< as the file's metadata have it
  std::string source;  ///< for errors

  const at::Tensor* find(const std::string& name) const;  ///< nullptr: not there
};

}  // namespace eida
