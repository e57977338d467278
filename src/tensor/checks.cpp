#include "eida/tensor/checks.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "eida/core/error.h"

namespace eida {

std::string shape_text(at::IntArrayRef shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

void check_shape(std::string_view what, const at::Tensor& tensor,
                 std::initializer_list<int64_t> wanted) {
  const auto fits = [&] {
    if (!tensor.defined() || tensor.dim() != static_cast<int64_t>(wanted.size())) return false;
    const int64_t* size = tensor.sizes().data();
    for (const int64_t expected : wanted) {
      if (expected != -1 && *size != expected) return false;
      ++size;
    }
    return true;
  };
  if (fits()) return;
  throw Error(
      ExitCode::kInternal,
      fmt::format("{}: shape {}, wanted {}", what,
                  tensor.defined() ? shape_text(tensor.sizes()) : "undefined", shape_text(wanted)));
}

std::optional<std::string> describe_torch_error(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  if (torch_error == nullptr) return std::nullopt;
  std::string text = torch_error->what_without_backtrace();
  text.resize(text.find_last_not_of(" \n\r") + 1);
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  const bool memory = text.find("out of memory") != std::string::npos ||
                      text.find("not enough memory") != std::string::npos ||
                      text.find("can't allocate memory") != std::string::npos;
  return memory ? text + " (hint: a smaller batch)" : text;
}

}  // namespace eida
