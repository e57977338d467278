#include "eida/config/command_line.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "config/declaration.h"
#include "config/subcommands.h"
#include "eida/core/error.h"
#include "eida/core/system_info.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

using eida::ParsedCommand;
using eida::Program;
using eida::testing::message_of;
using eida::testing::write_text;

namespace {

ParsedCommand parse(std::vector<std::string> arguments, Program program = Program::kProbe) {
  arguments.insert(arguments.begin(), eida::program_name(program));
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return eida::parse_command_line(program, static_cast<int>(argv.size()), argv.data());
}

/// With all that eida-probe needs before `more`.
ParsedCommand parse_complete(const std::vector<std::string>& more,
                             const std::string& task = "sst2") {
  std::vector<std::string> arguments = {"--model", "m",     "--task",   task,
                                        "--train", "t.tsv", "--output", "out"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return parse(arguments);
}

std::string fault(const std::vector<std::string>& arguments, Program program = Program::kProbe) {
  return message_of<eida::ConfigError>([&] { parse(arguments, program); });
}

std::string fault_complete(const std::vector<std::string>& more) {
  return message_of<eida::ConfigError>([&] { parse_complete(more); });
}

}  // namespace

TEST(CommandLine, FlagsOfTheContractSetTheirKeys) {
  const auto command = parse_complete({"--examples",
                                       "64",
                                       "--tokens",
                                       "3",
                                       "--heldout",
                                       "100",
                                       "--repeats",
                                       "2",
                                       "--dims",
                                       "8,32,64",
                                       "--save-subspaces",
                                       "--figures",
                                       "input",
                                       "--seed",
                                       "7",
                                       "--device",
                                       "cpu",
                                       "--precision",
                                       "bf16",
                                       "--threads",
                                       "2",
                                       "--format",
                                       "json",
                                       "--weights",
                                       "bf16",
                                       "--estimator",
                                       "centred"});
  const eida::Config& config = command.config;
  EXPECT_EQ(config.model.path, "m");
  EXPECT_EQ(config.data.task, eida::TaskName::sst2);
  EXPECT_EQ(config.data.train, "t.tsv");
  EXPECT_EQ(config.run.output, "out");
  EXPECT_EQ(config.sampling.examples, 64);
  EXPECT_EQ(config.sampling.tokens_per_example, 3);
  EXPECT_EQ(config.probe.heldout, 100);
  EXPECT_EQ(config.probe.repeats, 2);
  EXPECT_EQ(config.subspace.dims, (std::vector<int64_t>{8, 32, 64}));
  EXPECT_TRUE(config.probe.save_subspaces);
  EXPECT_EQ(config.probe.figures, std::vector{eida::FigureKind::kInput});
  EXPECT_EQ(config.run.seed, 7);
  EXPECT_EQ(config.run.device, "cpu");
  EXPECT_EQ(config.run.precision, eida::Precision::kBf16);
  EXPECT_EQ(config.run.threads, 2);
  EXPECT_EQ(config.run.format, eida::OutputFormat::kJson);
  EXPECT_EQ(config.model.weights, eida::WeightsType::kBf16);
  EXPECT_EQ(config.subspace.estimator, eida::EstimatorKind::centred);
  EXPECT_TRUE(command.text.empty());
  EXPECT_EQ(command.command_line.front(), "eida-probe");
}

TEST(CommandLine, FlagsOfTheOtherPrograms) {
  const auto train = parse({"--model", "m", "--task", "e2e", "--train", "t", "--output", "o",
                            "--rounds", "2", "--rank-plan", "p.json"},
                           Program::kTrain);
  EXPECT_EQ(train.config.rounds, 2);
  EXPECT_EQ(train.config.ranks.plan, "p.json");
  EXPECT_EQ(train.config.ranks.rule, eida::RankRule::kPlan);
  const auto eval = parse({"--model", "m", "--task", "e2e", "--data", "d.csv", "--beams", "4",
                           "--adapter", "a,1", "--metrics", "bleu,loss", "--adapter", "b"},
                          Program::kEval);
  EXPECT_EQ(eval.config.data.test, "d.csv");
  EXPECT_EQ(eval.config.generation.beams, 4);
  EXPECT_EQ(eval.config.model.adapters, (std::vector<std::filesystem::path>{"a,1", "b"}));
  EXPECT_EQ(eval.config.eval.metrics, (std::vector{eida::Metric::kBleu, eida::Metric::kLoss}));
}

TEST(CommandLine, SwitchesAreTaken) {
  const auto command = parse_complete(
      {"--dry-run", "--quiet", "--no-progress", "--overwrite", "--log-level", "debug"});
  EXPECT_TRUE(command.dry_run && command.quiet && command.no_progress && command.overwrite);
  EXPECT_FALSE(command.resume);
  EXPECT_EQ(command.log_level, "debug");
}

TEST(CommandLine, FileThenFlagsThenSet) {
  const eida::testing::TempDir dir;
  const auto file =
      write_text(dir.path() / "c.yaml", "run: {seed: 1}\nprobe: {repeats: 2, heldout: 9}\n");
  const auto command = parse_complete(
      {"--config", file.string(), "--repeats", "3", "--seed", "2", "--set", "run.seed=4"});
  EXPECT_EQ(command.config.probe.heldout, 9);
  EXPECT_EQ(command.config.probe.repeats, 3);
  EXPECT_EQ(command.config.run.seed, 4);
  EXPECT_EQ(command.config_file, file);
}

TEST(CommandLine, SetTakesEveryTypeOfValue) {
  const auto command =
      parse_complete({"--set", "sites.layers=0,2", "--set", "sites.include=[q, v]", "--set",
                      "sampling.token_rate=1e-2", "--set", "run.memory_limit=4096", "--set",
                      "probe.save_subspaces=true", "--set", "data.text_column=a=b", "--set",
                      "train.head_lr=null", "--set", "probe.figures="});
  const eida::Config& config = command.config;
  EXPECT_EQ(config.sites.layers.listed, (std::vector<int64_t>{0, 2}));
  EXPECT_EQ(config.sites.include, (std::vector{eida::SiteRole::kQ, eida::SiteRole::kV}));
  EXPECT_DOUBLE_EQ(config.sampling.token_rate, 0.01);
  EXPECT_EQ(config.run.memory_limit, 4096);
  EXPECT_TRUE(config.probe.save_subspaces);
  EXPECT_EQ(config.data.text_column, "a=b");
  EXPECT_EQ(config.train.head_lr, std::nullopt);
  EXPECT_TRUE(config.probe.figures.empty());
  EXPECT_FALSE(parse_complete({"--save-subspaces=false"}).config.probe.save_subspaces);
}

TEST(CommandLine, DefaultsFollowTheTaskUnlessGiven) {
  const auto sst2 = parse_complete({}).config;
  EXPECT_EQ(sst2.sampling.examples, 256);
  EXPECT_EQ(sst2.probe.heldout, 1024);
  EXPECT_EQ(sst2.sampling.batch_size, 16);
  for (const char* task : {"e2e", "prompt"}) {
    const auto completions = parse_complete({}, task).config;
    EXPECT_EQ(completions.sampling.examples, 128);
    EXPECT_EQ(completions.probe.heldout, 128);
    EXPECT_EQ(completions.sampling.batch_size, 2);
  }
  using Limits = std::vector<std::pair<const char*, std::optional<int64_t>>>;
  for (const auto& [task, limit] : Limits{{"sst2", 72}, {"e2e", 144}, {"classification", {}}})
    EXPECT_EQ(parse_complete({}, task).config.data.max_length, limit) << task;
  EXPECT_EQ(sst2.sampling.classifier_tokens, eida::ClassifierTokens::kFirst);
  const auto given = parse_complete({"--examples", "256"}, "e2e").config;
  EXPECT_EQ(given.sampling.examples, 256);
  EXPECT_EQ(given.probe.heldout, 128);
}

TEST(CommandLine, ErrorsNameTheFlagAndHelp) {
  EXPECT_EQ(fault_complete({"--examples", "many"}),
            "--examples: 'many' is not a whole number (hint: for example 256)");
  EXPECT_EQ(fault_complete({"--set", "train.lr=fast"}),
            "--set train.lr: 'fast' is not a number (hint: for example 0.0002)");
  EXPECT_EQ(fault_complete({"--set", "train.lrr=1"}),
            "--set train.lrr: is not a key (hint: did you mean train.lr?)");
  EXPECT_EQ(fault_complete({"--set", "train.lr"}),
            "--set: 'train.lr' is not KEY=VALUE (hint: for example --set train.lr=1e-4)");
  EXPECT_EQ(fault({"--exampels", "3"}),
            "'--exampels' is not an option of eida-probe (hint: did you mean --examples?)");
  EXPECT_EQ(fault({"--beams", "3"}),
            "'--beams' is not an option of eida-probe (hint: --help, or --set KEY=VALUE)");
  EXPECT_EQ(fault({"stray"}), "'stray' is not expected (hint: --help)");
  EXPECT_EQ(fault({"--task"}), "--task: 1 required value missing (hint: --help shows the options)");
  EXPECT_EQ(fault_complete({"--dims", "4,,8"}),
            "--dims: '' is not a whole number (hint: for example [4,8,16,32,64])");
  EXPECT_EQ(fault_complete({"--dims", "4,"}),
            "--dims: '' is not a whole number (hint: for example [4,8,16,32,64])");
  EXPECT_EQ(fault_complete({"--model", "x\xff"}).find("--model: "), 0U);
}

TEST(CommandLine, NeededKeysAreAskedFor) {
  EXPECT_EQ(fault({}), "model.path: is needed and not given (hint: --model DIR)");
  EXPECT_EQ(fault({"--model", "m"}), "data.task: is needed and not given (hint: --task NAME)");
  EXPECT_EQ(fault({"--model", "m", "--task", "sst2"}),
            "data.train: is needed and not given (hint: --train FILE)");
  EXPECT_EQ(fault({"--model", "m", "--task", "sst2"}, Program::kEval),
            "data.test: is needed and not given (hint: --data FILE)");
}

TEST(CommandLine, ASlashBehindAFolderChangesNothing) {
  const auto path = [](const std::string& given) {
    return parse({"--model", given, "--task", "sst2", "--train", "t"}).config.model.path;
  };
  EXPECT_EQ(path("models/m/"), "models/m");
  EXPECT_EQ(path("models//m/./"), "models/m");
  EXPECT_EQ(path("/m/"), "/m");
  EXPECT_EQ(path("/"), "/");
  EXPECT_EQ(path("./"), ".");
  EXPECT_EQ(path("../"), "..");
}

TEST(CommandLine, ModelMayBeANameInTheCache) {
  const eida::testing::TempDir cache;
  const auto model = cache.path() / "models--org--m";
  std::filesystem::create_directories(model / "snapshots" / "123");
  std::filesystem::create_directories(model / "refs");
  write_text(model / "refs" / "main", "123");
  ::setenv("HF_HUB_CACHE", cache.path().c_str(), 1);
  const auto command = parse({"--model", "org/m", "--task", "sst2", "--train", "t"});
  ::unsetenv("HF_HUB_CACHE");
  EXPECT_EQ(command.config.model.path, model / "snapshots" / "123");
  EXPECT_EQ(parse({"--model", "org/m", "--task", "sst2", "--train", "t"}).config.model.path,
            "org/m");
}

TEST(CommandLine, KeysThatContradictAreRefused) {
  EXPECT_EQ(fault_complete({"--rule", "plan"}),
            "ranks.plan: rule plan needs a file (hint: --rank-plan FILE)");
  EXPECT_EQ(fault_complete({"--rule", "fixed", "--rank-plan", "p"}),
            "ranks.plan: has no use with ranks.rule fixed (hint: ranks.rule plan)");
  EXPECT_EQ(fault_complete({"--rule", "budget"}).find("ranks.budget: rule budget needs"), 0U);
  EXPECT_EQ(fault_complete({"--set", "ranks.narrow=64"}),
            "ranks.narrow: 64 is not below ranks.wide, 64");
  EXPECT_EQ(fault_complete({"--dims", "4,8"})
                .find("subspace.dims: lacks 32, which rule threshold compares"),
            0U);
}

TEST(CommandLine, NamesOfOtherProgramsLeadToOurs) {
  const auto hint = [](const char* flag, Program program) {
    const std::string message = fault({flag, "x"}, program), head = "did you mean ";
    const size_t at = message.find(head);
    return at == std::string::npos ? message : message.substr(at + head.size());
  };
  EXPECT_EQ(hint("--learning-rate", Program::kTrain), "--lr?)");
  EXPECT_EQ(hint("--learning_rate", Program::kTrain), "--lr?)");
  EXPECT_EQ(hint("--output_dir", Program::kTrain), "--output?)");
  EXPECT_EQ(hint("--batch_size", Program::kTrain), "--batch-size?)");
  EXPECT_EQ(hint("--dev", Program::kEval), "--data?)");
  EXPECT_EQ(hint("--dev", Program::kProbe), "--train?)");
}

TEST(CommandLine, CompareTakesRunFolders) {
  const auto command = parse({"compare", "runs/a", "runs/b", "--output", "c"});
  EXPECT_EQ(command.subcommand, "compare");
  EXPECT_EQ(command.arguments, (std::vector<std::string>{"runs/a", "runs/b"}));
  EXPECT_EQ(command.config.run.output, "c");
  EXPECT_EQ(fault({"compare", "runs/a"}), "compare: needs at least 2 arguments: RUN_A RUN_B …");
}

TEST(CommandLine, SubcommandsHaveFlagsOfTheirOwn) {
  const auto score = parse({"score", "--references", "r.csv", "--predictions", "p.tsv", "--metrics",
                            "bleu", "--nist", "perl", "--no-paraphrases", "--seed", "3"},
                           Program::kEval);
  EXPECT_EQ(score.subcommand, "score");
  EXPECT_EQ(score.option("references"), "r.csv");
  EXPECT_EQ(score.option("predictions"), "p.tsv");
  EXPECT_FALSE(score.has_option("per-item"));
  EXPECT_EQ(score.option("per-item"), "");
  EXPECT_EQ(score.config.eval.nist, eida::MtevalConvention::kPerl);
  EXPECT_TRUE(score.config.eval.no_paraphrases);
  EXPECT_EQ(score.config.run.seed, 3);
  const auto tokenize = parse({"tokenize", "--model", "m", "--pairs"}, Program::kEval);
  EXPECT_TRUE(tokenize.has_option("pairs"));
  EXPECT_FALSE(tokenize.has_option("decode"));
}

TEST(CommandLine, ARepeatedFlagOfASubcommandKeepsItsOrder) {
  const auto merge =
      parse({"merge", "--model", "m", "--adapter", "1", "--adapter", "2", "3", "--output", "out"},
            Program::kTrain);
  EXPECT_EQ(merge.options.at("adapter"), (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(merge.config.run.output, "out");
}

TEST(CommandLine, ErrorsOfSubcommandsNameTheFlagAndHelp) {
  const auto score = [](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"score", "--references", "r", "--predictions", "p"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return fault(arguments, Program::kEval);
  };
  EXPECT_EQ(score({"--beams", "3"}),
            "--beams: score has no use for it (hint: eida-eval score --help)");
  EXPECT_EQ(score({"--resume"}),
            "--resume: score has no use for it (hint: eida-eval score --help)");
  EXPECT_EQ(score({"--per-itm", "f"}),
            "'--per-itm' is not an option of eida-eval (hint: did you mean --per-item?)");
  EXPECT_EQ(score({"stray"}), "'stray' is not expected (hint: --help)");
  EXPECT_EQ(score({"--references", "s"}), "--references: is given 2 times");
  EXPECT_EQ(score({"--per-item", ""}), "--per-item: '' is empty");
  EXPECT_EQ(fault({"score", "--references", "r"}, Program::kEval),
            "score: --predictions is needed and not given (hint: --predictions FILE)");
  EXPECT_EQ(fault({"tokenize"}, Program::kEval),
            "model.path: is needed and not given (hint: --model DIR)");
  EXPECT_EQ(
      fault({"export", "--run", "r", "--to", "pft", "--output", "o"}, Program::kTrain),
      "--to: 'pft' is not a choice (hint: did you mean peft? one of peft, gguf, huggingface)");
}

TEST(CommandLine, HelpOfASubcommandShowsItsFlags) {
  const std::string text = parse({"score", "--help"}, Program::kEval).text;
  for (const char* part : {"Usage: eida-eval score --references FILE --predictions FILE",
                           "--per-item FILE", "--metrics NAME,…", "--nist", "Examples:\n"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << text;
  }
  EXPECT_EQ(text.find("--beams"), std::string::npos);
}

TEST(CommandLine, SubcommandsSayWhatTheirOutputIsAndObeyNoOtherSwitch) {
  const std::string compare = parse({"compare", "--help"}).text,
                    exported = parse({"export", "--help"}, Program::kTrain).text;
  for (const std::string& text : {compare, exported}) {
    EXPECT_EQ(text.find("eida-eval for classification"), std::string::npos) << text;
    EXPECT_EQ(text.find("--resume"), std::string::npos) << text;
    EXPECT_EQ(text.find("--dry-run"), std::string::npos) << text;
    EXPECT_NE(text.find("--quiet"), std::string::npos) << text;
  }
  EXPECT_NE(compare.find("--overwrite"), std::string::npos);
  EXPECT_NE(exported.find("folder to write, new or empty"), std::string::npos);
  EXPECT_EQ(fault({"compare", "a", "b", "--resume"}),
            "--resume: compare has no use for it (hint: eida-probe compare --help)");
}

TEST(Subcommands, EveryKeyTheyNameIsDeclaredForTheProgramAndHasAFlag) {
  eida::Config defaults;
  auto all = eida::config::declare(defaults);
  for (const auto& sub : eida::config::subcommands()) {
    EXPECT_FALSE(sub.examples.empty()) << sub.name;
    for (const auto* keys : {&sub.keys, &sub.needed_keys}) {
      for (const std::string& key : *keys) {
        const auto* option = eida::config::find(all, key);
        ASSERT_NE(option, nullptr) << key;
        EXPECT_TRUE(option->belongs_to(sub.program)) << key;
        EXPECT_FALSE(option->flag.empty()) << key;
      }
    }
  }
}

TEST(CommandLine, HelpShowsEveryFlagOfTheProgramAndExamples) {
  const std::string text = parse({"--help"}).text;
  for (const char* flag :
       {"--model DIR", "--examples N", "--dims", "--save-subspaces", "--dry-run", "--config FILE",
        "Examples:", "[256; e2e, prompt: 128]", "sampling.token_rate=X", "compare RUN_A RUN_B"}) {
    EXPECT_NE(text.find(flag), std::string::npos) << flag;
  }
  EXPECT_EQ(text.find("--beams"), std::string::npos);
  EXPECT_NE(parse({"-h"}, Program::kEval).text.find("--beams"), std::string::npos);
  EXPECT_EQ(text.find(" \n"), std::string::npos) << "trailing spaces";
}

TEST(CommandLine, VersionAndLists) {
  EXPECT_EQ(parse({"--version"}).text.find("eida-probe " + eida::version()), 0U);
  EXPECT_NE(parse({"--list", "methods"}).text.find("\nlora "), std::string::npos);
  EXPECT_NE(parse({"--list", "keys"}).text.find("\ntrain.lr "), std::string::npos);
  EXPECT_NE(parse({"--list", "log-levels"}).text.find("warning"), std::string::npos);
  EXPECT_EQ(fault({"--list", "method"})
                .find("--list: 'method' is not a list (hint: did you mean methods? "),
            0U);
}

TEST(CommandLine, SetupConsoleRefusesAnUnknownLevel) {
  EXPECT_THROW(eida::setup_console(parse_complete({"--log-level", "loud"})), eida::ConfigError);
}
