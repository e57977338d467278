/// A linear layer whose input and output gradient can be tapped.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace eida {

/// Copy of a frozen float32 parameter in another dtype, kept until the parameter changes.
struct CastCache {
  at::Tensor value;
  const void* source = nullptr;
  int64_t version = -1;
};

/// `parameter` in `dtype`: itself, a cached copy while it is frozen, or a cast within the graph.
/// Undefined stays undefined.
at::Tensor in_dtype(const at::Tensor& parameter, at::ScalarType dtype, CastCache& cache);

class PackedWeight;

/// How the file stores a weight: torch.nn.Linear [out, in], or transformers' Conv1D [in, out].
enum class WeightLayout { kOutIn, kInOut };

/// Sees what passes through a HookableLinear. Called with autograd off.
class Tap {
 public:
  virtual ~Tap() = default;
  /// \param x [N, d_in], what enters the weight.
  virtual void on_input(const at::Tensor& x) = 0;
  /// \param delta [N, d_out], gradient of the loss at the layer's output; called during backward.
  virtual void on_output_gradient(const at::Tensor& delta) = 0;
  /// Encoder's head only (classifier.dense, pooler.dense), before on_input: the whole last hidden
  /// state, of which the weight sees first tokens alone. \param hidden [N, d]
  virtual void on_sequence_output(const at::Tensor& hidden) {}
};

/// Is attached to a HookableLinear. The layer's own weight stays frozen and keeps its name.
class LayerAdapter {
 public:
  virtual ~LayerAdapter() = default;
  /// \param y [N, d_out] what the frozen layer gives, used nowhere else: may be changed in place.
  /// \param x [N, d_in] what enters the layer, in the same dtype. \return y + addition // [N,
  /// d_out]
  virtual at::Tensor add_to(at::Tensor y, const at::Tensor& x) const = 0;
};

/// y = x W^T + b, and what an adapter adds. Knows its storage layout; everyone else asks
/// weight_out_in().
class HookableLinear {
 public:
  HookableLinear() = default;
  /// \param name Hugging Face's module name. \param weight as stored. \param bias [d_out] or
  /// undefined.
  HookableLinear(std::string name, at::Tensor weight, at::Tensor bias, WeightLayout layout);

  at::Tensor forward(const at::Tensor& x) const;  // [N, d_in] -> [N, d_out], in x's dtype

  const std::string& name() const { return name_; }
  int64_t in_features() const;
  int64_t out_features() const;
  WeightLayout layout() const { return layout_; }
  at::Tensor weight_out_in() const;  // view [d_out, d_in], as stored (float32 or bf16)
  const at::Tensor& weight() const { return weight_; }
  const at::Tensor& bias() const { return bias_; }

  /// Sets the tap; nullptr removes it. Prefer TapScope.
  void set_tap(Tap* tap) { tap_ = tap; }
  Tap* tap() const { return tap_; }
  /// Sets the adapter; nullptr removes it.
  void set_adapter(std::shared_ptr<const LayerAdapter> adapter) { adapter_ = std::move(adapter); }

 private:
  at::Tensor product(const at::Tensor& x) const;  // x W^T + b

  std::string name_;
  at::Tensor weight_, bias_;
  WeightLayout layout_ = WeightLayout::kOutIn;
  Tap* tap_ = nullptr;
  std::shared_ptr<const LayerAdapter> adapter_;
  mutable CastCache cast_weight_, cast_bias_;
  mutable std::shared_ptr<PackedWeight> packed_;  // in place of cast_weight_ where it is faster
};

/// Removes a layer's tap.
struct TapRemover {
  void operator()(HookableLinear* layer) const { layer->set_tap(nullptr); }
};
/// A tap that is removed at the end of a scope.
using TapScope = std::unique_ptr<HookableLinear, TapRemover>;
inline TapScope tap_for_scope(HookableLinear& layer, Tap* tap) {
  layer.set_tap(tap);
  return TapScope(&layer);
}

}  // namespace eida
