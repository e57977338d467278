/// Any bytes as the files of a tokenizer's folder: vocab.json with merges.txt, vocab.txt, or a
/// small tokenizer.json, beside the files that say how they are used. It loads, encodes and
/// decodes, or an Error says why not.
#include "eida/text/tokenizer.h"
#include "support.h"

const size_t eida::fuzz::kOptions = 1;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const eida::fuzz::Input<6> input(bytes, size, eida::fuzz::kOptions);
  const uint8_t kind = input.options[0];
  std::filesystem::path folder;
  const auto place = [&](const char* name, std::string_view text, bool there) {
    const auto file = eida::fuzz::write(name, text);
    folder = file.parent_path();
    if (!there) std::filesystem::remove(file);
  };
  place("tokenizer.json", input.files[0], kind % 3 == 0);
  place("vocab.json", input.files[0], kind % 3 == 1);
  place("vocab.txt", input.files[0], kind % 3 == 2);
  constexpr std::array kOthers = {"merges.txt", "tokenizer_config.json", "special_tokens_map.json",
                                  "added_tokens.json", "config.json"};
  for (size_t i = 0; i < kOthers.size(); ++i) {
    const std::string_view text = input.files[i + 1];
    place(kOthers[i], text, !text.empty());
  }
  eida::fuzz::expect_errors_only([&] {
    const auto tokenizer = eida::load_tokenizer(folder);
    const auto ids = tokenizer->encode_pair("It's a naïve <s> [MASK]", input.files[1]).ids;
    for (const int32_t id : ids) eida::fuzz::check(id >= 0 && id < tokenizer->vocab_size());
    tokenizer->decode(ids);
  });
  return 0;
}
