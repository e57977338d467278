/// Every choice of the configuration: an enum and, beside it, the names of its values in files and
/// flags. Flags, YAML, JSON Schema, help and completions read them here.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eida/core/error.h"

namespace eida {

/// One value of a choice.
template <typename E>
struct ChoiceRow {
  E value;
  std::string_view name;  ///< in files and flags
  std::string_view help;  ///< one line
};

/// Specialised for each choice: kList, its name for --list, and kAll, every value once in order.
template <typename E>
struct Choices;

template <typename E>
concept ChoiceEnum = requires {
  Choices<E>::kAll;
};

/// Name of a value in files and flags; empty for a number that is no value.
template <ChoiceEnum E>
constexpr std::string_view to_string(E value) {
  for (const ChoiceRow<E>& row : Choices<E>::kAll) {
    if (row.value == value) return row.name;
  }
  return {};
}

template <ChoiceEnum E>
std::vector<std::string> choice_names() {
  std::vector<std::string> names;
  for (const ChoiceRow<E>& row : Choices<E>::kAll) names.emplace_back(row.name);
  return names;
}

template <ChoiceEnum E>
std::vector<std::string> to_strings(const std::vector<E>& values) {
  std::vector<std::string> names;
  for (const E value : values) names.emplace_back(to_string(value));
  return names;
}

/// The value of that name. \throws ConfigError lists the names that exist
template <ChoiceEnum E>
E from_string(std::string_view name) {
  for (const ChoiceRow<E>& row : Choices<E>::kAll) {
    if (row.name == name) return row.value;
  }
  throw ConfigError("'{}' is none of {}", name, fmt::join(choice_names<E>(), ", "));
}

/// Whether the list holds the value.
template <ChoiceEnum E>
bool contains(const std::vector<E>& values, E value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// Open choices. A value has its name in files, since one line of an .inc file says all of it.

enum class MethodKind {
#define EIDA_METHOD(name, help) name,
#include "eida/core/methods.inc"
};
template <>
struct Choices<MethodKind> {
  static constexpr const char* kList = "methods";
  static constexpr ChoiceRow<MethodKind> kAll[] = {
#define EIDA_METHOD(name, help) {MethodKind::name, #name, help},
#include "eida/core/methods.inc"
  };
};

enum class EstimatorKind {
#define EIDA_ESTIMATOR(name, help) name,
#include "eida/core/estimators.inc"
};
template <>
struct Choices<EstimatorKind> {
  static constexpr const char* kList = "estimators";
  static constexpr ChoiceRow<EstimatorKind> kAll[] = {
#define EIDA_ESTIMATOR(name, help) {EstimatorKind::name, #name, help},
#include "eida/core/estimators.inc"
  };
};

/// What a row of the data means; src/data/tasks/ says everything else about it.
enum class TaskName {
#define EIDA_TASK(name, help) name,
#include "eida/core/tasks.inc"
};
template <>
struct Choices<TaskName> {
  static constexpr const char* kList = "tasks";
  static constexpr ChoiceRow<TaskName> kAll[] = {
#define EIDA_TASK(name, help) {TaskName::name, #name, help},
#include "eida/core/tasks.inc"
  };
};

// Closed choices.

/// Names of an enum: EIDA_NAMES(Enum, "what --list calls it", {kValue, "name", "help"}, …)
#define EIDA_NAMES(Enum, list, ...)                          \
  template <>                                                \
  struct Choices<Enum> {                                     \
    using enum Enum;                                         \
    static constexpr const char* kList = list;               \
    static constexpr ChoiceRow<Enum> kAll[] = {__VA_ARGS__}; \
  };

enum class WeightsType { kFp32, kBf16 };  ///< dtype of the model's matrices in memory
EIDA_NAMES(WeightsType, "weights", {kFp32, "fp32", "float32"},
           {kBf16, "bf16", "bfloat16, half the memory"})

enum class ModelInit { kPretrained, kRandom };  ///< where the model's weights come from
EIDA_NAMES(ModelInit, "inits", {kPretrained, "pretrained", "the folder's safetensors"},
           {kRandom, "random", "drawn from the seed: config.json is enough"})

enum class Batching { kLengthGrouped, kAsDrawn };  ///< how an epoch is cut into batches
EIDA_NAMES(Batching, "batchings",
           {kLengthGrouped, "length_grouped", "windows of 50 batches sorted by token count"},
           {kAsDrawn, "as_drawn", "in drawn order, as the reference"})

/// What a weight does in its layer.
enum class SiteRole { kQ, kK, kV, kO, kFc1, kFc2, kGate, kUp, kDown, kClassifier };
EIDA_NAMES(SiteRole, "sites", {kQ, "q", "W_Q"}, {kK, "k", "W_K"}, {kV, "v", "W_V"},
           {kO, "o", "W_O"}, {kFc1, "fc1", "W_fc1; of a gated MLP gate and up"},
           {kFc2, "fc2", "W_fc2; of a gated MLP down"}, {kGate, "gate", "W_gate of a gated MLP"},
           {kUp, "up", "W_up of a gated MLP"}, {kDown, "down", "W_down of a gated MLP"},
           {kClassifier, "classifier",
            "dense layer of the head (encoders): classifier.dense, pooler.dense"})

/// Completion tasks: how often token j of a sequence is drawn. docs/method.md, "Sampling".
enum class TokenWeighting {
  kPrefixCount,
  kPrefixCountBatch,
  kUniform,  ///< as many draws a sequence as kPrefixCount expects
};
EIDA_NAMES(TokenWeighting, "token-weightings",
           {kPrefixCount, "prefix_count",
            "Binomial(m, p), m = the sequence's own labelled positions after the token"},
           {kPrefixCountBatch, "prefix_count_batch",
            "m counts positions labelled in any sequence of the batch, as the reference's loop"},
           {kUniform, "uniform", "every token with the same chance"})

enum class ClassifierTokens { kRandom, kFirst };  ///< tokens sampled at the head's places
EIDA_NAMES(ClassifierTokens, "classifier-tokens",
           {kRandom, "random", "as at the other places (the reference)"},
           {kFirst, "first", "the first token, the only one that enters it: one vector an example"})

/// How many dimensions a place gets; RankRuleOptions has the numbers.
enum class RankRule { kThreshold, kFixed, kEnergy, kBudget, kPlan };
EIDA_NAMES(
    RankRule, "rank-rules",
    {kThreshold, "threshold",
     "ranks.wide where fidelity there exceeds that at ranks.narrow by ranks.margin, else narrow"},
    {kFixed, "fixed", "ranks.fixed everywhere"},
    {kEnergy, "energy", "as many as explain the share ranks.energy of the second moment"},
    {kBudget, "budget",
     "largest marginal gain in fidelity a parameter, until ranks.budget parameters"},
    {kPlan, "plan", "read from the file ranks.plan"})

enum class Schedule { kPerRound, kGlobal };  ///< span of one warm-up and decay of the rate
EIDA_NAMES(Schedule, "schedules", {kPerRound, "per_round", "afresh each round (the report)"},
           {kGlobal, "global", "once over all rounds; rounds after the first rise again"})

/// What the loss of a step with several batches is divided by.
enum class LossNorm { kMeanOfMeans, kGlobal };
EIDA_NAMES(LossNorm, "loss-norms",
           {kMeanOfMeans, "mean_of_means", "mean of the batches' means (the reference)"},
           {kGlobal, "global", "all labels of the step"})

/// What may be trained beside the adapters.
enum class TrainableExtra { kEmbeddings, kLayerNorm, kBias, kHead };
EIDA_NAMES(TrainableExtra, "trainable-extras",
           {kEmbeddings, "embeddings", "token and position embeddings"},
           {kLayerNorm, "layer_norm", "gains and offsets of every LayerNorm"},
           {kBias, "bias", "biases of linear layers"},
           {kHead, "head", "output layer of the classification head"})

/// A score of eida-eval.
enum class Metric { kAccuracy, kLoss, kBleu, kNist, kMeteor, kRougeL, kCider };
EIDA_NAMES(Metric, "metrics",
           {kAccuracy, "accuracy", "classification: accuracy, F1, Matthews correlation"},
           {kLoss, "loss", "completions: negative log-likelihood of the true text, perplexity"},
           {kBleu, "bleu", "BLEU-4 of mteval"}, {kNist, "nist", "NIST-5 of mteval"},
           {kMeteor, "meteor", "METEOR 1.5"}, {kRougeL, "rouge_l", "ROUGE-L of coco-caption"},
           {kCider, "cider", "CIDEr-D of coco-caption"})

/// Whose BLEU and NIST. They differ in NIST where items have different numbers of references, in
/// lower case of non-ASCII letters, and for texts with fewer than four tokens.
enum class MtevalConvention { kPymteval, kPerl };
EIDA_NAMES(MtevalConvention, "nist-conventions",
           {kPymteval, "pymteval", "e2e-metrics -p, as the LoRA paper's recipe"},
           {kPerl, "perl", "mteval-v13a, as the E2E Challenge published"})

/// Kinds of places that get figures.
enum class FigureKind { kInput, kDeltaOutput };
EIDA_NAMES(FigureKind, "figures", {kInput, "input", "one figure per kind of input space"},
           {kDeltaOutput, "delta_output", "one figure per kind of site"})

enum class FigureFormat { kSvg, kPdf, kPng };  ///< of the files of figures
EIDA_NAMES(FigureFormat, "figure-formats", {kSvg, "svg", "for web pages"},
           {kPdf, "pdf", "for papers, fonts embedded"}, {kPng, "png", "for slides"})

/// Type of activations.
enum class Precision { kAuto, kFp32, kBf16, kFp16 };
EIDA_NAMES(Precision, "precisions", {kAuto, "auto", "fp16 on CUDA, bf16 on CPU"},
           {kFp32, "fp32", "float32"}, {kBf16, "bf16", "bfloat16"},
           {kFp16, "fp16", "float16, CUDA only"})

/// Format of results on stdout.
enum class OutputFormat { kTable, kJson };
EIDA_NAMES(OutputFormat, "formats", {kTable, "table", "for people"},
           {kJson, "json", "JSON lines, for programs"})

#undef EIDA_NAMES

}  // namespace eida

/// A choice prints as its name.
template <eida::ChoiceEnum E>
struct fmt::formatter<E> : fmt::formatter<std::string_view> {
  auto format(E value, fmt::format_context& context) const {
    return fmt::formatter<std::string_view>::format(eida::to_string(value), context);
  }
};

/// In JSON a choice is its name, not the number that nlohmann would write.
template <eida::ChoiceEnum E>
struct nlohmann::adl_serializer<E> {
  static void to_json(auto& json, E value) { json = std::string(eida::to_string(value)); }
  static void from_json(const auto& json, E& value) {
    value = eida::from_string<E>(json.template get<std::string>());
  }
};
