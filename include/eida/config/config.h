/// Every option of the three programs, as plain structs. Names, ranges and help of each:
/// src/config/declare_*.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace eida {

/// Which layers take part: all, or the listed ones (from 0).
struct LayerChoice {
  bool all = true;
  std::vector<int64_t> listed;
};

struct ModelOptions {
  std::filesystem::path path;
  std::string weights = "fp32";                 ///< fp32, bf16
  std::string init = "pretrained";              ///< pretrained, random
  std::vector<std::filesystem::path> adapters;  ///< merged into the weights, in this order
};

struct DataOptions {
  std::string task;  ///< sst2, e2e, classification, prompt; empty: not given
  std::filesystem::path train, dev, test;
  std::string text_column, text_pair_column, label_column;  ///< empty: the reader's defaults
  std::string prompt_column, completion_column;
  int64_t max_length = 72;  ///< tokens; 0: no truncation
  std::string batching = "length_grouped";
};

struct SiteOptions {
  std::vector<std::string> include = {"q", "k", "v", "o", "fc1", "fc2", "classifier"};
  LayerChoice layers;
};

struct SamplingOptions {
  int64_t examples = 256;
  int64_t tokens_per_example = 2;
  double token_rate = 0.0075;
  std::string token_weighting = "prefix_count";
  std::string classifier_tokens = "random";
  int64_t batch_size = 16;
  int64_t sketch_from = 4096;
};

struct SubspaceOptions {
  std::string estimator = "mean_first";
  std::vector<int64_t> dims = {4, 8, 16, 32, 64};
};

struct RankOptions {
  std::string rule = "threshold";
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
  std::string schedule = "per_round";
  double clip_norm = 1.0;  ///< 0: not clipped
  std::string loss_norm = "mean_of_means";
  double label_smoothing = 0.0;
  std::optional<double> dropout;  ///< unset: the model's own
  std::optional<int64_t> max_steps;
  std::vector<std::string> trainable_extra = {"head"};
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
  /// accuracy, loss, bleu, nist, meteor, rouge_l, cider; empty: the task's own
  std::vector<std::string> metrics;
  std::string nist = "pymteval";  ///< convention of BLEU and NIST: pymteval, perl
  bool no_paraphrases = false;    ///< METEOR without its paraphrase table
  int64_t resamples = 1000;       ///< of every interval and test
};

struct ProbeOptions {
  int64_t heldout = 1024;
  int64_t repeats = 5;
  bool save_subspaces = false;
  std::vector<std::string> figures = {"input", "delta_output"};
  std::vector<int64_t> figure_size = {640, 420};  ///< width, height in pixels
  std::vector<std::string> figure_formats = {"svg"};
  std::filesystem::path published;  ///< curves to show beside the own ones; empty: none
};

struct RunOptions {
  std::filesystem::path output;
  int64_t seed = 0;
  std::string device = "auto";          ///< auto, cpu, cuda, cuda:N
  std::string precision = "auto";       ///< auto, fp32, bf16, fp16
  int64_t threads = 0;                  ///< 0: all cores
  std::optional<int64_t> memory_limit;  ///< of sampling and estimating, MiB
  std::string format = "table";         ///< of results on stdout: table, json
};

/// In-class defaults are those of SST-2; resolve_task_defaults() puts the others in their place.
/// Relative paths are relative to the working directory.
struct Config {
  ModelOptions model;
  DataOptions data;
  int64_t rounds = 4;
  std::string method = "eida";  ///< eida, lora, full, head
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
