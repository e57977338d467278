// Numbers that go from process to process as bytes, with their bits.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace eida {

/// Writes what it is called with, or reads it in the same order.
class Numbers {
 public:
  Numbers() = default;  ///< writes
  explicit Numbers(std::string bytes) : bytes_(std::move(bytes)), reads_(true) {}

  void operator()(double& value) {
    if (reads_) {
      std::memcpy(&value, bytes_.data() + at_, sizeof(value));
      at_ += sizeof(value);
    } else {
      bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    }
  }
  template <typename T>
  requires std::is_integral_v<T>
  void operator()(T& value) {
    auto number = static_cast<double>(value);
    (*this)(number);
    value = static_cast<T>(number);
  }
  void operator()(std::optional<double>& value) {
    bool there = value.has_value();
    double number = value.value_or(0.0);
    (*this)(there);
    (*this)(number);
    value = there ? std::optional(number) : std::nullopt;
  }
  void operator()(std::vector<double>& values) {
    size_t size = values.size();
    (*this)(size);
    values.resize(size);
    for (double& value : values) (*this)(value);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
  size_t at_ = 0;
  bool reads_ = false;
};

}  // namespace eida
