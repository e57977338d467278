#include "settings.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/utf8.h"
#include "word_scanner.h"

namespace eida::text {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// An empty object where the file is not there.
json read_if_there(const fs::path& path, std::vector<std::string>* keys = nullptr) {
  if (!fs::exists(path)) return json::object();
  const JsonOptions options{.code = ExitCode::kFormat};
  json value = read_json(path, options);
  const Component object(value, path.string(), "");  // throws where it is none
  if (keys != nullptr) {
    const auto ordered = nlohmann::ordered_json::parse(read_file(path, options.max_bytes));
    for (const auto& item : ordered.items()) keys->push_back(item.key());
  }
  return value;
}

using Parts = std::vector<std::pair<std::string, int>>;

/// Special tokens, by name, around texts; their ids are found when the tokens are.
json template_of(const Parts& before, const Parts& between, const Parts& after, int second_type) {
  json out = {{"type", "TemplateProcessing"},
              {"single", json::array()},
              {"pair", json::array()},
              {"special_tokens", json::object()}};
  const auto text = [&](const char* key, const char* id, int type) {
    out[key].push_back({{"Sequence", {{"id", id}, {"type_id", type}}}});
  };
  const auto specials = [&](const char* key, const Parts& parts, int added_type) {
    for (const auto& [token, type] : parts) {
      out[key].push_back({{"SpecialToken", {{"id", token}, {"type_id", type + added_type}}}});
      out["special_tokens"][token] = {{"id", token}};
    }
  };
  for (const char* key : {"single", "pair"}) {
    specials(key, before, 0);
    text(key, "A", 0);
    if (key == std::string("pair")) {
      specials(key, between, 0);
      text(key, "B", second_type);
    }
    specials(key, after, key == std::string("pair") ? second_type : 0);
  }
  return out;
}

/// The first Precompiled of a normalizer; null where there is none.
json precompiled_in(const json& document) {
  const json normalizer = document.value("normalizer", json());
  if (!normalizer.is_object()) return nullptr;
  const json steps = normalizer.value("normalizers", json::array({normalizer}));
  for (const json& step : steps)
    if (step.is_object() && step.value("type", json()) == "Precompiled") return step;
  return nullptr;
}

/// Whether it is of Llama 3's kind, which the class LlamaTokenizer does not rebuild.
bool mentions_byte_level(const json& document) {
  return std::ranges::any_of(
      std::array{"normalizer", "pre_tokenizer", "post_processor", "decoder"}, [&](const char* key) {
        const auto part = document.find(key);
        return part != document.end() && part->dump().find("\"ByteLevel\"") != std::string::npos;
      });
}

const std::map<std::string, TokenizerKind> kClasses = {
    {"PreTrainedTokenizer", TokenizerKind::kFile},
    {"TokenizersBackend", TokenizerKind::kFile},
    {"PythonBackend", TokenizerKind::kFile},
    {"BertTokenizer", TokenizerKind::kBert},
    {"DistilBertTokenizer", TokenizerKind::kBert},
    {"ElectraTokenizer", TokenizerKind::kBert},
    {"MobileBertTokenizer", TokenizerKind::kBert},
    {"SqueezeBertTokenizer", TokenizerKind::kBert},
    {"ConvBertTokenizer", TokenizerKind::kBert},
    {"LxmertTokenizer", TokenizerKind::kBert},
    {"LayoutLMTokenizer", TokenizerKind::kBert},
    {"MPNetTokenizer", TokenizerKind::kMpnet},
    {"GPT2Tokenizer", TokenizerKind::kGpt2},
    {"Qwen2Tokenizer", TokenizerKind::kQwen2},
    {"LlamaTokenizer", TokenizerKind::kLlama},
    {"GemmaTokenizer", TokenizerKind::kGemma},
    {"RobertaTokenizer", TokenizerKind::kRoberta},
    {"BartTokenizer", TokenizerKind::kRoberta},
    {"LongformerTokenizer", TokenizerKind::kRoberta},
    {"LEDTokenizer", TokenizerKind::kRoberta},
    {"CamembertTokenizer", TokenizerKind::kCamembert},
    {"XLMRobertaTokenizer", TokenizerKind::kXlmRoberta}};
const std::map<std::string, TokenizerKind> kModelTypes = {
    {"bert", TokenizerKind::kBert},           {"distilbert", TokenizerKind::kBert},
    {"mpnet", TokenizerKind::kMpnet},         {"gpt2", TokenizerKind::kGpt2},
    {"qwen2", TokenizerKind::kQwen2},         {"qwen3", TokenizerKind::kQwen2},
    {"gemma3_text", TokenizerKind::kGemma},   {"roberta", TokenizerKind::kRoberta},
    {"camembert", TokenizerKind::kCamembert}, {"xlm-roberta", TokenizerKind::kXlmRoberta}};
/// Models of which transformers does not believe the class.
const std::map<std::string, TokenizerKind> kWhateverClass = {{"mistral", TokenizerKind::kFile},
                                                             {"modernbert", TokenizerKind::kFile},
                                                             {"qwen2", TokenizerKind::kQwen2}};

bool is_decoder(TokenizerKind family) {
  return family == TokenizerKind::kGpt2 || family == TokenizerKind::kQwen2 ||
         family == TokenizerKind::kLlama || family == TokenizerKind::kGemma;
}
bool is_word_piece(TokenizerKind family) {
  return family == TokenizerKind::kBert || family == TokenizerKind::kMpnet;
}
bool is_unigram(TokenizerKind family) {
  return family == TokenizerKind::kCamembert || family == TokenizerKind::kXlmRoberta;
}

json sequence_of(const char* key, json steps) {
  return {{"type", "Sequence"}, {key, std::move(steps)}};
}
json replace_of(const char* from, const char* to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

/// Pieces of SentencePiece → text.
json sentencepiece_decoder(bool strip) {
  json steps = {replace_of("\u2581", " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}};
  if (strip) steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  return sequence_of("decoders", std::move(steps));
}

}  // namespace

Settings::Settings(const fs::path& folder)
    : config_file_((folder / "tokenizer_config.json").string()),
      map_file_((folder / "special_tokens_map.json").string()),
      added_file_((folder / "added_tokens.json").string()) {
  config_ = read_if_there(config_file_, &config_keys_);
  map_ = added_ = json::object();
  if (!config_.contains("added_tokens_decoder")) {
    map_ = read_if_there(map_file_, &map_keys_);
    added_ = read_if_there(added_file_);
  }
  refuse_unsupported();
  find_family(read_if_there(folder / "config.json"));
}

void Settings::refuse_unsupported() const {
  for (const char* key : {"auto_map", "fast_tokenizer_files", "fix_mistral_regex", "init_inputs",
                          "merges", "post_processor", "tokenizer_object", "tokenizer_padding",
                          "tokenizer_truncation", "unk_id", "vocab"}) {
    const json value = config_.value(key, json());
    if (!value.is_null() && value != false && !(value.is_structured() && value.empty()))
      config().fail(fmt::format("key '{}' is not supported", key));
  }
}

void Settings::find_family(const json& model_config) {
  const Component model(model_config, fs::path(config_file_).replace_filename("config.json"), "");
  const bool in_config = config().has("tokenizer_class");
  const Component& owner = in_config ? config() : model;
  const std::string name = owner.text("tokenizer_class", "");
  const std::string plain = name.ends_with("Fast") ? name.substr(0, name.size() - 4) : name;
  const std::string model_type = model.text("model_type", "");
  if (const auto found = kWhateverClass.find(model_type); found != kWhateverClass.end()) {
    family_ = found->second;
    told_by_ = fmt::format("model_type '{}'", model_type);
  } else if (!name.empty()) {
    const auto found = kClasses.find(plain);
    if (found == kClasses.end()) {
      owner.fail(fmt::format(
          "tokenizer_class '{}' is not supported (hint: the classes of BERT, MPNet, GPT-2, Qwen2, "
          "Llama, Gemma, RoBERTa, CamemBERT and XLM-R are; PreTrainedTokenizerFast where "
          "tokenizer.json says it all)",
          printable(name)));
    }
    family_ = found->second;
    told_by_ = fmt::format("tokenizer_class '{}'", name);
  } else if (const auto found = kModelTypes.find(model_type); found != kModelTypes.end()) {
    family_ = found->second;
    told_by_ = fmt::format("model_type '{}'", found->first);
  }
}

void Settings::guess(TokenizerKind family) {
  family_ = family;
  guessed_ = true;
}

json Settings::added_tokens(const json& in_file) const {
  std::map<int64_t, json> by_id;
  const SpecialTokens specials = special_tokens();
  std::set<std::string> named;
  for (const auto& [name, token] : specials.named) named.insert(token["content"]);
  if (config_.contains("added_tokens_decoder")) {
    for (const auto& [key, value] : config().object("added_tokens_decoder").items()) {
      const Component entry(value, config_file_, "added_tokens_decoder." + key);
      entry.text("content");
      if (key.empty() || key.size() > 9 || key.find_first_not_of("0123456789") != key.npos)
        entry.fail("is not named by an id");
      by_id[std::stoll(key)] = value;
    }
  } else {
    const Component file(added_, added_file_, "");
    const std::set<std::string> told = told_special();
    for (const auto& [token, id] : added_.items())
      by_id[checked_id(id, file, token)] = {{"content", token},
                                            {"special", told.count(token) > 0},
                                            {"normalized", told.count(token) == 0}};
    for (const json& token : in_file) {
      const bool as_it_is = *family_ == TokenizerKind::kFile &&
                            (named.count(token["content"]) == 0 ||
                             Component(token, config_file_, "added token").flag("special", false));
      by_id.erase(token["id"].get<int64_t>());
      if (!as_it_is) by_id[token["id"].get<int64_t>()] = token;
    }
  }
  json out = *family_ == TokenizerKind::kFile ? in_file : json::array();
  std::set<std::string> known;
  for (const json& token : out) known.insert(token["content"]);
  for (auto& [id, token] : by_id) {
    token["special"] = Component(token, config_file_, "added token").flag("special", false) ||
                       named.count(token["content"]) > 0;
    token["id"] = id;
    known.insert(token["content"]);
    out.push_back(token);
  }
  std::vector<json> added;  // of equal ones the first; the same content with other flags again
  const auto add_new = [&](const json& token, bool special) {
    if (known.count(token["content"]) > 0) return;
    if (std::find(added.begin(), added.end(), token) != added.end()) return;
    added.push_back(token);
    out.push_back(token);
    if (special) out.back()["special"] = true;
  };
  for (const auto& [name, token] : specials.named) add_new(token, true);
  for (const json& token : specials.extra) add_new(token, named.count(token["content"]) > 0);
  return out;
}

std::string Settings::content(const std::string& name) const {
  for (const auto& [known, token] : special_tokens().named)
    if (known == name) return token["content"];
  return "";
}

json Settings::post_processor() const {
  const auto needed = [&](const char* name) {
    std::string token = content(name);
    if (token.empty()) config().fail(fmt::format("key '{}' is null, but needed", name));
    return token;
  };
  switch (*family_) {
    case TokenizerKind::kFile:
      return nullptr;
    case TokenizerKind::kBert: {
      const std::string sep = needed("sep_token");
      return template_of({{needed("cls_token"), 0}}, {{sep, 0}}, {{sep, 0}}, 1);
    }
    case TokenizerKind::kGpt2:
    case TokenizerKind::kQwen2:
    case TokenizerKind::kLlama:
    case TokenizerKind::kGemma: {
      Parts first, last, between;
      if (flag("add_bos_token", false) && !content("bos_token").empty())
        first = {{content("bos_token"), 0}};
      if (flag("add_eos_token", false) && !content("eos_token").empty())
        between = last = {{content("eos_token"), 0}};
      for (const auto& [token, type] : first) between.emplace_back(token, 1);
      return template_of(first, between, last, 1);
    }
    default: {
      const bool sep = !is_unigram(*family_);
      const std::string last = needed(sep ? "sep_token" : "eos_token");
      return template_of({{needed(sep ? "cls_token" : "bos_token"), 0}}, {{last, 0}, {last, 0}},
                         {{last, 0}}, 0);
    }
  }
}

json Settings::model(json given, const std::string& file) const {
  const bool unigram = is_unigram(*family_);
  const bool bpe = !unigram && !is_word_piece(*family_);
  json vocab = std::move(given["vocab"]);
  if (unigram ? !vocab.is_array() : !vocab.is_object() || (bpe && !given.contains("merges"))) {
    throw FormatError("{}: model: is no {}, which {} reads", file,
                      unigram ? "Unigram"
                      : bpe   ? "BPE"
                              : "WordPiece",
                      told_by_);
  }
  json out = {{"type", unigram ? "Unigram" : bpe ? "BPE" : "WordPiece"}};
  if (bpe) out["merges"] = std::move(given["merges"]);
  if (bpe && !from_json_) out["merges.txt"] = std::move(given["merges.txt"]);
  if (*family_ == TokenizerKind::kLlama || *family_ == TokenizerKind::kGemma)
    out["fuse_unk"] = out["byte_fallback"] = true;
  const std::string unknown_token = content("unk_token");
  if (is_word_piece(*family_) ||
      (*family_ == TokenizerKind::kGemma && vocab.contains(unknown_token)))
    out["unk_token"] = unknown_token;
  size_t unknown = 3;
  if (*family_ == TokenizerKind::kCamembert) {
    for (unknown = 0; unknown < vocab.size(); ++unknown)
      if (vocab[unknown].is_array() && !vocab[unknown].empty() &&
          vocab[unknown][0] == unknown_token)
        break;
    if (unknown == vocab.size()) unknown = 0;
  }
  if (unigram) out["unk_id"] = unknown;
  out["vocab"] = std::move(vocab);
  return out;
}

void Settings::apply(json& document, const std::string& file, bool from_json) {
  from_json_ = from_json;
  if (family_ == TokenizerKind::kLlama && mentions_byte_level(document))
    guess(TokenizerKind::kFile);
  const Component whole(document, file, "");
  if (whole.has("added_tokens")) {
    for (const Component& token : whole.children("added_tokens")) {
      token.text("content");
      token.id("id");
    }
  }
  document["added_tokens"] = added_tokens(document.value("added_tokens", json::array()));
  apply_common(document);
  if (*family_ == TokenizerKind::kFile) return;
  if (!is_decoder(*family_) || !from_json) document["post_processor"] = post_processor();
  whole.child("model");  // an object
  document["model"] = model(std::move(document["model"]), file);
  set_steps(document);
}

void Settings::set_steps(json& document) const {
  json normalizer, pre_tokenizer, decoder;
  const json metaspace = {{"type", "Metaspace"},
                          {"prepend_scheme", flag("add_prefix_space", true) ? "always" : "never"}};
  switch (*family_) {
    case TokenizerKind::kBert:
    case TokenizerKind::kMpnet:
      normalizer = {{"type", "BertNormalizer"},
                    {"lowercase", flag("do_lower_case", true)},
                    {"handle_chinese_chars", flag("tokenize_chinese_chars", true)}};
      if (config().has("strip_accents")) normalizer["strip_accents"] = config_["strip_accents"];
      pre_tokenizer = {{"type", "BertPreTokenizer"}};
      decoder = {{"type", "WordPiece"}};
      break;
    case TokenizerKind::kQwen2:
      normalizer = {{"type", "NFC"}};
      pre_tokenizer = sequence_of(
          "pretokenizers",
          {{{"type", "Split"}, {"pattern", {{"Regex", kQwen2Words}}}, {"behavior", "Isolated"}},
           {{"type", "ByteLevel"},
            {"add_prefix_space", flag("add_prefix_space", false)},
            {"use_regex", false}}});
      decoder = {{"type", "ByteLevel"}};
      break;
    case TokenizerKind::kGpt2:
    case TokenizerKind::kRoberta:
      pre_tokenizer = {{"type", "ByteLevel"},
                       {"add_prefix_space", flag("add_prefix_space", false)}};
      decoder = {{"type", "ByteLevel"}};
      break;
    case TokenizerKind::kLlama:
      pre_tokenizer = metaspace;
      pre_tokenizer["split"] = false;
      if (flag("add_prefix_space", true) && !flag("legacy", false))
        pre_tokenizer["prepend_scheme"] = "first";
      decoder = sentencepiece_decoder(flag("add_prefix_space", true));
      break;
    case TokenizerKind::kGemma:  // its Split at spaces finds none behind this normalizer
      normalizer = replace_of(" ", "\u2581");
      decoder = sentencepiece_decoder(false);
      break;
    default:
      normalizer = precompiled_in(document);
      pre_tokenizer = sequence_of("pretokenizers", {{{"type", "WhitespaceSplit"}}, metaspace});
      decoder = metaspace;
  }
  document["normalizer"] = normalizer;
  document["pre_tokenizer"] = pre_tokenizer;
  document["decoder"] = decoder;
}

void Settings::apply_common(json& document) const {
  if (config_.contains("truncation_side")) {
    const std::string side = config().text("truncation_side");
    if (side != "left" && side != "right")
      config().fail("key 'truncation_side' is neither left nor right");
    document["truncation"] = {{"direction", side == "left" ? "Left" : "Right"}};
  }
  document["eos_token"] = content("eos_token");
  document["split_special_tokens"] = flag("split_special_tokens", false);
  const auto model = document.find("model");  // large: not copied
  const bool bpe = model != document.end() && model->is_object() && model->contains("merges");
  document["clean_up_tokenization_spaces"] =
      flag("clean_up_tokenization_spaces", false) &&
      (!bpe ||
       flag("clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output", false));
}

}  // namespace eida::text
