/// A folder of tests/golden/: a tiny model and what transformers computes with it.
#pragma once

#include <filesystem>
#include <string>

#include "eida/model/pretrained_model.h"

namespace eida::testing {

/// A padded batch of transformers and its results.
struct Golden {
  explicit Golden(const std::string& name);

  at::Tensor operator[](const std::string& tensor) const;
  /// Logits where `batch` scores a prediction. // [M, C] or [M, V]
  at::Tensor scored_logits() const { return scored((*this)["logits"]); }
  /// The rows of a padded batch's logits that `batch` scores.
  at::Tensor scored(const at::Tensor& logits) const;

  std::filesystem::path dir;
  TaskKind task;
  SafetensorsFile file;
  std::vector<TokenExample> examples;
  PackedBatch batch;
};

/// Names of all folders.
std::vector<std::string> golden_names();

/// max |a - b| / max |b|, both in float64.
double largest_difference(const at::Tensor& a, const at::Tensor& b);

}  // namespace eida::testing
