// adapter_config.json of a LoRA of PEFT: which modules it adapts, and by how much.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

namespace eida {

/// What is subtracted from the base weights before the adapter is added: the adapter's start, which
/// PEFT subtracts whenever it opens the folder.
enum class PeftStart { kNone, kPissa, kOlora };

/// Names of modules are those of the adapter's own model: without "bert." where that was bare.
/// Source: peft 0.21, LoraConfig, check_target_module_exists, get_pattern_key, _set_trainable.
class PeftConfig {
 public:
  /// \param model_type for target_modules that are left to PEFT. \throws FormatError names a key
  /// that is not known and not off (null, false, empty), or the value that is not supported.
  PeftConfig(const std::filesystem::path& file, const std::string& model_type);

  /// Whether the module has a LoRA. \param linear a linear layer that gives no scores of words
  bool targets(const std::string& module, bool linear) const;
  /// Whether the module is saved whole.
  bool saves(const std::string& module) const;
  /// What the module's update is multiplied by. \param rank of its tensors. \throws FormatError the
  /// configuration has another
  double scaling(const std::string& module, int64_t rank) const;
  /// use_dora, lora_bias, …
  bool is_on(const char* key) const { return value(key) == true; }
  PeftStart start() const { return start_; }
  const std::string& file() const { return file_; }

 private:
  using Pattern = std::pair<std::regex, double>;
  /// One regular expression, or names that a module's name ends with.
  struct NameRule {
    std::optional<std::regex> expression;
    std::vector<std::string> names;
    bool fits(const std::string& module) const;
  };

  template <typename... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> text, Args&&... args) const;
  /// Null where the key is missing.
  const nlohmann::ordered_json& value(const char* key) const;
  void check_choice(const char* key, const std::vector<nlohmann::ordered_json>& choices) const;
  void check_known() const;
  void read_start();
  void read_saved();
  void read_targets(const std::string& model_type);
  void read_layers();
  std::regex expression(const char* key, const std::string& text) const;
  std::vector<std::string> names(const char* key) const;
  NameRule name_rule(const char* key) const;
  std::vector<Pattern> patterns(const char* key) const;
  bool in_chosen_layer(const std::string& module) const;
  double number_for(const std::string& module, const std::vector<Pattern>& patterns,
                    const char* key) const;

  std::string file_;
  nlohmann::ordered_json values_;
  PeftStart start_ = PeftStart::kNone;
  bool all_linear_ = false;
  NameRule targets_, excluded_;
  std::vector<std::string> saved_names_;
  std::vector<std::regex> saved_, layer_patterns_;
  std::vector<int64_t> layers_;  ///< empty: all
  std::vector<Pattern> ranks_, alphas_;
};

}  // namespace eida
