/// Any bytes as a tokenizer.json and a text: it loads, encodes and decodes, or a FormatError says
/// why not. The first byte picks what the bytes are: the file, or a text for a small tokenizer.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../../src/text/pipeline.h"
#include "eida/core/error.h"
#include "eida/core/json.h"

namespace {

constexpr std::string_view kSmall = R"({
  "added_tokens": [{"id": 5, "content": "<m>", "lstrip": true, "rstrip": true, "single_word": true}],
  "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"},
    {"type": "BertNormalizer", "strip_accents": true}, {"type": "Strip"},
    {"type": "Replace", "pattern": {"Regex": "\\s{2,}|[\\n\\t]"}, "content": " "}]},
  "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "BertPreTokenizer"}, {"type": "Metaspace"}]},
  "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<u>", 0], ["▁", -1], ["a", -2], ["▁ab", -3], ["é", -4]]},
  "decoder": {"type": "Metaspace"}})";

eida::JsonOptions format_errors() {
  eida::JsonOptions options;
  options.code = eida::ExitCode::kFormat;
  return options;
}

void use(const eida::Tokenizer& tokenizer, std::string_view text) {
  const auto ids = tokenizer.encode_pair(text, "It's naïve <m> [MASK]", {}).ids;
  for (const int32_t id : ids) {
    if (id < 0) std::abort();
  }
  tokenizer.decode(ids, false);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size < 1) return 0;
  const std::string_view input(reinterpret_cast<const char*>(bytes + 1), size - 1);
  static const eida::text::Pipeline small(eida::parse_json(kSmall, "small"), "small");
  if (bytes[0] % 2 == 0) {
    use(small, input);
    return 0;
  }
  try {
    const auto document = eida::parse_json(input, "fuzzed", format_errors());
    use(eida::text::Pipeline(document, "fuzzed"), input);
  } catch (const eida::FormatError&) {
  } catch (const eida::DataError&) {  // a text that its own replacements made too long
  }
  return 0;
}
