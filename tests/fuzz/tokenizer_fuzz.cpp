/// Any bytes as a tokenizer.json and a text: it loads, encodes and decodes, or a FormatError says
/// why not. The first byte picks what the bytes are: both, or a text for a small tokenizer.
#include <nlohmann/json.hpp>

#include "../../src/text/pipeline.h"
#include "eida/core/json.h"
#include "support.h"

const size_t eida::fuzz::kOptions = 1;

namespace {

constexpr std::string_view kSmall = R"({
  "added_tokens": [{"id": 5, "content": "<m>", "lstrip": true, "rstrip": true, "single_word": true}],
  "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"},
    {"type": "BertNormalizer", "strip_accents": true}, {"type": "Strip"},
    {"type": "Replace", "pattern": {"Regex": "\\s{2,}|[\\n\\t]"}, "content": " "}]},
  "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "BertPreTokenizer"}, {"type": "Metaspace"}]},
  "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<u>", 0], ["▁", -1], ["a", -2], ["▁ab", -3], ["é", -4]]},
  "decoder": {"type": "Metaspace"}})";

void use(const eida::Tokenizer& tokenizer, std::string_view text) {
  const auto ids = tokenizer.encode_pair(text, "It's naïve <m> [MASK]", {}).ids;
  for (const int32_t id : ids) eida::fuzz::check(id >= 0 && id < tokenizer.vocab_size());
  tokenizer.decode(ids, false);
  tokenizer.decode(ids, true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const eida::fuzz::Input<2> input(bytes, size, eida::fuzz::kOptions);
  static const eida::text::Pipeline small(eida::parse_json(kSmall, "small"), "small");
  if (input.options[0] % 8 == 0) {
    use(small, input.files[0]);
    return 0;
  }
  eida::fuzz::expect_errors_only([&] {  // also of a text that its own replacements made too long
    const auto document =
        eida::parse_json(input.files[0], "fuzzed", {.code = eida::ExitCode::kFormat});
    const eida::text::Pipeline pipeline(document, "fuzzed");
    use(pipeline, input.files[1].empty() ? input.files[0] : input.files[1]);
  });
  return 0;
}
