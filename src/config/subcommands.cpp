#include "subcommands.h"

namespace eida::config {

const std::vector<Subcommand>& subcommands() {
  static const std::vector<Subcommand> all = {
      {Program::kProbe, "compare", "RUN_A RUN_B …",
       "curves of several runs side by side, distances of their subspaces", 2},
  };
  return all;
}

const std::vector<Switch>& switches() {
  static const std::vector<Switch> all = {
      {"--resume", "go on in the run folder where an earlier run stopped", &ParsedCommand::resume},
      {"--overwrite", "empty an earlier run folder first", &ParsedCommand::overwrite},
      {"--dry-run", "check everything, estimate memory and time, write nothing",
       &ParsedCommand::dry_run},
      {"--quiet", "only errors on stderr", &ParsedCommand::quiet},
      {"--no-progress", "no progress display", &ParsedCommand::no_progress},
  };
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
          "eida-train --config configs/roberta-sst2.yaml --set train.lr=1e-4 --dump-config"};
    case Program::kEval:
      return {"eida-eval --model runs/sst2/best --task sst2 --data dev.tsv"};
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
