#include "padding.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>

namespace eida {
namespace {

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

/// A layout as LibTorch keeps it between forward and backward.
struct LayoutCapsule : torch::CustomClassHolder {
  explicit LayoutCapsule(LayoutPointer value) : layout(std::move(value)) {}
  LayoutPointer layout;
};

void keep_layout(torch::autograd::AutogradContext& context, const LayoutPointer& layout) {
  context.saved_data["layout"] =
      at::IValue::make_capsule(c10::make_intrusive<LayoutCapsule>(layout));
}

LayoutPointer kept_layout(torch::autograd::AutogradContext& context) {
  return c10::static_intrusive_pointer_cast<LayoutCapsule>(context.saved_data["layout"].toCapsule())
      ->layout;
}

// Each is the other's gradient, so that both directions are plain copies: index_select's own
// backward adds row by row.
struct PadFunction : torch::autograd::Function<PadFunction> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                const at::Tensor& packed,
                                                const LayoutPointer& layout, int64_t heads) {
    keep_layout(*context, layout);
    return pad(packed, *layout, heads);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    return {unpad(gradients, *kept_layout(*context)), at::Tensor(), at::Tensor()};
  }
};

struct UnpadFunction : torch::autograd::Function<UnpadFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, at::TensorList padded,
                            const LayoutPointer& layout) {
    keep_layout(*context, layout);
    context->saved_data["heads"] = padded.front().size(1);
    return unpad(padded.vec(), *layout);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    auto padded =
        pad(gradients.front(), *kept_layout(*context), context->saved_data["heads"].toInt());
    padded.emplace_back();  // the layout has none
    return padded;
  }
};

}  // namespace

std::vector<at::Tensor> pad_heads(const at::Tensor& packed, const LayoutPointer& layout,
                                  int64_t heads) {
  return PadFunction::apply(packed, layout, heads);
}

at::Tensor unpad_heads(const std::vector<at::Tensor>& padded, const LayoutPointer& layout) {
  return UnpadFunction::apply(at::TensorList(padded), layout);
}

}  // namespace eida
