/// What the small files beside a tokenizer say of it, read as transformers 5 reads them.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "component.h"

namespace eida::text {

/// Tokenizer classes that we can rebuild from vocabulary, merges and settings alone; kFile: the
/// tokenizer.json says it all.
enum class TokenizerKind {
  kFile,
  kBert,
  kMpnet,
  kGpt2,
  kQwen2,
  kLlama,
  kGemma,
  kRoberta,
  kCamembert,
  kXlmRoberta
};

/// tokenizer_config.json, special_tokens_map.json, added_tokens.json and config.json of a folder;
/// each may be missing. Source: `from_pretrained` of transformers 5.23. tokenizer_config.json comes
/// first; special_tokens_map.json and added_tokens.json count where it has no
/// "added_tokens_decoder", and the map's tokens then come before the configuration's. Keys that
/// transformers ignores are ignored.
class Settings {
 public:
  /// \throws FormatError on a file that is not what it should be, a tokenizer class that we cannot
  /// reproduce (named), or a key that is not supported (named).
  explicit Settings(const std::filesystem::path& folder);

  /// By tokenizer_class, else by model_type; empty where neither says it.
  std::optional<TokenizerKind> family() const { return family_; }
  /// What told the family: "tokenizer_class 'BertTokenizer'".
  const std::string& told_by() const { return told_by_; }
  /// Sets a family that the files at hand told, not the settings.
  void guess(TokenizerKind family);

  /// "added_tokens" of a tokenizer.json: `in_file` as it is (kFile) or as far as the settings leave
  /// it, then the settings' own, in the order in which transformers adds them.
  nlohmann::json added_tokens(const nlohmann::json& in_file) const;
  /// Completes a document as the family and the settings say. It has "model" (vocabulary, merges)
  /// and may have more of a tokenizer.json. \param from_json it comes from a tokenizer.json.
  void apply(nlohmann::json& document, const std::string& file, bool from_json);
  /// The template of the family; null for kFile.
  nlohmann::json post_processor() const;
  /// Settings of cutting, matching and decoding, the same for all families.
  void apply_common(nlohmann::json& document) const;
  /// A flag of tokenizer_config.json.
  bool flag(const std::string& key, bool fallback) const { return config().flag(key, fallback); }

 private:
  struct SpecialTokens {
    std::vector<std::pair<std::string, nlohmann::json>> named;  ///< in the order of adding
    std::vector<nlohmann::json> extra;
  };

  Component config() const { return Component(config_, config_file_, ""); }
  void find_family(const nlohmann::json& model_config);
  void refuse_unsupported() const;
  SpecialTokens special_tokens() const;
  std::set<std::string> told_special() const;
  void add_custom(SpecialTokens& tokens) const;
  std::vector<nlohmann::json> extra_tokens() const;
  /// Content of a named token, empty where it is null.
  std::string content(const std::string& name) const;
  nlohmann::json model(nlohmann::json given, const std::string& file) const;
  /// Normalizer, pre-tokenizer and decoder of the family.
  void set_steps(nlohmann::json& document) const;

  nlohmann::json config_, map_, added_;
  std::vector<std::string> config_keys_, map_keys_;  ///< in the order of the files
  std::string config_file_, map_file_, added_file_, told_by_;
  std::optional<TokenizerKind> family_;
  bool guessed_ = false, from_json_ = false;
};

}  // namespace eida::text
