#include "peft_config.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>
#include <string_view>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/utf8.h"

namespace eida {
namespace {

using Json = nlohmann::ordered_json;

std::string shown(const Json& value) {
  return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace), 60);
}

/// A pattern of Python's re in the words of std::regex, which tries all ways at once: one after the
/// other they may take for ever. So there are no back-references. \throws std::regex_error
std::regex python_regex(std::string_view pattern) {
  if (pattern.size() > 4000) throw std::regex_error(std::regex_constants::error_complexity);
  auto flags = std::regex::ECMAScript | std::regex_constants::__polynomial;
  if (pattern.starts_with("(?i)")) {
    flags |= std::regex::icase;
    pattern.remove_prefix(4);
  }
  std::string text;
  while (!pattern.empty()) {
    size_t taken = 1;
    if (pattern.front() == '\\' && pattern.size() > 1) {
      taken = 2;
      const bool letter = std::isalpha(static_cast<unsigned char>(pattern[1])) != 0;
      if (letter && std::string_view("AZbBdDsSwWfnrtvx").find(pattern[1]) == std::string_view::npos)
        throw std::regex_error(std::regex_constants::error_escape);
    }
    const std::string_view piece = pattern.substr(0, taken);
    if (piece == "\\A" || piece == "\\Z") {
      text += piece == "\\A" ? '^' : '$';
    } else if (pattern.starts_with("(?P<")) {  // a group's name
      text += '(';
      taken = std::min(pattern.size(), pattern.find('>', 4)) + 1;
    } else {
      text += piece;
    }
    pattern.remove_prefix(std::min(taken, pattern.size()));
  }
  return std::regex(text, flags);
}

/// As Python's re.match: from the beginning, not necessarily to the end.
bool begins(const std::string& name, const std::regex& pattern, std::smatch& match) {
  return std::regex_search(name, match, pattern, std::regex_constants::match_continuous);
}

bool begins(const std::string& name, const std::regex& pattern) {
  std::smatch ignored;
  return begins(name, pattern, ignored);
}

std::string lowered(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

template <typename... Args>
void PeftConfig::refuse(fmt::format_string<Args...> text, Args&&... args) const {
  throw FormatError("{}: {}", file_, fmt::format(text, std::forward<Args>(args)...));
}

PeftConfig::PeftConfig(const std::filesystem::path& file, const std::string& model_type)
    : file_(file.string()) {
  JsonOptions options;
  options.code = ExitCode::kFormat;
  const std::string text = read_file(file);
  if (!parse_json(text, file_, options).is_object()) refuse("is not an object");
  values_ = Json::parse(text);  // of patterns the first that fits counts
  check_known();
  read_start();
  read_saved();
  read_targets(model_type);
  read_layers();
  excluded_ = name_rule("exclude_modules");
  ranks_ = patterns("rank_pattern");
  alphas_ = patterns("alpha_pattern");
}

const Json& PeftConfig::value(const char* key) const {
  static const Json null;
  const auto found = values_.find(key);
  return found == values_.end() ? null : *found;
}

void PeftConfig::check_choice(const char* key, const std::vector<Json>& choices) const {
  const Json& given = value(key);
  if (std::find(choices.begin(), choices.end(), given) != choices.end()) return;
  std::vector<std::string> texts;
  for (const Json& choice : choices) {
    if (!choice.is_null())
      texts.push_back(choice.is_string() ? choice.get<std::string>() : shown(choice));
  }
  refuse("{} is {}, only {} is supported", key, values_.contains(key) ? shown(given) : "missing",
         fmt::join(texts, ", "));
}

/// Keys that are read here, that say nothing about the sum, or that are off.
void PeftConfig::check_known() const {
  check_choice("peft_type", {"LORA"});
  check_choice("bias", {nullptr, "none", "all", "lora_only"});
  check_choice("task_type", {nullptr, "SEQ_CLS", "SEQ_2_SEQ_LM", "CAUSAL_LM", "TOKEN_CLS",
                             "QUESTION_ANS", "FEATURE_EXTRACTION"});
  for (const char* key : {"use_rslora", "use_dora", "lora_bias"})
    check_choice(key, {nullptr, true, false});
  if (is_on("use_dora") && is_on("lora_bias")) refuse("lora_bias is true beside use_dora");
  static const std::set<std::string> known = {
      "peft_type", "bias", "task_type", "use_rslora", "use_dora", "lora_bias", "r", "lora_alpha",
      "rank_pattern", "alpha_pattern", "target_modules", "exclude_modules", "layers_to_transform",
      "layers_pattern", "modules_to_save", "init_lora_weights",
      // of training, or of how it began:
      "auto_mapping", "base_model_name_or_path", "revision", "peft_version", "inference_mode",
      "lora_dropout", "megatron_core", "qalora_group_size", "runtime_config", "eva_config",
      "corda_config", "lora_ga_config", "loftq_config", "velora_config",
      "fan_in_fan_out",  // PEFT sets it as the layer is
      "ensure_weight_tying"};
  for (const auto& [key, given] : values_.items()) {
    const bool off = given.is_null() || given == false ||
                     ((given.is_object() || given.is_array()) && given.empty());
    if (!off && !known.contains(key))
      refuse("{} is {}, which is not supported", printable(key), shown(given));
  }
}

/// What PEFT does to the base weights when it makes the layers that it then fills.
void PeftConfig::read_start() {
  const Json& given = value("init_lora_weights");
  if (given.is_null() || given.is_boolean()) return;
  const std::string name = given.is_string() ? lowered(given.get<std::string>()) : "";
  constexpr std::string_view kApproximated = "pissa_niter_";  // by a random projection
  const bool number = name.starts_with(kApproximated) && name.size() > kApproximated.size() &&
                      name.find_first_not_of("0123456789", kApproximated.size()) == name.npos;
  if (name == "pissa" || number) start_ = PeftStart::kPissa;
  if (name == "olora") start_ = PeftStart::kOlora;
  static const std::set<std::string> leave_the_base = {"gaussian", "orthogonal", "eva", "lora_ga",
                                                       "mica"};
  if (start_ != PeftStart::kNone || leave_the_base.contains(name)) return;
  refuse(
      "init_lora_weights is {}, which changes the base weights (hint: save it with "
      "path_initial_model_for_weight_conversion)",
      shown(given));
}

std::regex PeftConfig::expression(const char* key, const std::string& text) const {
  try {
    return python_regex(text);
  } catch (const std::regex_error&) {
    refuse("{}: '{}' is not a regular expression that is supported", key, printable(text));
  }
}

std::vector<std::string> PeftConfig::names(const char* key) const {
  std::vector<std::string> list;
  const Json& given = value(key);
  if (given.is_null()) return list;
  const auto is_text = [](const Json& item) { return item.is_string(); };
  if (!given.is_array() || !std::all_of(given.begin(), given.end(), is_text))
    refuse("{} is {}, not names of modules", key, shown(given));
  return given.get<std::vector<std::string>>();
}

PeftConfig::NameRule PeftConfig::name_rule(const char* key) const {
  if (!value(key).is_string()) return {std::nullopt, names(key)};
  const auto text = value(key).get<std::string>();
  if (text.empty()) return {};
  return {expression(key, text), {}};
}

bool PeftConfig::NameRule::fits(const std::string& module) const {
  if (expression) return std::regex_match(module, *expression);
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return module == name || module.ends_with("." + name);
  });
}

void PeftConfig::read_saved() {
  saved_names_ = names("modules_to_save");
  const Json& task = value("task_type");
  if (task == "SEQ_CLS" || task == "TOKEN_CLS")
    saved_names_.insert(saved_names_.end(), {"classifier", "score"});
  if (task == "QUESTION_ANS") saved_names_.emplace_back("qa_outputs");
  for (const std::string& name : saved_names_)
    saved_.push_back(expression("modules_to_save", "(^|.*\\.)" + name + "($|\\..*)"));
}

void PeftConfig::read_targets(const std::string& model_type) {
  static const std::map<std::string, std::vector<std::string>> defaults = {
      {"bert", {"query", "value"}},         {"roberta", {"query", "value"}},
      {"xlm-roberta", {"query", "value"}},  {"gpt2", {"c_attn"}},
      {"llama", {"q_proj", "v_proj"}},      {"mistral", {"q_proj", "v_proj"}},
      {"qwen2", {"q_proj", "v_proj"}},      {"qwen3", {"q_proj", "v_proj"}},
      {"gemma3_text", {"q_proj", "v_proj"}}};
  const Json& given = value("target_modules");
  if (given.is_null()) {
    const auto found = defaults.find(model_type);
    if (found == defaults.end() && !model_type.empty())
      refuse("target_modules is missing, which PEFT does not choose for {}", model_type);
    if (found != defaults.end()) targets_.names = found->second;
    return;
  }
  all_linear_ = given.is_string() && lowered(given.get<std::string>()) == "all-linear";
  if (!all_linear_) targets_ = name_rule("target_modules");
}

void PeftConfig::read_layers() {
  const Json& layers = value("layers_to_transform");
  const Json& pattern = value("layers_pattern");
  const auto is_number = [](const Json& item) { return item.is_number_integer(); };
  if (is_number(layers)) layers_ = {layers.get<int64_t>()};
  if (layers.is_array() && std::all_of(layers.begin(), layers.end(), is_number))
    layers_ = layers.get<std::vector<int64_t>>();
  if (!layers.is_null() &&
      (layers_.empty() != layers.empty() || value("target_modules").is_string()))
    refuse("layers_to_transform is {}: wanted numbers, beside a list of target_modules",
           shown(layers));
  const bool any = pattern.is_null() || pattern.empty() ||
                   (pattern.is_string() && pattern.get<std::string>().empty());
  if (!any && layers.is_null()) refuse("layers_pattern is there without layers_to_transform");
  if (any) {
    layer_patterns_.emplace_back(R"(.*?\.[^.]*\.([0-9]+)\.)");
    return;
  }
  const auto texts =
      pattern.is_string() ? std::vector{pattern.get<std::string>()} : names("layers_pattern");
  for (const std::string& text : texts)
    layer_patterns_.push_back(
        expression("layers_pattern", R"((?:^|.*?\.))" + text + R"(\.([0-9]+)\.)"));
}

std::vector<PeftConfig::Pattern> PeftConfig::patterns(const char* key) const {
  const Json& given = value(key);
  if (!given.is_null() && !given.is_object()) refuse("{} is {}, not an object", key, shown(given));
  std::vector<Pattern> list;
  for (const auto& [name, number] : given.items()) {
    if (!number.is_number()) refuse("{}: {} is not a number", key, shown(number));
    list.emplace_back(expression(key, "(.*\\.)?(" + name + ")$"), number.get<double>());
  }
  return list;
}

bool PeftConfig::in_chosen_layer(const std::string& module) const {
  if (layers_.empty()) return true;
  for (const std::regex& pattern : layer_patterns_) {
    std::smatch match;
    if (!begins(module, pattern, match)) continue;
    const std::string number = match[pattern.mark_count()].str();  // the last group, behind its own
    return std::any_of(layers_.begin(), layers_.end(),
                       [&](int64_t layer) { return fmt::format("{}", layer) == number; });
  }
  return false;
}

bool PeftConfig::targets(const std::string& module, bool linear) const {
  const auto inside = [&](const std::regex& saved) { return begins(module, saved); };
  if (excluded_.fits(module) || std::any_of(saved_.begin(), saved_.end(), inside)) return false;
  if (all_linear_) return linear;
  const auto& names = targets_.names;
  const bool by_name = std::find(names.begin(), names.end(), module) != names.end();
  return by_name || (targets_.fits(module) && in_chosen_layer(module));
}

bool PeftConfig::saves(const std::string& module) const {
  return std::any_of(saved_names_.begin(), saved_names_.end(),
                     [&](const std::string& name) { return module.ends_with(name); });
}

/// The number of the first pattern that fits the module, else the one that all others have.
double PeftConfig::number_for(const std::string& module, const std::vector<Pattern>& patterns,
                              const char* key) const {
  for (const auto& [pattern, number] : patterns) {
    if (begins(module, pattern)) return number;
  }
  if (!values_.contains(key)) return 8;
  if (!value(key).is_number()) refuse("{}: {} is not a number", key, shown(value(key)));
  return value(key).get<double>();
}

double PeftConfig::scaling(const std::string& module, int64_t rank) const {
  const double wanted = number_for(module, ranks_, "r");
  if (wanted != static_cast<double>(rank) || rank == 0)
    refuse("r of {} is {}, its lora_A has {} rows", module, wanted, rank);
  return number_for(module, alphas_, "lora_alpha") /
         (is_on("use_rslora") ? std::sqrt(wanted) : wanted);
}

}  // namespace eida
