#include <ATen/ops/tensor.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "eida/model/attention.h"
#include "eida/tensor/device.h"

namespace eida {
namespace {

/// Longest sequences first; a new group where padding would pass a third of a sequence's width. On
/// a GPU one group: there padding costs less than launching kernels for each.
std::vector<LengthGroup> group_by_length(const std::vector<int64_t>& offsets, at::Device device) {
  std::vector<size_t> order(offsets.size() - 1);
  std::iota(order.begin(), order.end(), size_t{0});
  const auto length = [&](size_t s) { return offsets[s + 1] - offsets[s]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return length(a) > length(b); });
  std::vector<LengthGroup> groups;
  for (const size_t s : order) {
    if (groups.empty() || (device.is_cpu() && 3 * length(s) < 2 * groups.back().width)) {
      groups.emplace_back();
      groups.back().width = length(s);
    }
    LengthGroup& group = groups.back();
    group.begin.push_back(offsets[s]);
    group.length.push_back(length(s));
    group.padded = group.padded || length(s) < group.width;
  }
  return groups;
}

at::Tensor long_tensor(const std::vector<int64_t>& values, at::Device device) {
  return to_device(at::tensor(values, at::TensorOptions(at::kLong)), device);
}

at::Tensor key_bias(const LengthGroup& group, at::Device device) {  // [S_g, 1, T_g]
  std::vector<float> bias;
  for (const int64_t length : group.length) {
    bias.insert(bias.end(), static_cast<size_t>(length), 0.0F);
    bias.insert(bias.end(), static_cast<size_t>(group.width - length),
                -std::numeric_limits<float>::infinity());
  }
  return to_device(at::tensor(bias, at::TensorOptions(at::kFloat)), device)
      .view({group.sequences(), 1, group.width});
}

/// Index tensors for devices that cannot read the vectors.
void add_indices(SequenceLayout& layout, at::Device device) {
  std::vector<int64_t> slot_of_token(static_cast<size_t>(layout.tokens));
  int64_t first_slot = 0;
  for (LengthGroup& group : layout.groups) {
    std::vector<int64_t> rows(static_cast<size_t>(group.sequences() * group.width), 0);
    for (size_t s = 0; s < group.begin.size(); ++s) {
      for (int64_t t = 0; t < group.length[s]; ++t) {
        const int64_t slot = static_cast<int64_t>(s) * group.width + t;
        rows[static_cast<size_t>(slot)] = group.begin[s] + t;
        slot_of_token[static_cast<size_t>(group.begin[s] + t)] = first_slot + slot;
      }
    }
    first_slot += static_cast<int64_t>(rows.size());
    group.rows = long_tensor(rows, device);
  }
  layout.slot_of_token = long_tensor(slot_of_token, device);
}

}  // namespace

std::shared_ptr<const SequenceLayout> make_layout(const std::vector<int64_t>& offsets,
                                                  at::Device device) {
  auto layout = std::make_shared<SequenceLayout>();
  layout->tokens = offsets.back();
  layout->groups = group_by_length(offsets, device);
  for (LengthGroup& group : layout->groups) {
    if (group.padded) group.key_bias = key_bias(group, device);
  }
  if (!device.is_cpu()) add_indices(*layout, device);
  return layout;
}

std::shared_ptr<const SequenceLayout> first_token_layout(const SequenceLayout& layout,
                                                         const std::vector<int64_t>& offsets,
                                                         at::Device device) {
  auto first = std::make_shared<SequenceLayout>();
  first->tokens = static_cast<int64_t>(offsets.size()) - 1;
  for (const LengthGroup& group : layout.groups) {
    LengthGroup& queries = first->groups.emplace_back();
    queries.width = 1;
    queries.length.assign(group.begin.size(), 1);
    for (const int64_t begin : group.begin) {
      const auto sequence = std::lower_bound(offsets.begin(), offsets.end(), begin);
      queries.begin.push_back(sequence - offsets.begin());
    }
  }
  if (!device.is_cpu()) add_indices(*first, device);
  return first;
}

}  // namespace eida
