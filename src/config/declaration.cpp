#include "declaration.h"

#include <algorithm>
#include <utility>

namespace eida {

std::string program_name(Program program) {
  switch (program) {
    case Program::kProbe:
      return "eida-probe";
    case Program::kTrain:
      return "eida-train";
    case Program::kEval:
      return "eida-eval";
  }
  return "eida";
}

namespace config {

bool Declaration::may_be_null() const {
  return nullable || (choice() != nullptr && choice()->may_be_null) ||
         std::holds_alternative<std::filesystem::path*>(field) ||
         std::holds_alternative<std::optional<int64_t>*>(field) ||
         std::holds_alternative<std::optional<double>*>(field);
}

std::vector<std::string> Declaration::choice_names() const {
  std::vector<std::string> names;
  for (const Choice& choice : choices) names.push_back(choice.name);
  return names;
}

Declaration& Declarations::add(std::string key, Field field, std::string help) {
  Declaration& added = all_.emplace_back();
  added.key = std::move(key);
  added.field = field;
  added.help = std::move(help);
  return added;
}

std::vector<Declaration> declare(Config& config) {
  Declarations list;
  declare_input(config, list);
  declare_method(config, list);
  declare_training(config, list);
  declare_output(config, list);
  return list.take();
}

Declaration* find(std::vector<Declaration>& all, const std::string& key) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Declaration& d) { return d.key == key; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace config
}  // namespace eida
