/// Any bytes as a model of SentencePiece: it loads, encodes and decodes, or an Error says why not.
#include "eida/text/tokenizer.h"
#include "support.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static constexpr std::array kFamilies = {"{}", R"({"model_type": "xlm-roberta"})",
                                           R"({"model_type": "camembert"})"};
  const eida::fuzz::Input<1> input(bytes, size, 1);
  eida::fuzz::write("config.json", kFamilies[input.options[0] % kFamilies.size()]);
  const auto file = eida::fuzz::write("sentencepiece.bpe.model", input.files[0]);
  eida::fuzz::expect_errors_only([&] {
    const auto tokenizer = eida::load_tokenizer(file);
    const auto ids = tokenizer->encode_pair("It's a naïve <s> test", "▁a  b").ids;
    for (const int32_t id : ids) eida::fuzz::check(id >= 0 && id < tokenizer->vocab_size());
    tokenizer->decode(ids);
  });
  return 0;
}
