#include "regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <utility>

#include "eida/core/error.h"
#include "eida/core/utf8.h"

namespace eida::text {
namespace {

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using CodePointer = std::unique_ptr<pcre2_code, Freed<pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context_free>>;
using Stack = std::unique_ptr<pcre2_jit_stack, Freed<pcre2_jit_stack_free>>;

std::string message_of(int error) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

/// What one thread matches with.
struct Matcher {
  MatchData data{pcre2_match_data_create(1, nullptr)};
  MatchContext context{pcre2_match_context_create(nullptr)};
  Stack stack{pcre2_jit_stack_create(size_t{32} << 10, size_t{4} << 20, nullptr)};
  Matcher() { pcre2_jit_stack_assign(context.get(), nullptr, stack.get()); }
};

}  // namespace

struct Regex::Code {
  CodePointer code;
};

Regex::Regex(std::string_view expression) {
  std::string why;
  try {
    const std::string pattern = pcre2_expression(expression);
    int error = 0;
    PCRE2_SIZE at = 0;
    CodePointer code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                   PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK |
                                       PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE,
                                   &error, &at, nullptr));
    if (code != nullptr) {
      pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);  // without it matching is slower, no more
      code_ = std::make_unique<const Code>(Code{std::move(code)});
      return;
    }
    why = message_of(error);
  } catch (const FormatError& refused) {
    why = refused.what();
  }
  throw FormatError("the regular expression '{}' is not supported: {}", printable(expression, 200),
                    why);
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

void Regex::for_each_match(std::string_view text,
                           FunctionRef<void(size_t begin, size_t end)> found) const {
  thread_local const Matcher matcher;
  const PCRE2_SIZE* range = pcre2_get_ovector_pointer(matcher.data.get());
  size_t last_end = text.size() + 1;  // of the last match
  for (size_t from = 0; from <= text.size();) {
    const int result =
        pcre2_match(code_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                    PCRE2_NO_UTF_CHECK, matcher.data.get(), matcher.context.get());
    if (result == PCRE2_ERROR_NOMATCH) return;
    if (result < 0) {
      throw DataError(
          "a text of {} bytes: the tokenizer's regular expression cannot be matched with it: {}",
          text.size(), message_of(result));
    }
    const size_t begin = range[0], end = range[1];
    if (begin == end && end == last_end) {
      if (from == text.size()) return;
      from += sequence_length(text[from]);
      continue;
    }
    from = last_end = end;
    found(begin, end);
  }
}

Regex regex_of(const Component& component, const std::string& key) {
  try {
    return Regex(component.text(key));
  } catch (const FormatError& error) {
    component.fail(error.what());
  }
}

}  // namespace eida::text
