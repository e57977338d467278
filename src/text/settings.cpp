#include "settings.h"

#include <algorithm>
#include <map>
#include <set>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/utf8.h"

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

const std::map<std::string, Family> kClasses = {{"PreTrainedTokenizer", Family::kFile},
                                                {"TokenizersBackend", Family::kFile},
                                                {"PythonBackend", Family::kFile},
                                                {"BertTokenizer", Family::kBert},
                                                {"DistilBertTokenizer", Family::kBert},
                                                {"ElectraTokenizer", Family::kBert},
                                                {"MobileBertTokenizer", Family::kBert},
                                                {"SqueezeBertTokenizer", Family::kBert},
                                                {"ConvBertTokenizer", Family::kBert},
                                                {"LxmertTokenizer", Family::kBert},
                                                {"LayoutLMTokenizer", Family::kBert},
                                                {"MPNetTokenizer", Family::kMpnet},
                                                {"GPT2Tokenizer", Family::kGpt2},
                                                {"RobertaTokenizer", Family::kRoberta},
                                                {"BartTokenizer", Family::kRoberta},
                                                {"LongformerTokenizer", Family::kRoberta},
                                                {"LEDTokenizer", Family::kRoberta},
                                                {"CamembertTokenizer", Family::kCamembert},
                                                {"XLMRobertaTokenizer", Family::kXlmRoberta}};
const std::map<std::string, Family> kModelTypes = {{"bert", Family::kBert},
                                                   {"distilbert", Family::kBert},
                                                   {"mpnet", Family::kMpnet},
                                                   {"gpt2", Family::kGpt2},
                                                   {"roberta", Family::kRoberta},
                                                   {"camembert", Family::kCamembert},
                                                   {"xlm-roberta", Family::kXlmRoberta}};

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
  if (!name.empty()) {
    const auto found = kClasses.find(plain);
    if (found == kClasses.end()) {
      owner.fail(fmt::format(
          "tokenizer_class '{}' is not supported (hint: the classes of BERT, MPNet, GPT-2, "
          "RoBERTa, "
          "CamemBERT and XLM-R are; PreTrainedTokenizerFast where tokenizer.json says it all)",
          printable(name)));
    }
    family_ = found->second;
    told_by_ = fmt::format("tokenizer_class '{}'", name);
  } else if (const auto found = kModelTypes.find(model.text("model_type", ""));
             found != kModelTypes.end()) {
    family_ = found->second;
    told_by_ = fmt::format("model_type '{}'", found->first);
  }
}

void Settings::guess(Family family) {
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
      const bool as_it_is = *family_ == Family::kFile &&
                            (named.count(token["content"]) == 0 ||
                             Component(token, config_file_, "added token").flag("special", false));
      by_id.erase(token["id"].get<int64_t>());
      if (!as_it_is) by_id[token["id"].get<int64_t>()] = token;
    }
  }
  json out = *family_ == Family::kFile ? in_file : json::array();
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
    case Family::kFile:
      return nullptr;
    case Family::kBert: {
      const std::string sep = needed("sep_token");
      return template_of({{needed("cls_token"), 0}}, {{sep, 0}}, {{sep, 0}}, 1);
    }
    case Family::kGpt2: {
      Parts first, last, between;
      if (flag("add_bos_token", false) && !content("bos_token").empty())
        first = {{content("bos_token"), 0}};
      if (flag("add_eos_token", false) && !content("eos_token").empty())
        between = last = {{content("eos_token"), 0}};
      for (const auto& [token, type] : first) between.emplace_back(token, 1);
      return template_of(first, between, last, 1);
    }
    default: {
      const bool sep = *family_ == Family::kRoberta || *family_ == Family::kMpnet;
      const std::string last = needed(sep ? "sep_token" : "eos_token");
      return template_of({{needed(sep ? "cls_token" : "bos_token"), 0}}, {{last, 0}, {last, 0}},
                         {{last, 0}}, 0);
    }
  }
}

json Settings::model(json given, const std::string& file) const {
  const bool unigram = *family_ == Family::kCamembert || *family_ == Family::kXlmRoberta;
  const bool bpe = *family_ == Family::kGpt2 || *family_ == Family::kRoberta;
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
  if (!unigram && !bpe) out["unk_token"] = content("unk_token");
  size_t unknown = 3;
  if (*family_ == Family::kCamembert) {
    const std::string token = content("unk_token");
    for (unknown = 0; unknown < vocab.size(); ++unknown)
      if (vocab[unknown].is_array() && !vocab[unknown].empty() && vocab[unknown][0] == token) break;
    if (unknown == vocab.size()) unknown = 0;
  }
  if (unigram) out["unk_id"] = unknown;
  out["vocab"] = std::move(vocab);
  return out;
}

void Settings::apply(json& document, const std::string& file, bool from_json) {
  from_json_ = from_json;
  const Component whole(document, file, "");
  if (whole.has("added_tokens")) {
    for (const Component& token : whole.children("added_tokens")) {
      token.text("content");
      token.id("id");
    }
  }
  document["added_tokens"] = added_tokens(document.value("added_tokens", json::array()));
  apply_common(document);
  if (*family_ == Family::kFile) return;
  if (*family_ != Family::kGpt2 || !from_json) document["post_processor"] = post_processor();
  const json charsmap = precompiled_in(document);
  whole.child("model");  // an object
  document["model"] = model(std::move(document["model"]), file);
  if (*family_ == Family::kBert || *family_ == Family::kMpnet) {
    document["normalizer"] = {{"type", "BertNormalizer"},
                              {"lowercase", flag("do_lower_case", true)},
                              {"handle_chinese_chars", flag("tokenize_chinese_chars", true)}};
    if (config().has("strip_accents"))
      document["normalizer"]["strip_accents"] = config_["strip_accents"];
    document["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
    document["decoder"] = {{"type", "WordPiece"}};
  } else if (*family_ == Family::kGpt2 || *family_ == Family::kRoberta) {
    document["normalizer"] = nullptr;
    document["pre_tokenizer"] = {{"type", "ByteLevel"},
                                 {"add_prefix_space", flag("add_prefix_space", false)}};
    document["decoder"] = {{"type", "ByteLevel"}};
  } else {
    const json metaspace = {
        {"type", "Metaspace"},
        {"prepend_scheme", flag("add_prefix_space", true) ? "always" : "never"}};
    document["normalizer"] = charsmap;
    document["pre_tokenizer"] = {{"type", "Sequence"},
                                 {"pretokenizers", {{{"type", "WhitespaceSplit"}}, metaspace}}};
    document["decoder"] = metaspace;
  }
}

void Settings::apply_common(json& document) const {
  if (config_.contains("truncation_side")) {
    const std::string side = config().text("truncation_side");
    if (side != "left" && side != "right")
      config().fail("key 'truncation_side' is neither left nor right");
    document["truncation"] = {{"direction", side == "left" ? "Left" : "Right"}};
  }
  document["split_special_tokens"] = flag("split_special_tokens", false);
  const json model = document.value("model", json::object());
  document["clean_up_tokenization_spaces"] =
      flag("clean_up_tokenization_spaces", false) &&
      (!model.contains("merges") ||
       flag("clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output", false));
}

}  // namespace eida::text
