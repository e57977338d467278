/// Examples out of the padded tensors that transformers works on.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "eida/data/example.h"

namespace eida::testing {

/// \param ids, mask [S, T] \param labels [S] classes, or [S, T] with -100 on context and padding
/// \param types [S, T], or undefined: all 0
inline std::vector<TokenExample> padded_examples(const at::Tensor& ids, const at::Tensor& mask,
                                                 const at::Tensor& labels, const at::Tensor& types,
                                                 TaskKind task) {
  std::vector<TokenExample> examples(static_cast<size_t>(ids.size(0)));
  for (int64_t s = 0; s < ids.size(0); ++s) {
    TokenExample& example = examples[static_cast<size_t>(s)];
    for (int64_t t = 0; t < mask[s].sum().item<int64_t>(); ++t) {
      example.ids.push_back(ids[s][t].item<int32_t>());
      example.type_ids.push_back(types.defined() ? types[s][t].item<int32_t>() : 0);
      if (task == TaskKind::kCompletion && labels[s][t].item<int64_t>() == -100)
        ++example.context_length;
    }
    if (task == TaskKind::kClassification) example.label = labels[s].item<int64_t>();
  }
  return examples;
}

}  // namespace eida::testing
