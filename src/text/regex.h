/// Regular expressions of tokenizer files: Oniguruma's syntax, as the library reads it, on PCRE2.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "component.h"
#include "function_ref.h"

namespace eida::text {

/// Immutable; several threads may share one. Its classes of characters are the library's
/// (unicode.h).
class Regex {
 public:
  /// \throws FormatError what the two engines read differently, named; an expression that is none
  explicit Regex(std::string_view expression);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  /// Calls `found(begin, end)` for the matches in `text`, well-formed UTF-8, from left to right; an
  /// empty one directly behind another is left out. \throws DataError when matching takes too long
  void for_each_match(std::string_view text,
                      FunctionRef<void(size_t begin, size_t end)> found) const;

 private:
  struct Code;
  std::unique_ptr<const Code> code_;
};

/// The expression under a key. \throws FormatError as Regex, naming the place
Regex regex_of(const Component& component, const std::string& key);

/// The expression in PCRE2's syntax. \throws FormatError as Regex
std::string pcre2_expression(std::string_view expression);

}  // namespace eida::text
