/// Options: generation, eval, probe, run.
#include "declaration.h"

namespace eida::config {
namespace {

void declare_generation(GenerationOptions& generation, Declarations& list) {
  constexpr double kMost = 1 << 20;
  list.add("generation.beams", &generation.beams, "width of beam search; 1: greedy")
      .in(kEval)
      .as("--beams")
      .at_least(1)
      .at_most(1000);
  list.add("generation.max_length", &generation.max_length, "prompt and output in tokens")
      .in(kEval)
      .at_least(1)
      .at_most(kMost);
  list.add("generation.max_new_tokens", &generation.max_new_tokens,
           "output in tokens (null: max_length says)")
      .in(kEval)
      .at_least(1)
      .at_most(kMost);
  list.add("generation.min_length", &generation.min_length, "tokens before the end may come")
      .in(kEval)
      .at_least(0)
      .at_most(kMost);
  list.add("generation.early_stopping", &generation.early_stopping,
           "stop when as many beams as asked for have ended")
      .in(kEval);
  list.add("generation.length_penalty", &generation.length_penalty,
           "score = log-probability / length^penalty")
      .in(kEval)
      .at_least(-100)
      .at_most(100);
  list.add("generation.no_repeat_ngram_size", &generation.no_repeat_ngram_size,
           "no n-gram of this size twice; 0: off")
      .in(kEval)
      .at_least(0)
      .at_most(kMost);
  list.add("generation.sample", &generation.sample, "draw tokens, no beam search").in(kEval);
  list.add("generation.temperature", &generation.temperature, "sampling: divides the logits")
      .in(kEval)
      .above(0)
      .at_most(1000);
  list.add("generation.top_k", &generation.top_k, "sampling: the k likeliest tokens only; 0: all")
      .in(kEval)
      .at_least(0)
      .at_most(1e9);
  list.add("generation.top_p", &generation.top_p,
           "sampling: the likeliest tokens that make up this probability")
      .in(kEval)
      .above(0)
      .at_most(1);
  list.add("generation.max_batch_tokens", &generation.max_batch_tokens,
           "tokens that generation keeps in memory at once (null: 32768)")
      .in(kEval)
      .as("--max-batch-tokens")
      .at_least(1)
      .at_most(1e12);
}

void declare_eval(EvalOptions& eval, Declarations& list) {
  list.add("eval.metrics", &eval.metrics, "scores to compute (empty: the task's own)")
      .in(kEval)
      .as("--metrics");
  list.add("eval.nist", &eval.nist, "convention of BLEU and NIST").in(kEval).as("--nist");
  list.add("eval.no_paraphrases", &eval.no_paraphrases, "METEOR without its paraphrase table")
      .in(kEval)
      .as("--no-paraphrases");
  list.add("eval.resamples", &eval.resamples, "resampled test sets of an interval or a paired test")
      .in(kEval)
      .as("--resamples")
      .at_least(1)
      .at_most(1'000'000);
}

void declare_probe(ProbeOptions& probe, Declarations& list) {
  list.add("probe.heldout", &probe.heldout,
           "fresh examples that fidelity is measured on (report, section 5.1)")
      .in(kProbe)
      .as("--heldout")
      .at_least(1)
      .at_most(1e9);
  list.add("probe.repeats", &probe.repeats, "independent repeats: draw, estimate, measure")
      .in(kProbe)
      .as("--repeats")
      .at_least(1)
      .at_most(100'000);
  list.add("probe.save_subspaces", &probe.save_subspaces, "write subspaces.safetensors")
      .in(kProbe)
      .as("--save-subspaces");
  list.add("probe.figures", &probe.figures, "places that get figures; an empty list: none")
      .in(kProbe)
      .as("--figures");
  list.add("probe.figure_size", &probe.figure_size,
           "width and height of a figure in pixels; PNG has twice as many")
      .in(kProbe)
      .as("--figure-size")
      .items(2, 2)
      .at_least(100)
      .at_most(10'000);
  list.add("probe.figure_formats", &probe.figure_formats, "formats of the files in figures/")
      .in(kProbe)
      .as("--figure-formats");
  list.add("probe.published", &probe.published,
           "curves shown as grey points: a CSV of kind,layer,weights,k,fidelity as in "
           "configs/published")
      .in(kProbe)
      .value_name("FILE");
}

}  // namespace

void declare_output(Config& config, Declarations& list) {
  declare_generation(config.generation, list);
  declare_eval(config.eval, list);
  declare_probe(config.probe, list);
  RunOptions& run = config.run;
  list.add("run.output", &run.output,
           "run folder; not needed by --dry-run, nor by eida-eval for classification")
      .as("--output")
      .value_name("DIR");
  list.add("run.seed", &run.seed, "fixes everything that is drawn").as("--seed").at_least(0);
  list.add("run.device", &run.device, "where to compute: auto, cpu, cuda or cuda:N")
      .as("--device")
      .value_name("NAME")
      .matching("^(auto|cpu|cuda|cuda:[0-9]{1,3})$", "auto, cpu, cuda or cuda:N");
  list.add("run.precision", &run.precision, "type of activations").as("--precision");
  list.add("run.threads", &run.threads,
           "CPU threads of a process; 0: all cores, "
           "shared with the processes on the same machine")
      .as("--threads")
      .at_least(0)
      .at_most(4096);
  list.add("run.memory_limit", &run.memory_limit,
           "memory that sampling and estimating may plan with, model included, in MiB: places "
           "that do not fit wait for another pass of the model (null: what is free); of each "
           "process")
      .in(kProbe | kTrain)
      .as("--memory-limit")
      .at_least(1)
      .at_most(1e9);
  list.add("run.format", &run.format, "of results on stdout").as("--format");
}

}  // namespace eida::config
