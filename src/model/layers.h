// Layers that the encoder and the decoder share.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "eida/model/architecture.h"
#include "eida/model/hookable_linear.h"
#include "eida/tensor/safetensors.h"

namespace eida {

/// x W^T + b. On the CPU by oneDNN, which at the sizes of a training step is up to a third faster
/// in float32 than what at::linear calls; elsewhere at::linear. Gradients: of x always, of W and b
/// where they train; nothing is formed for a frozen W. \param x [N, d_in] \param weight [d_out,
/// d_in], any strides \param bias [d_out] or undefined // [N, d_out]
at::Tensor affine(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {});

/// A frozen float32 weight in bfloat16 as oneDNN lays it out; from a plain one every product makes
/// that layout anew, which is 2 to 12 % of a product of 870 rows and up to 30 % of one of 230.
class PackedWeight {
 public:
  /// \param weight [d_out, d_in] float32, any strides; a view of it is kept
  explicit PackedWeight(const at::Tensor& weight);

  /// Whether it still has the weight's values. \param weight any view of it
  bool is_of(const at::Tensor& weight) const;
  /// For x W^T, opaque. Each is made at its first call.
  const at::Tensor& forward();
  /// For the gradient of x.
  const at::Tensor& backward();

 private:
  at::Tensor weight_, forward_, backward_;
  int64_t version_;
};

/// Whether PackedWeight takes the place of a cast of `weight`: on the CPU, for a frozen float32
/// weight and a bfloat16 x, where LibTorch's oneDNN has that layout.
bool packs(const at::Tensor& x, const at::Tensor& weight);

/// As above, to the bit. \param weight kept until the gradient is there
at::Tensor affine(const at::Tensor& x, const std::shared_ptr<PackedWeight>& weight,
                  const at::Tensor& bias);

/// Gives a parameter by its full Hugging Face name.
using ParameterSource = std::function<at::Tensor(const std::string&)>;
ParameterSource source_of(const std::vector<NamedTensor>& parameters);

struct RmsOptions {
  double eps = 1e-5;
  double offset = 0.0;  ///< added to the weight
};

/// x (weight + offset) / root of its mean square, of each row, in float32 and rounded once.
/// \param x [N, d] \param weight [d] float32 // [N, d]
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, const RmsOptions& options);

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
  RmsOptions options_;
};

/// A layer without weights where it is not declared.
HookableLinear make_linear(const ParameterSource& source, const LinearSpec& spec,
                           WeightLayout layout);

/// Undefined where it is not declared.
at::Tensor make_table(const ParameterSource& source, const std::string& name);

/// Activation of a name in supported_activations().
at::Tensor activate(const at::Tensor& x, const std::string& name);

/// GELU in its tanh form (GPT-2's), 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). bf16 on the
/// CPU goes through a kernel of ours with one exponential an entry, computed in float32, which is
/// faster than LibTorch's; everything else is at::gelu. \param x any shape
at::Tensor tanh_gelu(const at::Tensor& x);

/// activate(gate) * up, in one pass each way for SiLU and for GELU in its tanh form. Rows may be
/// views of wider ones. \param gate, up [N, d] // [N, d]
at::Tensor gated(const at::Tensor& gate, const at::Tensor& up, const std::string& name);
/// \param tanh GELU in its tanh form, else SiLU
at::Tensor sigmoid_gated(const at::Tensor& gate, const at::Tensor& up, bool tanh);

/// x with entries set to 0 with this probability and the others scaled up, in training mode only.
/// On the CPU the mask is a function of one draw of the default generator and the position: it is
/// not kept but computed again in the backward pass, and the number of threads changes nothing.
at::Tensor drop(const at::Tensor& x, double probability, bool training);

/// residual + drop(x), in one pass.
at::Tensor drop_add(const at::Tensor& x, const at::Tensor& residual, double probability,
                    bool training);

/// layer(x), of which the graph keeps x only. The backward pass runs the layer again with the same
/// dropout masks. Gradients of the layer's own parameters are added where they belong. // as layer
at::Tensor checkpointed(const std::function<at::Tensor(const at::Tensor&)>& layer,
                        const at::Tensor& x);

/// Rows of a relative bias's table for all pairs of `length` tokens, on the CPU. // [T, T] int64
at::Tensor relative_buckets(int64_t length, const RelativeBiasSpec& spec);

/// Rows of a table in float32. \param padding_row its gradient is zero; -1: none.
at::Tensor look_up(const at::Tensor& table, const at::Tensor& ids, int64_t padding_row = -1);

/// \throws DataError when a sequence has more than `limit` tokens, or none.
void check_lengths(const std::vector<int64_t>& offsets, int64_t limit);

/// \throws DataError when a value lies outside 0 .. limit-1. \param what in its message: "token id"
void check_ids(const at::Tensor& ids, int64_t limit, const char* what);

}  // namespace eida
