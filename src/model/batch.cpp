#include "eida/model/batch.h"

#include <ATen/ops/tensor.h>

#include <algorithm>

#include "eida/core/error.h"
#include "eida/tensor/device.h"

namespace eida {

int64_t scored_predictions(const TokenExample& example, TaskKind task) {
  if (task == TaskKind::kClassification) return 1;
  const auto length = static_cast<int64_t>(example.ids.size());
  return std::max<int64_t>(0, length - std::max<int64_t>(1, example.context_length));
}

PackedBatch pack(const std::vector<const TokenExample*>& examples, TaskKind task,
                 const std::vector<int64_t>& logical_batch) {
  if (examples.empty()) throw Error(ExitCode::kInternal, "pack: no examples");
  PackedBatch batch;
  std::vector<int64_t> ids, types, rows, targets, batch_of_target, count(1, 0);
  batch.offsets.push_back(0);
  for (size_t s = 0; s < examples.size(); ++s) {
    const TokenExample& example = *examples[s];
    const auto length = static_cast<int64_t>(example.ids.size());
    const auto start = static_cast<int64_t>(ids.size());
    const int64_t logical = logical_batch.empty() ? 0 : logical_batch[s];
    count.resize(std::max(count.size(), static_cast<size_t>(logical) + 1), 0);
    ids.insert(ids.end(), example.ids.begin(), example.ids.end());
    types.insert(types.end(), example.type_ids.begin(), example.type_ids.end());
    types.resize(ids.size(), 0);
    batch.offsets.push_back(static_cast<int64_t>(ids.size()));
    const auto add_target = [&](int64_t row, int64_t target) {
      rows.push_back(row);
      targets.push_back(target);
      batch_of_target.push_back(logical);
      ++count[static_cast<size_t>(logical)];
    };
    if (task == TaskKind::kClassification) {
      add_target(static_cast<int64_t>(s), example.label);
      continue;
    }
    for (int64_t i = std::max<int64_t>(1, example.context_length); i < length; ++i) {
      add_target(start + i - 1, example.ids[static_cast<size_t>(i)]);
    }
  }
  std::vector<float> weights;
  for (const int64_t logical : batch_of_target) {
    weights.push_back(1.0F / static_cast<float>(count[static_cast<size_t>(logical)]));
  }
  batch.ids = long_tensor(ids);
  batch.type_ids = long_tensor(types);
  batch.target_rows = long_tensor(rows);
  batch.targets = long_tensor(targets);
  batch.target_weights = at::tensor(weights, at::TensorOptions(at::kFloat));
  return batch;
}

}  // namespace eida
