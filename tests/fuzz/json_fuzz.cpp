/// Any bytes as JSON: it reads, and its text reads back to the same value, or a DataError says why
/// not.
#include <nlohmann/json.hpp>

#include "eida/core/json.h"
#include "support.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  eida::LineMap lines;
  eida::fuzz::expect_errors_only([&] {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const nlohmann::json value = eida::parse_json(text, "fuzzed", {.lines = &lines});
    eida::fuzz::check(!lines.empty() && lines.begin()->second >= 1);
    eida::fuzz::check(eida::parse_json(value.dump(), "dumped") == value);
  });
  return 0;
}
