// Gradient checkpointing: activations are computed again instead of kept.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace eida {

/// layer(x), of which the graph keeps x only. The backward pass runs the layer again with the same
/// dropout masks. Gradients of the layer's own parameters are added where they belong. // as layer
at::Tensor checkpointed(const std::function<at::Tensor(const at::Tensor&)>& layer,
                        const at::Tensor& x);

}  // namespace eida
