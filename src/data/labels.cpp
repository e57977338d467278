#include "labels.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>

#include "columns.h"
#include "eida/core/error.h"
#include "eida/core/utf8.h"

namespace eida {
namespace {

/// Value of an optionally signed decimal integer; nullopt for anything else. Too large: the largest
/// value.
std::optional<int64_t> integer_of(const std::string& label) {
  if (label.find_first_not_of("0123456789", label.starts_with('-') ? 1 : 0) != std::string::npos)
    return std::nullopt;
  int64_t value = 0;
  const auto result = std::from_chars(label.data(), label.data() + label.size(), value);
  if (result.ec == std::errc::result_out_of_range) return std::numeric_limits<int64_t>::max();
  if (result.ec != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

Labels::Labels(std::vector<std::string> names) : names_(std::move(names)) {
  sort_ = Sort::kIntegers;
  for (size_t i = 0; i < names_.size(); ++i) {
    if (names_[i].empty()) throw ConfigError("class_names: name {} is empty", i);
    if (!index_.emplace(names_[i], static_cast<int64_t>(i)).second) {
      throw ConfigError("class_names: '{}' is there twice", printable(names_[i]));
    }
    if (names_[i] != std::to_string(i)) sort_ = Sort::kWords;
  }
}

void Labels::collect(const std::string& label) {
  constexpr size_t kLongest = 1024;
  if (label.empty()) throw RowError("empty label");
  if (label.size() > kLongest) {
    throw RowError(fmt::format("label of {} bytes, at most {} (hint: is this the label column?)",
                               label.size(), kLongest));
  }
  const auto value = integer_of(label);
  const Sort sort = value ? Sort::kIntegers : Sort::kWords;
  if (sort_ == Sort::kUnknown) sort_ = sort;
  if (sort != sort_) {
    throw RowError(fmt::format("label '{}' is {} integer, while the labels before are{}",
                               printable(label), value ? "an" : "not an", value ? " not" : ""));
  }
  if (value && *value < 0) {
    throw RowError(fmt::format(
        "label {} is negative; class indices start at 0 (hint: -1 often stands for a hidden "
        "label; name classes with words to use signs)",
        *value));
  }
  if (value && *value >= kMostClasses) {
    throw RowError(
        fmt::format("label {} is too large, at most {}", printable(label), kMostClasses - 1));
  }
  if (value) {
    seen_.insert(*value);
  } else {
    index_.emplace(label, 0);
  }
  if (index_.size() > static_cast<size_t>(kMostClasses)) {
    throw RowError(
        fmt::format("more than {} classes (hint: is this the label column?)", kMostClasses));
  }
}

void Labels::finish() {
  if (sort_ == Sort::kIntegers) {
    const int64_t largest = *seen_.rbegin();
    for (int64_t i = 0; i <= largest; ++i) index_.emplace(std::to_string(i), i);
    names_.resize(static_cast<size_t>(largest) + 1);
    for (int64_t i = 0; i <= largest; ++i) names_[static_cast<size_t>(i)] = std::to_string(i);
    unused_ = largest + 1 - static_cast<int64_t>(seen_.size());
    return;
  }
  for (auto& [name, index] : index_) {
    index = static_cast<int64_t>(names_.size());
    names_.push_back(name);
  }
}

int64_t Labels::index_of(const std::string& label) const {
  if (label.empty()) throw RowError("empty label");
  if (sort_ == Sort::kIntegers) {
    const auto value = integer_of(label);
    if (!value) {
      throw RowError(fmt::format("label '{}' is not an integer, wanted 0 to {}", printable(label),
                                 names_.size() - 1));
    }
    if (*value >= 0 && *value < static_cast<int64_t>(names_.size())) return *value;
    throw RowError(fmt::format("label {} is outside 0 to {}", printable(label), names_.size() - 1));
  }
  const auto found = index_.find(label);
  if (found != index_.end()) return found->second;
  throw RowError(
      fmt::format("label '{}' is none of the classes {}", printable(label), quoted_list(names_)));
}

}  // namespace eida
