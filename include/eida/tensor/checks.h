/// Shape checks, and LibTorch's errors in one line.
#pragma once

#include <ATen/core/Tensor.h>

#include <exception>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace eida {

/// A shape as messages show it: "[2, 3]".
std::string shape_text(at::IntArrayRef shape);

/// \param what name of the tensor, for the message. \param wanted size of each dimension; -1: any.
/// \throws Error (internal) when `tensor` is undefined or has another shape.
void check_shape(std::string_view what, const at::Tensor& tensor,
                 std::initializer_list<int64_t> wanted);

/// The message of a c10::Error in one line and without its backtrace, with a hint when memory ran
/// out; nullopt for every other class. For run_main().
std::optional<std::string> describe_torch_error(const std::exception& error);

}  // namespace eida
