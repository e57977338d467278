#include "component.h"

#include <limits>

#include "eida/core/utf8.h"

namespace eida::text {

using nlohmann::json;

Component::Component(const json& value, std::string file, std::string path)
    : value_(value), file_(std::move(file)), path_(std::move(path)) {
  if (!value_.is_object()) fail(fmt::format("is {}, wanted an object", value_.type_name()));
}

void Component::fail(const std::string& what) const {
  throw FormatError("{}: {}: {}", file_, path_.empty() ? "document" : path_, what);
}

void Component::unsupported(std::string_view supported) const {
  fail(fmt::format("component '{}' is not supported (hint: {} are)", printable(type()), supported));
}

bool Component::has(const std::string& key) const {
  const auto found = value_.find(key);
  return found != value_.end() && !found->is_null();
}

const json& Component::field(const std::string& key) const {
  const auto found = value_.find(key);
  if (found == value_.end()) fail(fmt::format("key '{}' is missing", key));
  return *found;
}

Component Component::child(const std::string& key) const {
  return Component(field(key), file_, path_.empty() ? key : path_ + "." + key);
}

std::vector<Component> Component::children(const std::string& key) const {
  std::vector<Component> out;
  for (const json& value : array(key)) {
    out.emplace_back(value, file_,
                     fmt::format("{}{}{}[{}]", path_, path_.empty() ? "" : ".", key, out.size()));
  }
  return out;
}

const json& Component::typed(const std::string& key, bool (json::*is)() const noexcept,
                             std::string_view wanted) const {
  const json& value = field(key);
  if (!(value.*is)())
    fail(fmt::format("key '{}' is {}, wanted {}", key, value.type_name(), wanted));
  return value;
}

const json& Component::object(const std::string& key) const {
  return typed(key, &json::is_object, "an object");
}

const json& Component::array(const std::string& key) const {
  return typed(key, &json::is_array, "an array");
}

std::string Component::text(const std::string& key) const {
  return typed(key, &json::is_string, "a string").get<std::string>();
}

std::string Component::text(const std::string& key, const std::string& fallback) const {
  return has(key) ? text(key) : fallback;
}

bool Component::flag(const std::string& key, bool fallback) const {
  return has(key) ? typed(key, &json::is_boolean, "true or false").get<bool>() : fallback;
}

int32_t Component::id(const std::string& key) const {
  return checked_id(field(key), *this, fmt::format("key '{}'", key));
}

int32_t checked_id(const json& value, const Component& owner, std::string_view what) {
  constexpr int64_t kLimit = std::numeric_limits<int32_t>::max();
  if (!value.is_number_integer() || value < 0 || value >= kLimit)
    owner.fail(fmt::format("{} is {}, wanted an id from 0 to {}", what,
                           printable(value.dump(-1, ' ', false, json::error_handler_t::replace)),
                           kLimit - 1));
  return value.get<int32_t>();
}

void check_length(size_t bytes) {
  constexpr size_t kLongest = size_t{1} << 30;
  if (bytes > kLongest)
    throw DataError("a text of {} bytes is longer than the limit of {}", bytes, kLongest);
}

void check_growth(size_t before, size_t after) {
  constexpr size_t kTimes = 16, kBeside = size_t{64} << 10;
  if (after <= kTimes * before + kBeside) return;
  throw DataError(
      "a text of {} bytes has more than {} after the tokenizer's normalizer, the limit is {} times "
      "as many and {} (hint: is its 'content', 'prepend' or character map right?)",
      before, after, kTimes, kBeside);
}

}  // namespace eida::text
