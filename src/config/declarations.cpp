/// Every option of the three programs.
#include <algorithm>
#include <utility>

#include "declaration.h"

namespace eida {

void to_json(nlohmann::json& json, const LayerChoice& layers) {
  layers.all ? json = "all" : json = layers.listed;
}

void from_json(const nlohmann::json& json, LayerChoice& layers) {
  layers = {json.is_string(), {}};
  if (!layers.all) json.get_to(layers.listed);
}

namespace config {
namespace {

constexpr unsigned kUsers = kProbe | kTrain;  ///< of what is sampled and estimated
constexpr double kMost = 1e12;                ///< steps, tokens

constexpr Range from(double min) { return {.min = min}; }
constexpr Range from(double min, double max) { return {min, max}; }
constexpr Range above(double min) { return {.min = min, .open = true}; }
constexpr Range above(double min, double max) { return {min, max, true}; }

struct Declarations {
  unsigned programs = kAll;  ///< that have a use for what is added from here on
  std::vector<Declaration> all = {};

  void add(std::string key, Field field, std::string help, Traits traits = {}) {
    if (traits.programs == 0) traits.programs = programs;
    if (field.type == Type::kChoices) traits.max_items = field.choices.size();
    all.push_back({std::move(traits), std::move(key), std::move(field), std::move(help)});
  }
};

void declare_model(ModelOptions& model, Declarations& list) {
  list.programs = kAll;
  list.add(
      "model.path", &model.path,
      "Hugging Face folder (config.json, safetensors, tokenizer files), or the name of a model in "
      "its local cache",
      {.required = kAll, .flag = "--model", .meta = "DIR"});
  list.add("model.weights", &model.weights, "type the weights are kept in", {.flag = "--weights"});
  list.add("model.init", &model.init, "where the weights come from");
  list.add("model.adapters", &model.adapters,
           "adapter files, or folders with a LoRA of PEFT, merged into the weights in this order; "
           "the flag may be repeated",
           {.programs = kEval, .flag = "--adapter", .meta = "FILE"});
}

void declare_data(DataOptions& data, Declarations& list) {
  list.programs = kAll;
  list.add("data.task", &data.task, "what a row of the data means",
           {.required = kAll, .flag = "--task"});
  list.add("data.train", &data.train, "training examples",
           {.programs = kUsers, .required = kUsers, .flag = "--train", .meta = "FILE"});
  list.add("data.dev", &data.dev, "examples the rounds are scored on",
           {.programs = kTrain, .flag = "--dev", .meta = "FILE"});
  list.add("data.test", &data.test, "examples to score",
           {.programs = kEval, .required = kEval, .flag = "--data", .meta = "FILE"});
  const Traits column = {.meta = "NAME", .nullable = true};
  list.add("data.text_column", &data.text_column,
           "classification: column of the text (null: first of sentence, text, sentence1)", column);
  list.add("data.text_pair_column", &data.text_pair_column,
           "classification: column of the second text of a pair (null: sentence2, where there is "
           "sentence1)",
           column);
  list.add("data.label_column", &data.label_column,
           "classification: column of the label (null: label)", column);
  list.add("data.prompt_column", &data.prompt_column, "prompt: column of the prompt (null: prompt)",
           column);
  list.add("data.completion_column", &data.completion_column,
           "prompt: column of the completion (null: completion)", column);
  list.add(
      "data.separator", &data.separator,
      "e2e, prompt: text between prompt and completion (null: GPT-2's end of text where it is a "
      "token, else a line end)",
      {.meta = "TEXT", .nullable = true});
  list.add(
      "data.max_length", &data.max_length,
      "longest sequence in tokens, special ones included (null: as many as the model takes; 0: "
      "no limit)",
      {.flag = "--max-length", .range = from(0, 1 << 20), .nullable = true});
  list.add("data.batching", &data.batching, "how sequences are put into batches",
           {.programs = kTrain});
}

void declare_sites(SiteOptions& sites, Declarations& list) {
  list.programs = kTrain;
  list.add("sites.include", &sites.include, "weights that take part, for every method",
           {.min_items = 1});
  list.add("sites.layers", &sites.layers, "all, or a list of layers counted from 0",
           {.range = from(0, 10'000)});
}

void declare_sampling(SamplingOptions& sampling, Declarations& list) {
  list.programs = kUsers;
  list.add("sampling.examples", &sampling.examples,
           "examples the subspaces are estimated from (report, section 4.1)",
           {.flag = "--examples", .range = from(1, 1e9)});
  list.add("sampling.tokens_per_example", &sampling.tokens_per_example,
           "classification: distinct tokens drawn of each example, at each place (report: N = 2)",
           {.flag = "--tokens", .range = from(1, 100'000)});
  list.add("sampling.token_rate", &sampling.token_rate,
           "completions: chance p of a token to be drawn, per labelled position after it",
           {.range = above(0, 1)});
  list.add("sampling.token_weighting", &sampling.token_weighting,
           "completions: how often a token is drawn");
  list.add("sampling.classifier_tokens", &sampling.classifier_tokens,
           "which tokens are drawn at the head's dense layer");
  list.add("sampling.batch_size", &sampling.batch_size,
           "examples whose mean loss gives one gradient (logical batch)",
           {.range = from(1, 1'000'000)});
  list.add("sampling.sketch_from", &sampling.sketch_from,
           "places of so many dimensions and more keep a sketch of their second moments where the "
           "moments would be larger, with a bound that is printed (method, Estimators; 0: never)",
           {.range = from(0, 1'000'000'000)});
}

void declare_subspace(SubspaceOptions& subspace, Declarations& list) {
  list.programs = kUsers;
  list.add("subspace.estimator", &subspace.estimator, "how a subspace is found",
           {.flag = "--estimator"});
  list.add("subspace.input", &subspace.input,
           "how it is found at input spaces (null: subspace.estimator)");
  list.add("subspace.output", &subspace.output,
           "how it is found at sites (null: subspace.estimator)");
  list.add("subspace.dims", &subspace.dims, "dimensions k that fidelity is measured at",
           {.flag = "--dims",
            .range = from(1, 1'000'000),
            .min_items = 1,
            .max_items = 1000,
            .increasing = true});
}

void declare_ranks(RankOptions& ranks, Declarations& list) {
  constexpr Range kRank = from(1, 1'000'000);
  list.programs = kUsers;
  list.add("ranks.rule", &ranks.rule, "how many dimensions a place gets", {.flag = "--rule"});
  list.add("ranks.wide", &ranks.wide, "rule threshold: the larger rank", {.range = kRank});
  list.add("ranks.narrow", &ranks.narrow, "rule threshold: the smaller rank", {.range = kRank});
  list.add("ranks.margin", &ranks.margin, "rule threshold: least gain in fidelity (report: 0.03)",
           {.range = from(0, 1)});
  list.add("ranks.heldout", &ranks.heldout,
           "fresh examples eida-train measures fidelity on, without a plan",
           {.programs = kTrain, .range = from(1, 1e9)});
  list.add("ranks.fixed", &ranks.fixed, "rule fixed: the rank", {.range = kRank});
  list.add("ranks.energy", &ranks.energy, "rule energy: share to explain", {.range = above(0, 1)});
  list.add("ranks.plan", &ranks.plan,
           "rule plan: rank_plan.json of eida-probe, or a published one in configs/",
           {.flag = "--rank-plan", .meta = "FILE"});
  list.add("ranks.budget", &ranks.budget, "rule budget: parameters of all adapters together",
           {.range = from(1, 1e15)});
}

void declare_lora(LoraOptions& lora, Declarations& list) {
  list.programs = kTrain;
  list.add("lora.rank", &lora.rank, "methods lora, lora_xs, dora: rank",
           {.range = from(1, 1'000'000)});
  list.add("lora.alpha", &lora.alpha,
           "methods lora, lora_xs, dora: alpha; updates are scaled by alpha / rank",
           {.range = above(0)});
}

void declare_optimiser(TrainOptions& train, Declarations& list) {
  list.programs = kTrain;
  list.add("train.lr", &train.lr, "largest learning rate (AdamW)",
           {.flag = "--lr", .range = above(0, 10)});
  list.add("train.head_lr", &train.head_lr, "learning rate of the head (null: train.lr)",
           {.range = above(0, 10)});
  list.add("train.weight_decay", &train.weight_decay,
           "decoupled decay, not on biases and LayerNorm", {.range = from(0, 10)});
  list.add("train.batch_size", &train.batch_size, "examples of one forward pass",
           {.flag = "--batch-size", .range = from(1, 1'000'000)});
  list.add("train.accumulation", &train.accumulation, "forward passes of one optimiser step",
           {.range = from(1, 1'000'000)});
  list.add("train.warmup_ratio", &train.warmup_ratio,
           "share of the steps in which the learning rate rises", {.range = from(0, 1)});
  list.add("train.schedule", &train.schedule, "linear warm-up and decay of the learning rate");
  list.add("train.clip_norm", &train.clip_norm, "largest norm of the gradient; 0: not clipped",
           {.range = from(0)});
  list.add("train.loss_norm", &train.loss_norm,
           "what the loss of an accumulated step is divided by");
  list.add("train.label_smoothing", &train.label_smoothing, "probability spread over all classes",
           {.range = from(0, 0.99)});
  list.add("train.dropout", &train.dropout, "dropout rate (null: the model's)",
           {.range = from(0, 0.99)});
}

void declare_rounds(TrainOptions& train, Declarations& list) {
  list.programs = kTrain;
  list.add("train.max_steps", &train.max_steps,
           "optimiser steps of a round at most (null: the whole epoch)",
           {.flag = "--max-steps", .range = from(1, kMost)});
  list.add("train.trainable_extra", &train.trainable_extra, "what is trained beside the adapters");
  list.add("train.eval_every", &train.eval_every,
           "steps between scores on data.dev (null: once a round)", {.range = from(1, kMost)});
  list.add("train.save_every", &train.save_every,
           "steps between saved states for --resume; 0: once a round", {.range = from(0, kMost)});
  list.add("train.save_minutes", &train.save_minutes,
           "minutes between saved states, beside train.save_every; 0: steps alone decide",
           {.range = from(0, 100'000)});
  list.add("train.log_every", &train.log_every, "steps between lines of metrics.jsonl",
           {.range = from(1, kMost)});
  list.add("train.best_metric", &train.best_metric,
           "score that picks the best round (null: the task's first)",
           {.meta = "NAME", .nullable = true});
  list.add("train.early_stopping", &train.early_stopping,
           "rounds without a better score before the run ends (null: none)",
           {.range = from(1, 100'000)});
  list.add("train.carry_moments", &train.carry_moments,
           "take AdamW's moments into the next round's bases (approximate)");
  list.add("train.gradient_checkpointing", &train.gradient_checkpointing,
           "recompute activations to save memory");
  list.add("train.tensorboard", &train.tensorboard, "write TensorBoard event files too");
}

void declare_generation(GenerationOptions& generation, Declarations& list) {
  constexpr double kLongest = 1 << 20;
  list.programs = kEval;
  list.add("generation.beams", &generation.beams, "width of beam search; 1: greedy",
           {.flag = "--beams", .range = from(1, 1000)});
  list.add("generation.max_length", &generation.max_length, "prompt and output in tokens",
           {.range = from(1, kLongest)});
  list.add("generation.max_new_tokens", &generation.max_new_tokens,
           "output in tokens (null: max_length says)", {.range = from(1, kLongest)});
  list.add("generation.min_length", &generation.min_length, "tokens before the end may come",
           {.range = from(0, kLongest)});
  list.add("generation.early_stopping", &generation.early_stopping,
           "stop when as many beams as asked for have ended");
  list.add("generation.length_penalty", &generation.length_penalty,
           "score = log-probability / length^penalty", {.range = from(-100, 100)});
  list.add("generation.no_repeat_ngram_size", &generation.no_repeat_ngram_size,
           "no n-gram of this size twice; 0: off", {.range = from(0, kLongest)});
  list.add("generation.sample", &generation.sample, "draw tokens, no beam search");
  list.add("generation.temperature", &generation.temperature, "sampling: divides the logits",
           {.range = above(0, 1000)});
  list.add("generation.top_k", &generation.top_k, "sampling: the k likeliest tokens only; 0: all",
           {.range = from(0, 1e9)});
  list.add("generation.top_p", &generation.top_p,
           "sampling: the likeliest tokens that make up this probability", {.range = above(0, 1)});
  list.add("generation.max_batch_tokens", &generation.max_batch_tokens,
           "tokens that generation keeps in memory at once (null: 32768)",
           {.flag = "--max-batch-tokens", .range = from(1, kMost)});
}

void declare_eval(EvalOptions& eval, Declarations& list) {
  list.programs = kEval;
  list.add("eval.metrics", &eval.metrics, "scores to compute (empty: the task's own)",
           {.flag = "--metrics"});
  list.add("eval.nist", &eval.nist, "convention of BLEU and NIST", {.flag = "--nist"});
  list.add("eval.no_paraphrases", &eval.no_paraphrases, "METEOR without its paraphrase table",
           {.flag = "--no-paraphrases"});
  list.add("eval.resamples", &eval.resamples, "resampled test sets of an interval or a paired test",
           {.flag = "--resamples", .range = from(1, 1'000'000)});
}

void declare_probe(ProbeOptions& probe, Declarations& list) {
  list.programs = kProbe;
  list.add("probe.heldout", &probe.heldout,
           "fresh examples that fidelity is measured on (report, section 5.1)",
           {.flag = "--heldout", .range = from(1, 1e9)});
  list.add("probe.repeats", &probe.repeats, "independent repeats: draw, estimate, measure",
           {.flag = "--repeats", .range = from(1, 100'000)});
  list.add("probe.save_subspaces", &probe.save_subspaces, "write subspaces.safetensors",
           {.flag = "--save-subspaces"});
  list.add("probe.figures", &probe.figures, "places that get figures; an empty list: none",
           {.flag = "--figures"});
  list.add("probe.figure_size", &probe.figure_size,
           "width and height of a figure in pixels; PNG has twice as many",
           {.flag = "--figure-size", .range = from(100, 10'000), .min_items = 2, .max_items = 2});
  list.add("probe.figure_formats", &probe.figure_formats, "formats of the files in figures/",
           {.flag = "--figure-formats"});
  list.add("probe.published", &probe.published,
           "curves shown as grey points: a CSV of kind,layer,weights,k,fidelity as in "
           "configs/published",
           {.meta = "FILE"});
}

void declare_run(RunOptions& run, Declarations& list) {
  list.programs = kAll;
  list.add("run.output", &run.output,
           "run folder; not needed by --dry-run, nor by eida-eval for classification",
           {.flag = "--output", .meta = "DIR"});
  list.add("run.seed", &run.seed, "fixes everything that is drawn",
           {.flag = "--seed", .range = from(0)});
  list.add("run.device", &run.device, "where to compute: auto, cpu, cuda or cuda:N",
           {.flag = "--device",
            .meta = "NAME",
            .pattern = "^(auto|cpu|cuda|cuda:[0-9]{1,3})$",
            .pattern_help = "auto, cpu, cuda or cuda:N"});
  list.add("run.precision", &run.precision, "type of activations", {.flag = "--precision"});
  list.add("run.threads", &run.threads,
           "CPU threads of a process; 0: all cores, shared with the processes on the same machine",
           {.flag = "--threads", .range = from(0, 4096)});
  list.add("run.memory_limit", &run.memory_limit,
           "memory that sampling and estimating may plan with, model included, in MiB: places "
           "that do not fit wait for another pass of the model (null: what is free); of each "
           "process",
           {.programs = kUsers, .flag = "--memory-limit", .range = from(1, 1e9)});
  list.add("run.format", &run.format, "of results on stdout", {.flag = "--format"});
}

}  // namespace

std::vector<std::string> Declaration::choice_names() const {
  std::vector<std::string> names;
  for (const Choice& choice : field.choices) names.push_back(choice.name);
  return names;
}

std::vector<Declaration> declare(Config& config) {
  Declarations list;
  declare_model(config.model, list);
  declare_data(config.data, list);
  declare_sites(config.sites, list);
  list.add("rounds", &config.rounds, "rounds of sample, estimate, train one epoch, merge",
           {.flag = "--rounds", .range = from(1, 100'000)});
  list.add("method", &config.method, "what is trained", {.flag = "--method"});
  declare_sampling(config.sampling, list);
  declare_subspace(config.subspace, list);
  declare_ranks(config.ranks, list);
  declare_lora(config.lora, list);
  declare_optimiser(config.train, list);
  declare_rounds(config.train, list);
  declare_generation(config.generation, list);
  declare_eval(config.eval, list);
  declare_probe(config.probe, list);
  declare_run(config.run, list);
  return std::move(list.all);
}

const std::vector<Declaration>& default_options() {
  static Config defaults;
  static const std::vector<Declaration> all = declare(defaults);
  return all;
}

const Declaration* find(const std::vector<Declaration>& all, const std::string& key) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Declaration& d) { return d.key == key; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace config
}  // namespace eida
