/// One option: where it lives, what it is called, what it may be. Everything about an option is
/// said once, in declarations.cpp; flags, files, dump, help and schema follow.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "eida/config/config.h"

namespace eida {

/// In JSON: "all", or the list.
void to_json(nlohmann::json& json, const LayerChoice& layers);
void from_json(const nlohmann::json& json, LayerChoice& layers);

namespace config {

/// What a field holds. An optional holds what it may hold.
enum class Type { kFlag, kWhole, kReal, kText, kPath, kChoice, kLayers, kWholes, kPaths, kChoices };

constexpr Type type_of(const bool*) { return Type::kFlag; }
constexpr Type type_of(const int64_t*) { return Type::kWhole; }
constexpr Type type_of(const double*) { return Type::kReal; }
constexpr Type type_of(const std::string*) { return Type::kText; }
constexpr Type type_of(const std::filesystem::path*) { return Type::kPath; }
constexpr Type type_of(const LayerChoice*) { return Type::kLayers; }
constexpr Type type_of(const std::vector<int64_t>*) { return Type::kWholes; }
constexpr Type type_of(const std::vector<std::filesystem::path>*) { return Type::kPaths; }
template <ChoiceEnum E>
constexpr Type type_of(const E*) {
  return Type::kChoice;
}
template <ChoiceEnum E>
constexpr Type type_of(const std::vector<E>*) {
  return Type::kChoices;
}

/// What the items of a list hold; else the type itself.
constexpr Type item_of(Type type) {
  if (type == Type::kPaths) return Type::kPath;
  if (type == Type::kChoices) return Type::kChoice;
  return type == Type::kWholes || type == Type::kLayers ? Type::kWhole : type;
}

/// What an optional or a list holds, else T itself.
template <typename T>
struct HeldBy {
  using type = T;
};
template <typename T>
requires requires { typename T::value_type; }
struct HeldBy<T> {
  using type = typename T::value_type;
};

struct Choice {
  std::string name, help;
};

/// A field of a Config and its value as JSON. Null stands for an optional that holds nothing, and
/// for an empty string or path.
struct Field {
  template <typename T>
  Field(T* field) : at(field), bytes(sizeof(T)) {  // NOLINT(google-explicit-constructor)
    using nlohmann::json;
    using Held = typename HeldBy<T>::type;
    constexpr bool kOptional = std::is_same_v<T, std::optional<Held>>;
    using Value = std::conditional_t<kOptional, Held, T>;
    type = type_of(static_cast<const Value*>(nullptr));
    may_be_null = kOptional || type == Type::kPath;
    get = [](const void* from) {
      const T& value = *static_cast<const T*>(from);
      if constexpr (kOptional) {
        return value ? json(*value) : json();
      } else if constexpr (requires { value.c_str(); }) {
        return value.empty() ? json() : json(value);
      } else {
        return json(value);
      }
    };
    set = [](void* to, const json& value) {
      *static_cast<T*>(to) = value.is_null() ? T() : T(value.get<Value>());
    };
    if constexpr (ChoiceEnum<Held>) {
      list = Choices<Held>::kList;
      for (const ChoiceRow<Held>& row : Choices<Held>::kAll)
        choices.push_back({std::string(row.name), std::string(row.help)});
    }
  }

  void* at;
  size_t bytes;
  Type type;
  bool may_be_null;
  nlohmann::json (*get)(const void* from);
  void (*set)(void* to, const nlohmann::json& value);
  std::string list;             ///< of choices: their name for --list
  std::vector<Choice> choices;  ///< their names come from core/choices.h
};

/// The numbers that a value may be.
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool open = false;  ///< the minimum itself is not allowed
};

constexpr unsigned kProbe = static_cast<unsigned>(Program::kProbe);
constexpr unsigned kTrain = static_cast<unsigned>(Program::kTrain);
constexpr unsigned kEval = static_cast<unsigned>(Program::kEval);
constexpr unsigned kAll = kProbe | kTrain | kEval;

/// What there is to say of an option beside its key, field and help.
struct Traits {
  unsigned programs = 0;               ///< that have a use for it; 0: those of its section
  unsigned required = 0;               ///< programs that cannot run without
  std::string flag = {};               ///< "--lr"; empty: only --set
  std::string meta = {};               ///< what stands for the value in help
  Range range = {};                    ///< of a number, and of the numbers of a list
  size_t min_items = 0;                ///< of a list
  size_t max_items = 10'000;           ///< of a list
  bool increasing = false;             ///< a list of growing numbers
  bool nullable = false;               ///< a string that may be null
  const char* pattern = nullptr;       ///< what a string has to match, as a regular expression
  const char* pattern_help = nullptr;  ///< the same in words
};

struct Declaration : Traits {
  std::string key;  ///< "train.lr"
  Field field;
  std::string help;

  bool belongs_to(Program program) const {
    return (programs & static_cast<unsigned>(program)) != 0;
  }
  bool needed_by(Program program) const { return (required & static_cast<unsigned>(program)) != 0; }
  bool may_be_null() const { return nullable || field.may_be_null; }
  std::vector<std::string> choice_names() const;
  std::string group() const { return key.substr(0, key.find('.')); }
};

/// Every option, in the order of the documentation, bound to the fields of `config`.
std::vector<Declaration> declare(Config& config);
/// The same, bound to the defaults.
const std::vector<Declaration>& default_options();

/// The option of that key, or nullptr.
const Declaration* find(const std::vector<Declaration>& all, const std::string& key);

/// Where a value came from.
struct Origin {
  std::string where;  ///< begins the error message: "configs/x.yaml:12: train.lr", "--lr"
  std::filesystem::path folder;  ///< of relative paths; empty: the working directory
};

/// Checks type, range and choices and sets the field. \throws ConfigError "WHERE: 'fast' is not a
/// number (hint: …)"
void assign(const Declaration& option, const nlohmann::json& value, const Origin& origin);

/// The JSON value that a text on the command line stands for: what it is depends on the option's
/// type. Lists are separated by commas, with or without brackets.
nlohmann::json value_from_text(const Declaration& option, const std::string& text);

/// Defaults that tasks have in place of the option's, each with the tasks that share it: "e2e,
/// prompt".
std::vector<std::pair<std::string, nlohmann::json>> task_defaults(const Declaration& option);

/// The field's value.
nlohmann::json value_of(const Declaration& option);

}  // namespace config
}  // namespace eida
