/// Adapter files as a LoRA that peft opens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "eida/model/pretrained_model.h"
#include "eida/subspace/rank_plan.h"

namespace eida {

struct PeftReport {
  int64_t modules = 0;      ///< with a LoRA
  int64_t saved_whole = 0;  ///< in modules_to_save
  int64_t largest_rank = 0;
  double largest_error = 0.0;  ///< max |LoRA - update| over all modules, relative to max |update|
  int64_t compressed = 0;      ///< modules whose stacked rank passed full rank: SVD
};

/// Writes adapter_config.json and adapter_model.safetensors. CᵀBA is a LoRA of rank min(k_in,
/// k_out) with scaling 1; rounds are stacked up to full rank, beyond that the sum is decomposed
/// (SVD) to full rank. c_attn is one module. What else was trained, and a module whose weight the
/// checkpoint lacked, is in modules_to_save, whole and merged. \param model the base, before any
/// file. \param files of all rounds in order. \param base_path for adapter_config.json. \throws
/// ConfigError a method without an adapter that peft has, FormatError as merge_adapter_files(),
/// DataError. Source: peft's LoraConfig.
PeftReport export_peft(PretrainedModel& model, const std::vector<std::filesystem::path>& files,
                       const std::string& base_path, const std::filesystem::path& output);

/// A rank plan as the arguments of peft.LoraConfig: rank_pattern and an equal alpha_pattern, so
/// that the scaling is 1; at each module the rank that CᵀBA has, min(k_in, sum of its slices'
/// k_out). \param base_path for base_model_name_or_path. \param plan of this model, checked
nlohmann::ordered_json peft_config(const PretrainedModel& model, const RankPlan& plan,
                                   const std::string& base_path);

}  // namespace eida
