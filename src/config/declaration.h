/// One option: where it lives, what it is called, what it may be. Everything about an option is
/// said once, in declare_*.cpp; flags, files, dump, help and schema follow.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "eida/config/config.h"
#include "eida/config/program.h"

namespace eida::config {

/// A field that holds a choice, a choice or none, or a list of choices: its names in and out.
struct ChoiceField {
  void* field;
  size_t bytes;
  bool may_be_null, is_list;
  nlohmann::json (*get)(const void* field);
  void (*set)(void* field, const nlohmann::json& names);
};

/// A field of a Config. Empty strings and paths stand for null.
using Field = std::variant<bool*, int64_t*, double*, std::string*, std::filesystem::path*,
                           std::optional<int64_t>*, std::optional<double>*, std::vector<int64_t>*,
                           std::vector<std::filesystem::path>*, LayerChoice*, ChoiceField>;

struct Choice {
  std::string name, help;
};

constexpr unsigned kProbe = static_cast<unsigned>(Program::kProbe);
constexpr unsigned kTrain = static_cast<unsigned>(Program::kTrain);
constexpr unsigned kEval = static_cast<unsigned>(Program::kEval);
constexpr unsigned kAll = kProbe | kTrain | kEval;

struct Declaration {
  std::string key;  ///< "train.lr"
  Field field;
  std::string help;
  unsigned programs = kAll;  ///< that have a use for it
  unsigned required = 0;     ///< programs that cannot run without
  std::string flag;          ///< "--lr"; empty: only --set
  std::string meta;          ///< what stands for the value in help
  std::string list;          ///< its name for --list
  std::vector<Choice> choices;
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool min_open = false;               ///< the minimum itself is not allowed
  size_t min_items = 0;                ///< of a list
  size_t max_items = 10'000;           ///< of a list
  bool increasing = false;             ///< a list of growing numbers
  bool nullable = false;               ///< a string that may be null
  const char* pattern = nullptr;       ///< what a string has to match, as a regular expression
  const char* pattern_help = nullptr;  ///< the same in words

  Declaration& in(unsigned value) { return programs = value, *this; }
  Declaration& needed_by(unsigned value) { return required = value, *this; }
  Declaration& as(const char* value) { return flag = value, *this; }
  Declaration& value_name(const char* value) { return meta = value, *this; }
  Declaration& at_least(double value) { return min = value, *this; }
  Declaration& above(double value) { return min = value, min_open = true, *this; }
  Declaration& at_most(double value) { return max = value, *this; }
  Declaration& items(size_t least, size_t most) {
    return min_items = least, max_items = most, *this;
  }
  Declaration& growing() { return increasing = true, *this; }
  Declaration& or_null() { return nullable = true, *this; }
  Declaration& matching(const char* value, const char* words) {
    return pattern = value, pattern_help = words, *this;
  }

  bool belongs_to(Program program) const {
    return (programs & static_cast<unsigned>(program)) != 0;
  }
  bool may_be_null() const;
  /// Of a field of one choice, or of a list of them, or nullptr.
  const ChoiceField* choice() const { return std::get_if<ChoiceField>(&field); }
  std::vector<std::string> choice_names() const;
  std::string group() const { return key.substr(0, key.find('.')); }
};

/// The enum of a field of choices: T itself, or what an optional or a list holds.
template <typename T>
struct ChosenOf {
  using type = T;
};
template <typename T>
requires requires { typename T::value_type; }
struct ChosenOf<T> {
  using type = typename T::value_type;
};

/// \param field a choice, an optional one (null: none) or a list of choices
template <typename T>
ChoiceField choice_field(T* field) {
  using nlohmann::json;
  constexpr bool kOptional = requires { field->has_value(); };
  const auto get = [](const void* from) {
    const T& value = *static_cast<const T*>(from);
    if constexpr (kOptional) {
      return value ? json(*value) : json();
    } else {
      return json(value);
    }
  };
  const auto set = [](void* to, const json& names) {
    T& value = *static_cast<T*>(to);
    if constexpr (kOptional) {
      value = names.is_null() ? T() : names.get<typename T::value_type>();
    } else {
      names.get_to(value);
    }
  };
  return {field, sizeof(T), kOptional, !kOptional && !ChoiceEnum<T>, get, set};
}

/// Collects declarations; `Config` must outlive them.
class Declarations {
 public:
  Declaration& add(std::string key, Field field, std::string help);
  /// The names come from core/choices.h.
  template <typename T, ChoiceEnum E = typename ChosenOf<T>::type>
  Declaration& add(std::string key, T* field, std::string help) {
    Declaration& added = add(std::move(key), choice_field(field), std::move(help));
    added.list = Choices<E>::kList;
    for (const ChoiceRow<E>& row : Choices<E>::kAll)
      added.choices.push_back({std::string(row.name), std::string(row.help)});
    if (added.choice()->is_list) added.max_items = added.choices.size();
    return added;
  }
  std::vector<Declaration> take() { return std::move(all_); }

 private:
  std::vector<Declaration> all_;
};

/// Every option, in the order of the documentation, bound to the fields of `config`.
std::vector<Declaration> declare(Config& config);
void declare_input(Config& config, Declarations& list);  ///< model, data, sites
void declare_method(Config& config,
                    Declarations& list);  ///< rounds, method, sampling, subspace, ranks, lora
void declare_training(Config& config, Declarations& list);  ///< train
void declare_output(Config& config, Declarations& list);    ///< generation, eval, probe, run

/// The option of that key, or nullptr.
Declaration* find(std::vector<Declaration>& all, const std::string& key);

}  // namespace eida::config
