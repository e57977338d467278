#include "eida/adapter/audit.h"

#include <nlohmann/json.hpp>
#include <set>

#include "eida/adapter/method.h"
#include "eida/core/error.h"

namespace eida {
namespace {

void check_trains(const NamedTensor& parameter, bool asked) {
  if (parameter.tensor.requires_grad() == asked) return;
  throw Error(ExitCode::kInternal, parameter.name + (asked ? " was to be trained and is frozen"
                                                           : " would train without being asked"));
}

}  // namespace

int64_t ParameterAudit::total() const {
  int64_t sum = 0;
  for (const auto& [name, group] : trained) sum += group.parameters;
  return sum;
}

int64_t ParameterAudit::without_head() const {
  const auto head = trained.find("head");
  return total() - (head == trained.end() ? 0 : head->second.parameters);
}

nlohmann::ordered_json ParameterAudit::to_json() const {
  nlohmann::ordered_json groups = nlohmann::ordered_json::object();
  for (const auto& [name, group] : trained)
    groups[name] = {{"parameters", group.parameters}, {"names", group.names}};
  return {{"trainable_parameters", total()},
          {"trainable_parameters_without_head", without_head()},
          {"groups", groups},
          {"frozen_parameters", frozen},
          {"frozen_basis_entries", bases}};
}

ParameterAudit audit_parameters(const PretrainedModel& model,
                                const std::vector<NamedTensor>& adapter,
                                const std::vector<std::string>& extra,
                                const std::vector<NamedTensor>& bases) {
  ParameterAudit audit;
  const auto add = [&](const std::string& group, const NamedTensor& tensor) {
    audit.trained[group].parameters += tensor.tensor.numel();
    audit.trained[group].names.push_back(tensor.name);
  };
  for (const NamedTensor& tensor : adapter) {
    check_trains(tensor, true);
    add("adapter", tensor);
  }
  const std::set<std::string> asked(extra.begin(), extra.end());
  for (const NamedTensor& parameter : model.parameters()) {
    check_trains(parameter, asked.contains(parameter.name));
    if (asked.contains(parameter.name)) {
      add(group_name(model.parameter_info(parameter.name).group), parameter);
    } else {
      audit.frozen += parameter.tensor.numel();
    }
  }
  for (const NamedTensor& basis : bases) {
    check_trains(basis, false);
    audit.bases += basis.tensor.numel();
  }
  return audit;
}

}  // namespace eida
