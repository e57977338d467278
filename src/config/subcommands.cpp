#include "subcommands.h"

#include <algorithm>

#include "eida/config/schema.h"
#include "eida/core/log.h"

namespace eida::config {
namespace {

Subcommand probe_compare() {
  Subcommand sub{Program::kProbe, "compare", "RUN_A RUN_B …",
                 "curves of several runs side by side, distances of their subspaces", 2};
  sub.keys = {"run.output", "probe.figure_formats", "probe.figure_size"};
  sub.examples = {
      "eida-probe compare runs/probe runs/probe-after --output runs/compared "
      "--figure-formats pdf"};
  sub.output_help = "folder for tables, figures and a page; without it the table on stdout is all";
  sub.switches = {"--overwrite"};
  return sub;
}

Subcommand train_export() {
  Subcommand sub{Program::kTrain, "export", "", "a finished run in another library's format"};
  sub.options = {{"run", "DIR", "run folder of eida-train", true},
                 {"to",
                  "FORMAT",
                  "peft: an adapter folder; huggingface: a merged model",
                  true,
                  false,
                  {"peft", "huggingface"}}};
  sub.needed_keys = {"run.output"};
  sub.examples = {"eida-train export --run runs/sst2 --to peft --output exported"};
  sub.output_help = "folder to write, new or empty";
  return sub;
}

Subcommand train_merge() {
  Subcommand sub{Program::kTrain, "merge", "", "adapter files added to the weights of a model"};
  sub.options = {
      {"adapter", "FILE",
       "adapter.safetensors of a round, or a folder with a LoRA of PEFT; repeated: in this order",
       true, true}};
  sub.needed_keys = {"model.path", "run.output"};
  sub.examples = {
      "eida-train merge --model models/roberta-base --adapter runs/sst2/rounds/01/"
      "adapter.safetensors --output merged"};
  sub.output_help = "folder to write the merged model to, new or empty";
  return sub;
}

/// What decides scores of files, and where they go.
std::vector<std::string> keys_of_scores() {
  return {"eval.metrics", "eval.nist",  "eval.no_paraphrases", "eval.resamples",
          "run.seed",     "run.format", "run.output"};
}

Subcommand eval_score() {
  Subcommand sub{Program::kEval, "score", "", "the five E2E scores of texts; opens no model"};
  sub.options = {{"references", "FILE", "true texts, one or several an item", true},
                 {"predictions", "FILE", "texts to score", true},
                 {"per-item", "FILE", "write the table of e2e-metrics' -l"}};
  sub.keys = keys_of_scores();
  sub.examples = {"eida-eval score --references testset_w_refs.csv --predictions tgen.tsv",
                  "eida-eval score --references refs.txt --predictions out.txt --metrics bleu,nist "
                  "--nist perl"};
  sub.output_help = "run folder with scores.json and a page; without it the table on stdout is all";
  sub.switches = {"--overwrite"};
  return sub;
}

Subcommand eval_compare() {
  Subcommand sub{Program::kEval, "compare", "", "two systems on the same items; opens no model"};
  sub.options = {{"references", "FILE", "true texts, for the five E2E scores"},
                 {"labels", "FILE", "true labels, for accuracy (instead of --references)"},
                 {"a", "FILE", "predictions of the first system", true},
                 {"b", "FILE", "predictions of the second system", true}};
  sub.keys = keys_of_scores();
  sub.examples = {"eida-eval compare --references testset_w_refs.csv --a lora.txt --b eida.txt",
                  "eida-eval compare --labels dev.tsv --a runs/a/predictions.jsonl --b "
                  "runs/b/predictions.jsonl"};
  sub.output_help = "run folder with comparison.json; without it the table on stdout is all";
  sub.switches = {"--overwrite"};
  return sub;
}

Subcommand eval_tokenize() {
  Subcommand sub{Program::kEval, "tokenize", "", "ids of each line as a JSON array"};
  sub.options = {{"input", "FILE", "lines of text; without it stdin is read"},
                 {"pairs", "", "a line holds two texts, a tab between them"},
                 {"decode", "", "the other way: a line holds a JSON array of ids"}};
  sub.needed_keys = {"model.path"};
  sub.keys = {"run.threads"};
  sub.examples = {"eida-eval tokenize --model models/roberta-base --input lines.txt"};
  return sub;
}

}  // namespace

const std::vector<Subcommand>& subcommands() {
  static const std::vector<Subcommand> all = {probe_compare(), train_export(), train_merge(),
                                              eval_score(),    eval_compare(), eval_tokenize()};
  return all;
}

std::vector<Declaration> keys_of(const Subcommand& sub, Config& defaults) {
  auto all = declare(defaults);
  std::vector<Declaration> options;
  for (const auto* keys : {&sub.needed_keys, &sub.keys}) {
    for (const std::string& key : *keys) {
      options.push_back(*find(all, key));
      if (key == "run.output") options.back().help = sub.output_help;
    }
  }
  return options;
}

const Subcommand* find_subcommand(Program program, const std::string& name) {
  const auto& all = subcommands();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Subcommand& sub) {
    return sub.program == program && sub.name == name;
  });
  return found == all.end() ? nullptr : &*found;
}

const std::vector<Switch>& switches() {
  static const std::vector<Switch> all = {
      {"--resume", "go on in the run folder where an earlier run stopped", &ParsedCommand::resume,
       true},
      {"--overwrite", "empty an earlier run folder first", &ParsedCommand::overwrite, true},
      {"--dry-run", "check everything, estimate memory and time, write nothing",
       &ParsedCommand::dry_run, true},
      {"--quiet", "only errors on stderr", &ParsedCommand::quiet},
      {"--no-progress", "no progress display", &ParsedCommand::no_progress},
  };
  return all;
}

bool obeys(const Subcommand* sub, const Switch& option) {
  if (sub == nullptr || !option.of_run_folder) return true;
  return std::count(sub->switches.begin(), sub->switches.end(), option.flag) > 0;
}

std::vector<FreeOption> call_options(const Subcommand* sub) {
  std::vector<FreeOption> all = {
      {"config", "FILE", "YAML or JSON; flags override it"},
      {"set", "KEY=VALUE", "sets any key of the configuration; may be repeated", false, true}};
  for (const Switch& option : switches()) {
    if (obeys(sub, option)) all.push_back({option.flag.substr(2), "", option.help});
  }
  all.push_back({"log-level", "NAME", "trace, debug, info, warning, error, off [info]", false,
                 false, log_levels()});
  all.push_back({"dump-config", "", "print the resolved configuration, a valid --config, and end"});
  all.push_back({"list", "NAME",
                 "what can be chosen, for example: estimators, rank-rules, tasks, keys, schema",
                 false, false, list_names()});
  all.push_back({"version", "", "print the version and end"});
  all.push_back({"help", "", "print this and end"});
  return all;
}

std::vector<std::string> examples(Program program) {
  switch (program) {
    case Program::kProbe:
      return {
          "eida-probe --model models/roberta-base --task sst2 --train train.tsv --output "
          "runs/probe",
          "eida-probe --config configs/roberta-sst2.yaml --set probe.repeats=1 --dry-run",
          "eida-probe compare runs/probe runs/probe-after --output runs/compared"};
    case Program::kTrain:
      return {
          "eida-train --config configs/roberta-sst2.yaml --model models/roberta-base --output "
          "runs/sst2",
          "eida-train --config configs/roberta-sst2.yaml --set train.lr=1e-4 --dump-config",
          "eida-train export --run runs/sst2 --to peft --output exported"};
    case Program::kEval:
      return {"eida-eval --model runs/sst2/best --task sst2 --data dev.tsv",
              "eida-eval --model models/roberta-base --adapter runs/sst2/rounds/01/"
              "adapter.safetensors --task sst2 --data dev.tsv",
              "eida-eval --model runs/e2e/model --task e2e --data testset_w_refs.csv --beams 10 "
              "--output runs/e2e-test",
              "eida-eval score --references testset_w_refs.csv --predictions tgen.tsv"};
  }
  return {};
}

std::string summary(Program program) {
  switch (program) {
    case Program::kProbe:
      return "measures how low-dimensional the token representations of a pretrained model are";
    case Program::kTrain:
      return "trains adapters in estimated subspaces and merges them";
    case Program::kEval:
      return "scores models and predictions";
  }
  return "";
}

}  // namespace eida::config
