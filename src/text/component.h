/// One component of a tokenizer.json, with checked access to its fields.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "eida/core/error.h"

namespace eida::text {

/// A JSON object of the file and where it stands there. Errors name file, place and key. Borrows
/// the document.
class Component {
 public:
  Component(const nlohmann::json& value, std::string file, std::string path);

  const std::string& file() const { return file_; }
  /// The field "type". \throws FormatError when there is none.
  std::string type() const { return text("type"); }
  /// The key is there and not null.
  bool has(const std::string& key) const;

  /// All of these: \throws FormatError when the value has another type, or is missing and has no
  /// fallback.
  Component child(const std::string& key) const;
  std::vector<Component> children(const std::string& key) const;
  const nlohmann::json& field(const std::string& key) const;
  const nlohmann::json& object(const std::string& key) const;
  const nlohmann::json& array(const std::string& key) const;
  std::string text(const std::string& key) const;
  std::string text(const std::string& key, const std::string& fallback) const;
  bool flag(const std::string& key, bool fallback) const;
  /// An id: 0 ≤ id < 2^31 - 1.
  int32_t id(const std::string& key) const;

  /// \throws FormatError "FILE: PATH: what"
  [[noreturn]] void fail(const std::string& what) const;
  /// \throws FormatError: this component's type is none of those that are supported.
  [[noreturn]] void unsupported(std::string_view supported) const;

 private:
  const nlohmann::json& typed(const std::string& key, bool (nlohmann::json::*is)() const noexcept,
                              std::string_view wanted) const;

  const nlohmann::json& value_;
  std::string file_, path_;
};

/// A JSON number as a token id. \throws FormatError through `owner`.
int32_t checked_id(const nlohmann::json& value, const Component& owner, std::string_view what);

/// \throws DataError when a text is longer than 1 GiB.
void check_length(size_t bytes);
/// \throws DataError when a normalizer makes a text longer than 16 times what it was, and 64 KiB:
/// no file that was trained does, and in a sequence one would multiply what another does.
void check_growth(size_t before, size_t after);

}  // namespace eida::text
