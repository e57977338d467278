/// Counts what trains, and what does not.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "eida/model/pretrained_model.h"

namespace eida {

struct AuditGroup {
  int64_t parameters = 0;
  std::vector<std::string> names;
};

struct ParameterAudit {
  std::map<std::string, AuditGroup> trained;  ///< by group: adapter, head, layer_norm, …
  int64_t frozen = 0;                         ///< entries of the model that do not train
  int64_t bases = 0;                          ///< entries of A and C, which never train

  int64_t total() const;         ///< trained, all groups
  int64_t without_head() const;  ///< trained, all groups but the head

  /// audit.json: docs/formats.md.
  nlohmann::ordered_json to_json() const;
};

/// \param adapter tensors that a method trains. \param extra names of model parameters that were
/// asked for. \param bases A and C.
/// \throws Error (internal) a tensor that would train without having been asked for, or that was
/// asked for and would not.
ParameterAudit audit_parameters(const PretrainedModel& model,
                                const std::vector<NamedTensor>& adapter,
                                const std::vector<std::string>& extra,
                                const std::vector<NamedTensor>& bases);

}  // namespace eida
