/// Every option of the three programs, as plain structs. Names, ranges and help of each:
/// src/config/declarations.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "eida/core/choices.h"

namespace eida {

/// The three programs, as bits: an option may belong to several.
enum class Program : unsigned { kProbe = 1, kTrain = 2, kEval = 4 };

std::string program_name(Program program);  ///< "eida-probe", "eida-train", "eida-eval"

/// Which layers take part: all, or the listed ones (from 0).
struct LayerChoice {
  bool all = true;
  std::vector<int64_t> listed;
};

struct ModelOptions {
  std::filesystem::path path;
  WeightsType weights = WeightsType::kFp32;
  ModelInit init = ModelInit::kPretrained;
  std::vector<std::filesystem::path> adapters;  ///< merged into the weights, in this order
};

struct DataOptions {
  std::optional<TaskName> task;  ///< check_config() sees that it is given
  std::filesystem::path train, dev, test;
  std::string text_column, text_pair_column, label_column;  ///< empty: the reader's defaults
  std::string prompt_column, completion_column;
  std::string separator;  ///< of prompt and completion; empty: TokenizeOptions::separator says
  std::optional<int64_t> max_length;  ///< tokens; 0: no limit; unset: as many as the model takes
  Batching batching = Batching::kLengthGrouped;
};

struct SiteOptions {
  std::vector<SiteRole> include = {SiteRole::kQ,         SiteRole::kK,   SiteRole::kV,
                                   SiteRole::kO,         SiteRole::kFc1, SiteRole::kFc2,
                                   SiteRole::kClassifier};
  LayerChoice layers;
};

struct SamplingOptions {
  int64_t examples = 256;
  int64_t tokens_per_example = 2;
  double token_rate = 0.0075;
  TokenWeighting token_weighting = TokenWeighting::kPrefixCount;
  ClassifierTokens classifier_tokens = ClassifierTokens::kFirst;
  int64_t batch_size = 16;
  int64_t sketch_from = 4096;
};

struct SubspaceOptions {
  EstimatorKind estimator = EstimatorKind::mean_first;
  std::optional<EstimatorKind> input, output;  ///< of one side; unset: estimator

  EstimatorKind at_inputs() const { return input.value_or(estimator); }
  EstimatorKind at_outputs() const { return output.value_or(estimator); }
  std::vector<int64_t> dims = {4, 8, 16, 32, 64};
};

struct RankOptions {
  RankRule rule = RankRule::kThreshold;
  int64_t wide = 64, narrow = 32;
  double margin = 0.03;
  int64_t heldout = 64;
  int64_t fixed = 64;
  double energy = 0.9;
  std::filesystem::path plan;
  std::optional<int64_t> budget;
};

struct LoraOptions {
  int64_t rank = 8;
  double alpha = 16.0;
};

struct TrainOptions {
  double lr = 2e-4;
  std::optional<double> head_lr;
  double weight_decay = 0.1;
  int64_t batch_size = 16;
  int64_t accumulation = 1;
  double warmup_ratio = 0.1;
  Schedule schedule = Schedule::kPerRound;
  double clip_norm = 1.0;  ///< 0: not clipped
  LossNorm loss_norm = LossNorm::kMeanOfMeans;
  double label_smoothing = 0.0;
  std::optional<double> dropout;  ///< unset: the model's own
  std::optional<int64_t> max_steps;
  std::vector<TrainableExtra> trainable_extra = {TrainableExtra::kHead};
  std::optional<int64_t> eval_every;
  int64_t save_every = 200;
  double save_minutes = 10.0;
  int64_t log_every = 10;
  std::string best_metric;  ///< empty: the task's own
  std::optional<int64_t> early_stopping;
  bool carry_moments = false;
  bool gradient_checkpointing = false;
  bool tensorboard = false;
};

struct GenerationOptions {
  int64_t beams = 10;
  int64_t max_length = 144;
  std::optional<int64_t> max_new_tokens;
  int64_t min_length = 0;
  bool early_stopping = true;
  double length_penalty = 1.0;
  int64_t no_repeat_ngram_size = 0;
  bool sample = false;
  double temperature = 1.0;
  int64_t top_k = 0;
  double top_p = 1.0;
  std::optional<int64_t> max_batch_tokens;
};

struct EvalOptions {
  std::vector<Metric> metrics;                          ///< empty: the task's own
  MtevalConvention nist = MtevalConvention::kPymteval;  ///< of BLEU and NIST
  bool no_paraphrases = false;                          ///< METEOR without its paraphrase table
  int64_t resamples = 1000;                             ///< of every interval and test
};

struct ProbeOptions {
  int64_t heldout = 1024;
  int64_t repeats = 5;
  bool save_subspaces = false;
  std::vector<FigureKind> figures = {FigureKind::kInput, FigureKind::kDeltaOutput};
  std::vector<int64_t> figure_size = {640, 420};  ///< width, height in pixels
  std::vector<FigureFormat> figure_formats = {FigureFormat::kSvg};
  std::filesystem::path published;  ///< curves to show beside the own ones; empty: none
};

struct RunOptions {
  std::filesystem::path output;
  int64_t seed = 0;
  std::string device = "auto";  ///< auto, cpu, cuda, cuda:N
  Precision precision = Precision::kAuto;
  int64_t threads = 0;                  ///< 0: all cores
  std::optional<int64_t> memory_limit;  ///< of sampling and estimating, MiB
  OutputFormat format = OutputFormat::kTable;
};

/// In-class defaults are those of SST-2; resolve_defaults() sets those of other tasks.
/// Relative paths are relative to the working directory.
struct Config {
  ModelOptions model;
  DataOptions data;
  int64_t rounds = 4;
  MethodKind method = MethodKind::eida;
  SiteOptions sites;
  SamplingOptions sampling;
  SubspaceOptions subspace;
  RankOptions ranks;
  LoraOptions lora;
  TrainOptions train;
  GenerationOptions generation;
  EvalOptions eval;
  ProbeOptions probe;
  RunOptions run;
};

}  // namespace eida
