/// Settings beside a tokenizer: every wanted value is transformers 5.23's of the same files.
#include <map>

#include "text/golden_tokenizers.h"

namespace eida {
namespace {

using nlohmann::json;
using testing::TempDir;
using Ids = std::vector<int32_t>;
using Files = std::map<std::string, json>;

/// A folder with these files, each JSON or, as a string, text.
std::shared_ptr<const Tokenizer> load(const Files& files) {
  const TempDir dir;
  for (const auto& [name, content] : files)
    write_file_atomic(dir.path() / name,
                      content.is_string() ? content.get<std::string>() : content.dump());
  return load_tokenizer(dir.path());
}

Ids ids(const Files& files, const std::string& text) { return load(files)->encode(text).ids; }

/// The message of the FormatError that loading gives.
std::string complaint(const Files& files) {
  try {
    load(files);
  } catch (const FormatError& error) {
    return error.what();
  }
  return "no error";
}

const json kGpt2Vocab = {{"c", 0},  {"a", 1},   {"t", 2},         {"\u0120", 3},
                         {"ca", 4}, {"cat", 5}, {"\u0120cat", 6}, {"<|endoftext|>", 7}};
const json kGpt2Merges = {"c a", "ca t", "\u0120 cat"};

json special(const std::string& content, int id) {
  return {{"content", content}, {"id", id},        {"special", true},    {"single_word", false},
          {"lstrip", false},    {"rstrip", false}, {"normalized", false}};
}

/// A tokenizer.json of GPT-2.
Files gpt2(const json& config) {
  const json byte_level = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}};
  return {{"config.json", {{"model_type", "gpt2"}}},
          {"tokenizer_config.json", config},
          {"tokenizer.json",
           {{"added_tokens", {special("<|endoftext|>", 7)}},
            {"pre_tokenizer", byte_level},
            {"decoder", byte_level},
            {"model", {{"type", "BPE"}, {"vocab", kGpt2Vocab}, {"merges", kGpt2Merges}}}}}};
}

/// The same as vocab.json and merges.txt.
Files gpt2_legacy(const json& config) {
  return {{"config.json", {{"model_type", "gpt2"}}},
          {"tokenizer_config.json", config},
          {"vocab.json", kGpt2Vocab},
          {"merges.txt", "#version: 0.2\nc a\nca t\n\u0120 cat\n"}};
}

/// A vocab.txt of BERT: ids 0 … are these, then the words.
Files bert(const json& config,
           const std::string& specials = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n") {
  return {{"config.json", {{"model_type", "bert"}}},
          {"tokenizer_config.json", config},
          {"vocab.txt", specials + "good\nGood\nete\n\u00e9t\u00e9\n\u5b57\n##\u5b57\n"}};
}

/// The same as a lowercasing tokenizer.json.
Files bert_json(const json& config) {
  json vocab, added = json::array();
  int id = 0;
  for (const char* token : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
    added.push_back(special(token, id));
    vocab[token] = id++;
  }
  for (const char* token : {"good", "Good", "ete", "\u00e9t\u00e9", "\u5b57", "##\u5b57"})
    vocab[token] = id++;
  Files files = bert(config);
  files.erase("vocab.txt");
  files["tokenizer.json"] = {{"added_tokens", added},
                             {"normalizer",
                              {{"type", "BertNormalizer"},
                               {"clean_text", true},
                               {"lowercase", true},
                               {"handle_chinese_chars", true},
                               {"strip_accents", nullptr}}},
                             {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
                             {"model",
                              {{"type", "WordPiece"},
                               {"unk_token", "[UNK]"},
                               {"vocab", vocab},
                               {"continuing_subword_prefix", "##"},
                               {"max_input_chars_per_word", 100}}}};
  return files;
}

TEST(TokenizerSettings, AddPrefixSpaceOfTheConfigurationWins) {
  EXPECT_EQ(ids(gpt2({{"add_prefix_space", true}}), "cat cat"), (Ids{6, 6}));
  EXPECT_EQ(ids(gpt2({{"add_prefix_space", false}}), "cat cat"), (Ids{5, 6}));
  EXPECT_EQ(ids(gpt2_legacy({{"add_prefix_space", true}}), "cat cat"), (Ids{6, 6}));
  // This class takes tokenizer.json as it is.
  const json as_it_is = {{"add_prefix_space", true},
                         {"tokenizer_class", "PreTrainedTokenizerFast"}};
  EXPECT_EQ(ids(gpt2(as_it_is), "cat cat"), (Ids{5, 6}));
}

TEST(TokenizerSettings, BertsNormalizerIsTheConfigurations) {
  for (const auto& make : {bert_json, +[](const json& config) { return bert(config); }}) {
    EXPECT_EQ(ids(make(json::object()), "Good \u00e9t\u00e9"), (Ids{2, 5, 7, 3}));
    EXPECT_EQ(ids(make({{"do_lower_case", false}}), "Good \u00e9t\u00e9"), (Ids{2, 6, 8, 3}));
    EXPECT_EQ(ids(make({{"strip_accents", false}}), "Good \u00e9t\u00e9"), (Ids{2, 5, 8, 3}));
    EXPECT_EQ(ids(make({{"do_lower_case", false}, {"strip_accents", true}}), "Good \u00e9t\u00e9"),
              (Ids{2, 6, 7, 3}));
    EXPECT_EQ(ids(make(json::object()), "\u5b57\u5b57"), (Ids{2, 9, 9, 3}));
    EXPECT_EQ(ids(make({{"tokenize_chinese_chars", false}}), "\u5b57\u5b57"), (Ids{2, 9, 10, 3}));
  }
}

TEST(TokenizerSettings, MpnetsWordsHaveRobertasEnds) {
  const auto mpnet = [](const json& config) {
    Files files = bert(config, "<s>\n<pad>\n</s>\n[UNK]\n<mask>\n");
    files["config.json"] = {{"model_type", "mpnet"}};
    return files;
  };
  const json cased = {{"tokenizer_class", "MPNetTokenizer"}, {"do_lower_case", false}};
  EXPECT_EQ(ids(mpnet(json::object()), "Good \u00c9t\u00e9 <mask>"), (Ids{0, 5, 7, 4, 2}));
  EXPECT_EQ(ids(mpnet(cased), "Good \u00c9t\u00e9 <mask>"), (Ids{0, 6, 3, 4, 2}));
  EXPECT_EQ(load(mpnet(cased))->encode_pair("good", "ete").ids, (Ids{0, 5, 2, 2, 7, 2}));
}

TEST(TokenizerSettings, AddedTokensComeFromAllFiles) {
  Files files = gpt2_legacy({{"tokenizer_class", "GPT2Tokenizer"}});
  files["added_tokens.json"] = {{"<x>", 8}, {"Aa", 9}};
  files["special_tokens_map.json"] = {{"sep_token", "<x>"}};
  EXPECT_EQ(ids(files, "cat<x>cat Aa"), (Ids{5, 8, 5, 3, 9}));
  EXPECT_EQ(load(files)->decode({5, 8, 9}, true), "catAa");

  const json decoder = {{"7", special("<|endoftext|>", 7)}, {"8", special("<y>", 8)}};
  json config = {{"added_tokens_decoder", decoder}};
  for (auto& [id, token] : config["added_tokens_decoder"].items()) token.erase("id");
  files = gpt2(config);
  files["added_tokens.json"] = {{"<x>", 8}};  // not read beside added_tokens_decoder
  EXPECT_EQ(ids(files, "cat<y>cat"), (Ids{5, 8, 5}));
  EXPECT_EQ(load(files)->token_to_id("<x>"), -1);
}

TEST(TokenizerSettings, MissingSpecialTokensAreAddedAndOthersMayBeNamed) {
  const std::string four = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n";
  EXPECT_EQ(ids(bert(json::object(), four), "good [MASK]"), (Ids{2, 4, 10, 3}));
  EXPECT_EQ(ids(bert({{"cls_token", "<c>"}, {"sep_token", "<d>"}}), "good"), (Ids{12, 5, 11}));
  const auto pair = load(bert(json::object()))->encode_pair("good", "ete");
  EXPECT_EQ(pair.ids, (Ids{2, 5, 3, 7, 3}));
  EXPECT_EQ(pair.type_ids, (Ids{0, 0, 0, 1, 1}));
  Files files = bert({{"cls_token", "<c>"}});
  files["special_tokens_map.json"] = {{"cls_token", "<m>"}, {"a_token", "<a>"}};
  EXPECT_EQ(ids(files, "<c><a>"), (Ids{11, 1, 1, 1, 12, 3}));
  EXPECT_EQ(ids(gpt2_legacy({{"add_bos_token", true}, {"add_eos_token", true}}), "cat"),
            (Ids{7, 5, 7}));
  EXPECT_NE(complaint(bert({{"cls_token", nullptr}})).find("'cls_token'"), std::string::npos);
  EXPECT_NE(complaint(bert(json::object(), "[PAD]\n")).find("'[UNK]'"), std::string::npos);
}

TEST(TokenizerSettings, TextsAreCutOnTheSideThatTheFilesSay) {
  EncodeOptions options;
  options.max_length = 4;
  const std::string text = "good ete Good";
  EXPECT_EQ(load(bert(json::object()))->encode(text, options).ids, (Ids{2, 5, 7, 3}));
  EXPECT_EQ(load(bert({{"truncation_side", "left"}}))->encode(text, options).ids,
            (Ids{2, 7, 5, 3}));
  Files files = bert_json(json::object());
  files["tokenizer.json"]["truncation"] = {
      {"direction", "Left"}, {"max_length", 9}, {"strategy", "LongestFirst"}, {"stride", 0}};
  EXPECT_EQ(load(files)->encode(text, options).ids, (Ids{2, 7, 5, 3}));
  options.max_length = 6;
  EXPECT_EQ(load(files)->encode_pair(text, "good \u5b57 ete", options).ids,
            (Ids{2, 5, 3, 9, 7, 3}));
  files["tokenizer_config.json"] = {{"truncation_side", "right"}};
  EXPECT_EQ(load(files)->encode_pair(text, "good \u5b57 ete", options).ids,
            (Ids{2, 5, 3, 5, 9, 3}));
  EXPECT_NE(complaint(bert({{"truncation_side", "up"}})).find("truncation_side"),
            std::string::npos);
}

TEST(TokenizerSettings, IdsOfAddedTokensHaveNoGap) {
  Files files = gpt2({{"tokenizer_class", "PreTrainedTokenizerFast"}});
  json& added = files["tokenizer.json"]["added_tokens"];
  added.push_back(special("<e1>", 8));
  added.push_back(special("<e2>", 13));
  EXPECT_EQ(ids(files, "<e1>cat<e2>"), (Ids{8, 5, 9}));
  EXPECT_EQ(load(files)->vocab_size(), 10);
}

TEST(TokenizerSettings, SpecialTokensInTextsMayBeText) {
  EXPECT_EQ(ids(bert({{"split_special_tokens", true}}), "good [SEP]"), (Ids{2, 5, 1, 1, 1, 3}));
}

TEST(TokenizerSettings, DecodingCleansUpWhereTheConfigurationSaysSo) {
  json config = {{"tokenizer_class", "PreTrainedTokenizerFast"}};
  Files files = bert_json(config);
  files["tokenizer.json"]["model"]["vocab"]["."] = 11;
  EXPECT_EQ(load(files)->decode({5, 11}), "good .");
  files["tokenizer_config.json"]["clean_up_tokenization_spaces"] = true;
  EXPECT_EQ(load(files)->decode({5, 11}), "good.");
}

TEST(TokenizerSettings, ClassesAndKeysThatWeDoNotKnowAreNamed) {
  for (const char* name : {"BertJapaneseTokenizer", "BertweetTokenizer", "CTRLTokenizerFast"}) {
    EXPECT_NE(complaint(bert({{"tokenizer_class", name}})).find(name), std::string::npos);
    EXPECT_NE(complaint(gpt2({{"tokenizer_class", name}})).find(name), std::string::npos);
    Files files = bert(json::object());
    files["config.json"]["tokenizer_class"] = name;
    EXPECT_NE(complaint(files).find(name), std::string::npos);
  }
  for (const char* name : {"BertTokenizer", "BertTokenizerFast", "ElectraTokenizerFast"})
    EXPECT_EQ(ids(bert({{"tokenizer_class", name}}), "good"), (Ids{2, 5, 3}));
  EXPECT_NE(complaint(gpt2_legacy({{"tokenizer_class", "BertTokenizer"}})).find("BertTokenizer"),
            std::string::npos);
  EXPECT_NE(complaint(bert({{"auto_map", {{"AutoTokenizer", "x.Y"}}}})).find("'auto_map'"),
            std::string::npos);
  EXPECT_NE(complaint(bert({{"mask_token", {{"content", "x"}}}})).find("'mask_token'"),
            std::string::npos);
}

/// A tokenizer.json of SentencePiece's BPE, as Llama 2 has it: no template where `begin` is empty.
Files sentencepiece(const std::vector<std::string>& first, const std::string& begin,
                    const json& config, const std::string& model_type) {
  std::vector<std::string> words = first;
  for (const char* word : {"<0x0A>", "\u2581", "c", "a", "t", "s", "ca", "cat", "\u2581cat"})
    words.emplace_back(word);
  json vocab, added = json::array(), document;
  for (size_t i = 0; i < words.size(); ++i) vocab[words[i]] = i;
  for (size_t i = 0; i < first.size(); ++i) added.push_back(special(first[i], static_cast<int>(i)));
  const json prepend = {{"type", "Prepend"}, {"prepend", "\u2581"}},
             replace = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\u2581"}};
  document = {
      {"added_tokens", added},
      {"normalizer", {{"type", "Sequence"}, {"normalizers", {prepend, replace}}}},
      {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", {"c a", "ca t", "\u2581 cat"}}}}};
  const json token = {{"SpecialToken", {{"id", begin}}}}, a = {{"Sequence", {{"id", "A"}}}},
             b = {{"Sequence", {{"id", "B"}}}};
  if (!begin.empty()) {
    document["post_processor"] = {{"type", "TemplateProcessing"},
                                  {"single", {token, a}},
                                  {"pair", {token, a, b}},
                                  {"special_tokens", {{begin, {{"id", begin}, {"ids", {1}}}}}}};
  }
  return {{"config.json", {{"model_type", model_type}}},
          {"tokenizer_config.json", config},
          {"tokenizer.json", document}};
}

TEST(TokenizerSettings, LlamasClassBeginsWithASpaceAsItsFlagsSay) {
  const auto llama = [](const json& config, const std::string& begin = "",
                        const std::string& model_type = "llama") {
    return sentencepiece({"<unk>", "<s>", "</s>"}, begin, config, model_type);
  };
  const std::string text = "cat<s>cat\n";
  const Files plain = llama({{"tokenizer_class", "LlamaTokenizer"}});
  EXPECT_EQ(ids(plain, text), (Ids{11, 1, 10, 3}));
  EXPECT_EQ(load(plain)->decode({11, 1, 10, 3}, false), "cat<s>cat\n");
  EXPECT_EQ(load(plain)->eos_token_id(), 2);
  EXPECT_EQ(ids(llama({{"tokenizer_class", "LlamaTokenizerFast"}, {"legacy", true}}), text),
            (Ids{11, 1, 11, 3}));
  // Flags of a template do not count beside a tokenizer.json.
  const json no_prefix = {{"tokenizer_class", "LlamaTokenizerFast"},
                          {"add_prefix_space", false},
                          {"add_bos_token", false}};
  EXPECT_EQ(ids(llama(no_prefix, "<s>"), text), (Ids{1, 10, 1, 10, 3}));
  // Mistral's class, or none: the file says it all.
  EXPECT_EQ(ids(llama({{"tokenizer_class", "LlamaTokenizerFast"}}, "<s>", "mistral"), text),
            (Ids{1, 11, 1, 11}));
  EXPECT_EQ(ids(llama(json::object()), " catx"), (Ids{4, 11}));
}

TEST(TokenizerSettings, GemmasClassTakesSpacesAsTheyAre) {
  const Files files = sentencepiece({"<eos>", "<bos>", "<unk>"}, "<bos>",
                                    {{"tokenizer_class", "GemmaTokenizerFast"}}, "gemma3_text");
  EXPECT_EQ(ids(files, "cat cat"), (Ids{1, 10, 11}));
  EXPECT_EQ(ids(files, "cat<s>cat\n"), (Ids{1, 10, 2, 8, 2, 10, 3}));
  EXPECT_EQ(load(files)->decode({1, 11, 2}, false), "<bos> cat<unk>");
  EXPECT_EQ(load(files)->eos_token_id(), 0);
}

TEST(TokenizerSettings, Qwen2sClassHasAPatternOfItsOwn) {
  const json other = {{"tokenizer_class", "PreTrainedTokenizerFast"}};
  Files files = gpt2(other);
  files["tokenizer.json"]["model"]["vocab"]["1"] = 8;
  files["tokenizer.json"]["model"]["vocab"]["11"] = 9;
  files["tokenizer.json"]["model"]["merges"].push_back("1 1");
  EXPECT_EQ(ids(files, "cat11"), (Ids{5, 9}));
  files["config.json"]["model_type"] = "qwen3";
  EXPECT_EQ(ids(files, "cat11"), (Ids{5, 9}));
  files["config.json"]["model_type"] = "qwen2";  // whose class the library does not believe
  EXPECT_EQ(ids(files, "cat11"), (Ids{5, 8, 8}));
  Files legacy = gpt2_legacy({{"tokenizer_class", "Qwen2Tokenizer"}, {"add_eos_token", true}});
  legacy["config.json"]["model_type"] = "qwen3";
  EXPECT_EQ(ids(legacy, "cat cat"), (Ids{5, 6, 7}));
  EXPECT_EQ(load(legacy)->eos_token_id(), 7);
}

TEST(TokenizerSettings, MpnetsWordsHaveRobertasTokens) {
  const Files files = {{"config.json", {{"model_type", "mpnet"}}},
                       {"vocab.txt", "<s>\n<pad>\n</s>\n[UNK]\n<mask>\ngood\nete\n"}};
  EXPECT_EQ(ids(files, "Good \u00e9t\u00e9"), (Ids{0, 5, 6, 2}));
  EXPECT_EQ(ids(files, "good  <mask>"), (Ids{0, 5, 4, 2}));
  EXPECT_EQ(load(files)->encode_pair("good", "ete").ids, (Ids{0, 5, 2, 2, 6, 2}));
}

TEST(TokenizerSettings, ModernBertsClassIsNotBelieved) {
  Files files = gpt2({{"tokenizer_class", "BertTokenizer"}});
  files["config.json"]["model_type"] = "modernbert";
  EXPECT_EQ(ids(files, "cat cat"), (Ids{5, 6}));
}

TEST(TokenizerSettings, ASentencePieceModelOfLlamasClassSaysTheWayOut) {
  Files files = {{"tokenizer_config.json", {{"tokenizer_class", "LlamaTokenizer"}}},
                 {"tokenizer.model", "x"}};
  EXPECT_NE(complaint(files).find("save_pretrained(d)"), std::string::npos);
}

}  // namespace
}  // namespace eida
