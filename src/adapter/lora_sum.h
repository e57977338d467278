/// What an adapter's files change, as LoRA: for the files of other libraries.
#pragma once

#include <ATen/core/Tensor.h>

#include <set>
#include <string>
#include <vector>

#include "eida/adapter/adapter_file.h"
#include "eida/adapter/peft_export.h"

namespace eida {

/// lora_B lora_A with scaling 1, and the norms that DoRA gives the rows of W + lora_B lora_A.
struct LoraSum {
  at::Tensor A, B;       // [r, d_in], [d_out, r]
  at::Tensor magnitude;  // [d_out] or undefined

  /// What becomes of W. \param W [d_out, d_in] float64
  at::Tensor operator()(const at::Tensor& W) const;
};

/// One adapted layer and its sites (three for c_attn).
struct AdaptedModule {
  HookableLinear* linear = nullptr;
  std::vector<PlaceId> sites;
};
std::vector<AdaptedModule> adapted_modules(const PretrainedModel& model,
                                           const std::vector<AdapterFile>& files);

/// The sum of all files; beyond full rank its singular value decomposition. The report gets rank
/// and error.
LoraSum lora_sum(const PretrainedModel& model, const std::vector<AdapterFile>& files,
                 const AdaptedModule& module, PeftReport& report);

/// What some file replaces: biases of adapted layers, and whole modules.
struct ReplacedParts {
  ReplacedParts(const PretrainedModel& model, const std::vector<AdapterFile>& files);
  std::set<std::string> biases;   ///< parameters
  std::set<std::string> modules;  ///< saved whole
};

/// Name of the module that has the parameter.
std::string module_of(const std::string& parameter);

/// \throws ConfigError a method without an adapter that LoRA could hold
void check_exportable(const PretrainedModel& model, const std::vector<AdapterFile>& files,
                      const std::string& reader);

}  // namespace eida
