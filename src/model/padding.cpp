#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "autograd.h"
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

enum class Direction { kPad, kUnpad };

/// Where the heads of one group lie in memory; sizes in bytes.
struct CopyPlan {
  char* packed;  ///< [N, h, d_h], rows `row_stride` apart
  char* padded;  ///< [S_g, h, T_g, d_h]
  size_t row_stride, head_bytes;
  int64_t heads;
};

template <Direction direction>
void copy_sequence(const CopyPlan& plan, const LengthGroup& group, int64_t s) {
  const auto begin = group.begin[static_cast<size_t>(s)],
             length = group.length[static_cast<size_t>(s)];
  for (int64_t head = 0; head < plan.heads; ++head) {
    char* slot =
        plan.padded + static_cast<size_t>((s * plan.heads + head) * group.width) * plan.head_bytes;
    char* row = plan.packed + static_cast<size_t>(begin) * plan.row_stride +
                static_cast<size_t>(head) * plan.head_bytes;
    for (int64_t t = 0; t < length; ++t, slot += plan.head_bytes, row += plan.row_stride) {
      if constexpr (direction == Direction::kPad) {
        std::memcpy(slot, row, plan.head_bytes);
      } else {
        std::memcpy(row, slot, plan.head_bytes);
      }
    }
    if constexpr (direction == Direction::kPad) {
      std::memset(slot, 0, static_cast<size_t>(group.width - length) * plan.head_bytes);
    }
  }
}

template <Direction direction>
void copy_group(const at::Tensor& packed, const at::Tensor& padded, const LengthGroup& group) {
  const int64_t heads = padded.size(1), element = packed.element_size();
  const CopyPlan plan{static_cast<char*>(packed.data_ptr()), static_cast<char*>(padded.data_ptr()),
                      static_cast<size_t>(packed.stride(0) * element),
                      static_cast<size_t>(padded.size(3) * element), heads};
  const int64_t grain =
      std::max<int64_t>(1, 16384 / std::max<int64_t>(1, group.width * packed.size(1)));
  at::parallel_for(0, group.sequences(), grain, [&](int64_t from, int64_t to) {
    for (int64_t s = from; s < to; ++s) copy_sequence<direction>(plan, group, s);
  });
}

at::Tensor pad_group_on_device(const at::Tensor& packed, const LengthGroup& group, int64_t heads) {
  const int64_t sequences = group.sequences(), width = group.width;
  at::Tensor padded = packed.index_select(0, group.rows)
                          .view({sequences, width, heads, packed.size(1) / heads})
                          .transpose(1, 2);  // [S_g, h, T_g, d_h]
  if (group.padded) {
    padded = padded.masked_fill(group.key_bias.view({sequences, 1, width, 1}) < 0, 0);
  }
  return padded.contiguous();
}

std::vector<at::Tensor> pad(const at::Tensor& input, const SequenceLayout& layout, int64_t heads) {
  const at::Tensor packed = input.stride(1) == 1 ? input : input.contiguous();
  std::vector<at::Tensor> padded;
  for (const LengthGroup& group : layout.groups) {
    if (!packed.is_cpu()) {
      padded.push_back(pad_group_on_device(packed, group, heads));
      continue;
    }
    padded.push_back(at::empty({group.sequences(), heads, group.width, packed.size(1) / heads},
                               packed.options()));
    copy_group<Direction::kPad>(packed, padded.back(), group);
  }
  return padded;
}

at::Tensor unpad(const std::vector<at::Tensor>& padded, const SequenceLayout& layout) {
  const int64_t width = padded.front().size(1) * padded.front().size(3);
  if (!padded.front().is_cpu()) {
    std::vector<at::Tensor> slots;
    for (const auto& group : padded) slots.push_back(group.transpose(1, 2).reshape({-1, width}));
    return at::cat(slots).index_select(0, layout.slot_of_token);
  }
  at::Tensor packed = at::empty({layout.tokens, width}, padded.front().options());
  for (size_t g = 0; g < padded.size(); ++g) {
    copy_group<Direction::kUnpad>(packed, padded[g].contiguous(), layout.groups[g]);
  }
  return packed;
}

// Each is the other's gradient, so that both directions are plain copies: index_select's own
// backward adds row by row.
struct PadFunction : torch::autograd::Function<PadFunction> {
  static variable_list forward(AutogradContext* context, const at::Tensor& packed,
                               const LayoutPointer& layout, int64_t heads) {
    keep(*context, layout);
    return pad(packed, *layout, heads);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    return {unpad(gradients, *kept<LayoutPointer>(*context)), at::Tensor(), at::Tensor()};
  }
};

struct UnpadFunction : torch::autograd::Function<UnpadFunction> {
  static at::Tensor forward(AutogradContext* context, at::TensorList padded,
                            const LayoutPointer& layout) {
    keep(*context, layout);
    context->saved_data["heads"] = padded.front().size(1);
    return unpad(padded.vec(), *layout);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    variable_list padded = pad(gradients.front(), *kept<LayoutPointer>(*context),
                               context->saved_data["heads"].toInt());
    padded.emplace_back();  // the layout has none
    return padded;
  }
};

}  // namespace

LayoutPointer make_layout(const std::vector<int64_t>& offsets, at::Device device) {
  auto layout = std::make_shared<SequenceLayout>();
  layout->tokens = offsets.back();
  layout->groups = group_by_length(offsets, device);
  for (LengthGroup& group : layout->groups) {
    if (group.padded) group.key_bias = key_bias(group, device);
  }
  if (!device.is_cpu()) add_indices(*layout, device);
  return layout;
}

LayoutPointer first_token_layout(const SequenceLayout& layout, const std::vector<int64_t>& offsets,
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

std::vector<at::Tensor> pad_heads(const at::Tensor& packed, const LayoutPointer& layout,
                                  int64_t heads) {
  return PadFunction::apply(packed, layout, heads);
}

at::Tensor unpad_heads(const std::vector<at::Tensor>& padded, const LayoutPointer& layout) {
  return UnpadFunction::apply(at::TensorList(padded), layout);
}

}  // namespace eida
