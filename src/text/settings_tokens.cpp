// The special tokens of a folder's settings, in the order in which transformers adds them.
#include <algorithm>
#include <array>

#include "eida/core/utf8.h"
#include "settings.h"

namespace eida::text {
namespace {

using nlohmann::json;

constexpr std::array kNamed = {"bos_token", "eos_token", "unk_token", "sep_token",
                               "pad_token", "cls_token", "mask_token"};

/// What the classes name when the settings do not, in the order of kNamed.
std::array<const char*, kNamed.size()> default_tokens(TokenizerKind family) {
  switch (family) {
    case TokenizerKind::kFile:
      return {};
    case TokenizerKind::kBert:
      return {nullptr, nullptr, "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"};
    case TokenizerKind::kMpnet:
      return {"<s>", "</s>", "[UNK]", "</s>", "<pad>", "<s>", "<mask>"};
    case TokenizerKind::kGpt2:
      return {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>"};
    case TokenizerKind::kQwen2:
      return {nullptr, "<|endoftext|>", "<|endoftext|>", nullptr, "<|endoftext|>"};
    case TokenizerKind::kLlama:
      return {"<s>", "</s>", "<unk>"};
    case TokenizerKind::kGemma:
      return {"<bos>", "<eos>", "<unk>", nullptr, "<pad>", nullptr, "<mask>"};
    default:
      return {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"};
  }
}

bool is_named(const std::string& key) {
  return std::find(kNamed.begin(), kNamed.end(), key) != kNamed.end();
}

/// A token as "added_tokens" has it, of a string or of an object with "content" and flags.
json token_of(const json& value, const Component& owner, const std::string& key,
              bool typed_only = true) {
  if (value.is_string()) return {{"content", value}, {"special", true}};
  const bool typed = value.is_object() && value.value("__type", json()) == "AddedToken";
  if (!value.is_object() || (typed_only && !typed))
    owner.fail(fmt::format("key '{}' is neither a string nor an AddedToken", printable(key)));
  Component(value, owner.file(), key).text("content");
  json token = value;
  if (!typed_only) token["special"] = true;
  return token;
}

/// Null where the key has no list.
json list_in(const json& from, const char* key) {
  const json found = from.value(key, json());
  return found.is_array() ? found : json();
}

}  // namespace

Settings::SpecialTokens Settings::special_tokens() const {
  SpecialTokens out;
  const auto defaults = default_tokens(*family_);
  for (size_t i = 0; i < kNamed.size(); ++i) {
    const char* name = kNamed[i];
    json token;
    if (map_.contains(name)) {
      if (!map_[name].is_null())
        token = token_of(map_[name], Component(map_, map_file_, ""), name, false);
    } else if (config_.contains(name)) {
      if (!config_[name].is_null()) token = token_of(config_[name], config(), name);
    } else if (defaults[i] != nullptr) {
      token = {{"content", defaults[i]}, {"special", true}};
    }
    // The classes of files that name none took the spaces before <mask> with it.
    const bool mask = name == std::string("mask_token") && token.is_object() && token.size() == 2;
    if (mask && (*family_ == TokenizerKind::kCamembert || *family_ == TokenizerKind::kMpnet ||
                 (guessed_ && *family_ == TokenizerKind::kRoberta)))
      token["lstrip"] = true;
    if (!token.is_null()) out.named.emplace_back(name, token);
  }
  add_custom(out);
  out.extra = extra_tokens();
  return out;
}

/// Tokens of other names that end in "_token", and objects of names and tokens.
void Settings::add_custom(SpecialTokens& tokens) const {
  const auto set = [&](const std::string& name, const json& token) {
    for (auto& [known, value] : tokens.named)
      if (known == name) return void(value = token);
    tokens.named.emplace_back(name, token);
  };
  const auto custom = [](const std::string& key) {
    return key.ends_with("_token") && !is_named(key);
  };
  const Component map(map_, map_file_, "");
  for (const std::string& key : config_keys_)
    if (custom(key) && config_[key].is_object()) set(key, token_of(config_[key], config(), key));
  for (const std::string& key : map_keys_)
    if (custom(key) && (map_[key].is_object() || map_[key].is_string()))
      set(key, token_of(map_[key], map, key, false));
  for (const std::string& key : config_keys_)
    if (custom(key) && config_[key].is_string()) set(key, token_of(config_[key], config(), key));
  for (const char* key : {"model_specific_special_tokens", "extra_special_tokens"}) {
    if (!config_.contains(key) || !config_[key].is_object()) continue;
    for (const auto& [name, value] : config_[key].items())
      set(name, token_of(value, config(), name));
  }
}

std::vector<json> Settings::extra_tokens() const {
  json extra = list_in(config_, "extra_special_tokens");
  const Component map(map_, map_file_, "");
  if ((extra.is_null() || extra.empty()) && config_.contains("additional_special_tokens"))
    extra = list_in(config_, "additional_special_tokens");
  if (extra.is_null()) extra = list_in(map_, "additional_special_tokens");
  if (extra.is_null() && from_json_ && *family_ == TokenizerKind::kCamembert)
    extra = {"<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"};
  std::vector<json> out;
  for (const json& value : extra)
    out.push_back(token_of(value, config(), "additional_special_tokens"));
  for (const json& value : list_in(map_, "extra_special_tokens"))
    out.push_back(token_of(value, map, "extra_special_tokens", false));
  return out;
}

/// What makes a token of added_tokens.json special: the map's tokens, the configuration's strings.
std::set<std::string> Settings::told_special() const {
  std::set<std::string> out;
  const auto insert = [&](const json& value) {
    const json token = value.is_object() ? value.value("content", json()) : value;
    if (token.is_string()) out.insert(token);
  };
  for (const char* name : kNamed) {
    if (map_.contains(name)) {
      insert(map_[name]);
    } else if (config_.contains(name) && config_[name].is_string()) {
      insert(config_[name]);
    }
  }
  json extra = list_in(config_, "extra_special_tokens");
  if (extra.empty()) extra = list_in(config_, "additional_special_tokens");
  for (const json& value : extra)
    if (value.is_string()) insert(value);
  for (const json& value : list_in(map_, "extra_special_tokens")) insert(value);
  return out;
}

}  // namespace eida::text
