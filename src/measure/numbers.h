// Numbers that go from process to process as bytes, with their bits.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eida {

class NumberWriter {
 public:
  void operator()(double value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void operator()(int64_t value) { (*this)(static_cast<double>(value)); }
  void operator()(bool value) { (*this)(value ? 1.0 : 0.0); }
  void operator()(const std::optional<double>& value) {
    (*this)(value.has_value());
    (*this)(value.value_or(0.0));
  }
  void operator()(const std::vector<double>& values) {
    (*this)(static_cast<int64_t>(values.size()));
    for (const double value : values) (*this)(value);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class NumberReader {
 public:
  explicit NumberReader(const std::string& bytes) : bytes_(&bytes) {}
  void operator()(double& value) {
    std::memcpy(&value, bytes_->data() + at_, sizeof(value));
    at_ += sizeof(value);
  }
  void operator()(int64_t& value) { value = static_cast<int64_t>(next()); }
  void operator()(bool& value) { value = next() != 0.0; }
  void operator()(std::optional<double>& value) {
    const bool there = next() != 0.0;
    const double number = next();
    value = there ? std::optional<double>(number) : std::nullopt;
  }
  void operator()(std::vector<double>& values) {
    values.resize(static_cast<size_t>(next()));
    for (double& value : values) (*this)(value);
  }

 private:
  double next() {
    double value = 0.0;
    (*this)(value);
    return value;
  }
  const std::string* bytes_;
  size_t at_ = 0;
};

}  // namespace eida
