#include "subcommands.h"

#include <algorithm>

#include "eida/config/schema.h"
#include "eida/core/log.h"

namespace eida {

std::string program_name(Program program) { return config::help_of(program).name; }

namespace config {
namespace {

/// What decides scores of files, and where they go.
const std::vector<std::string> kKeysOfScores = {
    "eval.metrics", "eval.nist",  "eval.no_paraphrases", "eval.resamples",
    "run.seed",     "run.format", "run.output"};

}  // namespace

const std::vector<Subcommand>& subcommands() {
  static const std::vector<Subcommand> all = {
      {.program = Program::kProbe,
       .name = "compare",
       .arguments = "RUN_A RUN_B …",
       .help = "curves of several runs side by side, distances of their subspaces",
       .least_arguments = 2,
       .keys = {"run.output", "probe.figure_formats", "probe.figure_size"},
       .examples = {"eida-probe compare runs/probe runs/probe-after --output runs/compared "
                    "--figure-formats pdf"},
       .output_help =
           "folder for tables, figures and a page; without it the table on stdout is all",
       .switches = {"--overwrite"}},
      {.program = Program::kProbe,
       .name = "demo",
       .help = "a first probe, on generated sentences and a model that is here",
       .keys = {"run.output", "run.seed", "run.threads", "run.device", "run.format"},
       .examples = {"eida-probe demo --output demo"},
       .output_help = "folder for the sentences and, in probe/, the run [eida-demo]",
       .switches = {"--overwrite"}},
      {.program = Program::kTrain,
       .name = "export",
       .help = "a finished run in another library's format",
       .options =
           {{"run", "DIR", "run folder of eida-train", true},
            {"to",
             "FORMAT",
             "peft: an adapter folder; gguf: an adapter for llama.cpp; huggingface: a merged model",
             true,
             false,
             {"peft", "gguf", "huggingface"}}},
       .needed_keys = {"run.output"},
       .examples = {"eida-train export --run runs/sst2 --to peft --output exported"},
       .output_help = "folder to write, new or empty"},
      {.program = Program::kTrain,
       .name = "merge",
       .help = "adapter files added to the weights of a model",
       .options = {{"adapter", "FILE",
                    "adapter.safetensors of a round, or a folder with a LoRA of PEFT; repeated: in "
                    "this order",
                    true, true}},
       .needed_keys = {"model.path", "run.output"},
       .examples = {"eida-train merge --model models/roberta-base --adapter runs/sst2/rounds/01/"
                    "adapter.safetensors --output merged"},
       .output_help = "folder to write the merged model to, new or empty"},
      {.program = Program::kEval,
       .name = "score",
       .help = "the five E2E scores of texts; opens no model",
       .options = {{"references", "FILE", "true texts, one or several an item", true},
                   {"predictions", "FILE", "texts to score", true},
                   {"per-item", "FILE", "write the table of e2e-metrics' -l"}},
       .keys = kKeysOfScores,
       .examples =
           {"eida-eval score --references testset_w_refs.csv --predictions tgen.tsv",
            "eida-eval score --references refs.txt --predictions out.txt --metrics bleu,nist "
            "--nist perl"},
       .output_help =
           "run folder with scores.json and a page; without it the table on stdout is all",
       .switches = {"--overwrite"}},
      {.program = Program::kEval,
       .name = "compare",
       .help = "two systems on the same items; opens no model",
       .options = {{"references", "FILE", "true texts, for the five E2E scores"},
                   {"labels", "FILE", "true labels, for accuracy (instead of --references)"},
                   {"a", "FILE", "predictions of the first system", true},
                   {"b", "FILE", "predictions of the second system", true}},
       .keys = kKeysOfScores,
       .examples = {"eida-eval compare --references testset_w_refs.csv --a lora.txt --b eida.txt",
                    "eida-eval compare --labels dev.tsv --a runs/a/predictions.jsonl --b "
                    "runs/b/predictions.jsonl"},
       .output_help = "run folder with comparison.json; without it the table on stdout is all",
       .switches = {"--overwrite"}},
      {.program = Program::kEval,
       .name = "tokenize",
       .help = "ids of each line as a JSON array",
       .options = {{"input", "FILE", "lines of text; without it stdin is read"},
                   {"pairs", "", "a line holds two texts, a tab between them"},
                   {"decode", "", "the other way: a line holds a JSON array of ids"}},
       .needed_keys = {"model.path"},
       .keys = {"run.threads"},
       .examples = {"eida-eval tokenize --model models/roberta-base --input lines.txt"}}};
  return all;
}

std::vector<Declaration> keys_of(const Subcommand& sub) {
  std::vector<Declaration> options;
  for (const auto* keys : {&sub.needed_keys, &sub.keys}) {
    for (const std::string& key : *keys) {
      options.push_back(*find(default_options(), key));
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

const ProgramHelp& help_of(Program program) {
  static const std::vector<ProgramHelp> all = {
      {Program::kProbe,
       "eida-probe",
       "measures how low-dimensional the token representations of a pretrained model are",
       {"eida-probe --model models/roberta-base --task sst2 --train train.tsv --output runs/probe",
        "eida-probe --config configs/roberta-sst2.yaml --set probe.repeats=1 --dry-run",
        "eida-probe compare runs/probe runs/probe-after --output runs/compared",
        "eida-probe demo --output demo"}},
      {Program::kTrain,
       "eida-train",
       "trains adapters in estimated subspaces and merges them",
       {"eida-train --config configs/roberta-sst2.yaml --model models/roberta-base --output "
        "runs/sst2",
        "eida-train --config configs/roberta-sst2.yaml --set train.lr=1e-4 --dump-config",
        "eida-train export --run runs/sst2 --to peft --output exported"}},
      {Program::kEval,
       "eida-eval",
       "scores models and predictions",
       {"eida-eval --model runs/sst2/best --task sst2 --data dev.tsv",
        "eida-eval --model models/roberta-base --adapter runs/sst2/rounds/01/"
        "adapter.safetensors --task sst2 --data dev.tsv",
        "eida-eval --model runs/e2e/model --task e2e --data testset_w_refs.csv --beams 10 "
        "--output runs/e2e-test",
        "eida-eval score --references testset_w_refs.csv --predictions tgen.tsv"}}};
  const auto own = [program](const ProgramHelp& help) { return help.program == program; };
  return *std::find_if(all.begin(), all.end(), own);
}

}  // namespace config
}  // namespace eida
