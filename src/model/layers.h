// Layers that the encoder and the decoder share.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "eida/model/architecture.h"
#include "eida/model/hookable_linear.h"
#include "eida/tensor/safetensors.h"

namespace eida {

/// Gives a parameter by its full Hugging Face name.
using ParameterSource = std::function<at::Tensor(const std::string&)>;
ParameterSource source_of(const std::vector<NamedTensor>& parameters);

/// A norm with float32 parameters, whatever the activations' dtype. One that is not declared
/// changes nothing.
class Norm {
 public:
  Norm() = default;
  Norm(const ParameterSource& source, const NormSpec& spec);
  bool declared() const { return weight_.defined(); }
  at::Tensor operator()(const at::Tensor& x) const;  // [N, d] -> [N, d]

 private:
  at::Tensor weight_, bias_;  // [d]
  NormKind kind_ = NormKind::kLayerNorm;
  double eps_ = 1e-5;
};

/// A layer without weights where it is not declared.
HookableLinear make_linear(const ParameterSource& source, const LinearSpec& spec,
                           WeightLayout layout);

/// Undefined where it is not declared.
at::Tensor make_table(const ParameterSource& source, const std::string& name);

/// Activation of a name in supported_activations().
at::Tensor activate(const at::Tensor& x, const std::string& name);

/// Rows of a table in float32. \param padding_row its gradient is zero; -1: none.
at::Tensor look_up(const at::Tensor& table, const at::Tensor& ids, int64_t padding_row = -1);

/// \throws DataError when a sequence has more than `limit` tokens, or none.
void check_lengths(const std::vector<int64_t>& offsets, int64_t limit);

/// \throws DataError when a value lies outside 0 .. limit-1. \param what for the message: "token
/// id".
void check_ids(const at::Tensor& ids, int64_t limit, const char* what);

}  // namespace eida
