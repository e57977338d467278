/// What is written out of the declarations for people and shells: reference, manual pages,
/// completion.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "config/declaration.h"
#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "support/file_helpers.h"
#include "support/program.h"
#include "support/test_data.h"

using eida::Program;

namespace {

constexpr Program kPrograms[] = {Program::kProbe, Program::kTrain, Program::kEval};

bool on_path(const std::string& tool) {
  return std::system(("command -v " + tool + " >/dev/null 2>&1").c_str()) == 0;
}

class BashCompletion : public ::testing::Test {
 protected:
  /// What bash offers for the last of `words`, a line each.
  std::string offered(Program program, const std::vector<std::string>& words) const {
    const std::string name = eida::program_name(program);
    std::string script = eida::completion_text(program, "bash") + "COMP_WORDS=(" + name;
    for (const auto& word : words) script += " '" + word + "'";
    script += ")\nCOMP_CWORD=" + std::to_string(words.size());
    script += "\n_" + std::string(name).replace(4, 1, "_");
    script += "\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
    const auto file = eida::testing::write_text(folder_.path() / "script", script);
    const auto result = eida::testing::run_program(folder_.path(), {"bash", file.string()});
    EXPECT_EQ(result.code, 0);
    EXPECT_EQ(result.err, "");
    return result.out;
  }

  const eida::testing::TempDir folder_;
};

}  // namespace

TEST(Reference, FileInDocsIsUpToDate) {
  const auto file = std::filesystem::path(EIDA_SOURCE_DIR) / "docs" / "configuration.md";
  EXPECT_EQ(eida::testing::read_text(file), eida::list_text("reference"))
      << "eida-probe --list reference > docs/configuration.md";
}

TEST(Reference, EveryKeyHasARowOfSixCells) {
  const std::string text = eida::reference_text();
  eida::Config config;
  for (const auto& option : eida::config::declare(config)) {
    const size_t begin = text.find("\n| `" + option.key + "` |");
    ASSERT_NE(begin, std::string::npos) << option.key;
    const std::string row = text.substr(begin + 1, text.find('\n', begin + 1) - begin - 1);
    size_t bars = 0;
    for (size_t i = 0; i < row.size(); ++i) bars += row[i] == '|' && (i == 0 || row[i - 1] != '\\');
    EXPECT_EQ(bars, 7U) << row;
  }
  EXPECT_NE(text.find("| number, above 0, at most 10 | `0.0002`; e2e, prompt: `5e-05` | `--lr` |"),
            std::string::npos);
}

TEST(ManPage, GroffHasNothingToSay) {
  if (!on_path("groff")) GTEST_SKIP() << "groff is not installed";
  for (const Program program : kPrograms) {
    const eida::testing::TempDir folder;
    const auto page = eida::testing::write_text(folder.path() / "page.1", eida::man_page(program));
    const auto result = eida::testing::run_program(
        folder.path(), {"groff", "-man", "-ww", "-Tascii", "-P-cbou", page.string()});
    EXPECT_EQ(result.code, 0);
    EXPECT_EQ(result.err, "");
    for (const char* part : {"NAME", "--config FILE", "EXIT STATUS", "--seed N"})
      EXPECT_NE(result.out.find(part), std::string::npos) << part;
  }
}

TEST(ManPage, LinesThatBeginLikeRequestsAreText) {
  const std::string page = eida::man_page(Program::kEval);
  EXPECT_NE(page.find(".SS eida\\-eval score\n"), std::string::npos);
  EXPECT_NE(page.find("NAME,..."), std::string::npos);
  EXPECT_EQ(page.find("…"), std::string::npos);
}

TEST_F(BashCompletion, OffersFlagsChoicesAndSubcommands) {
  EXPECT_EQ(offered(Program::kTrain, {"--preci"}), "--precision\n");
  EXPECT_EQ(offered(Program::kTrain, {"--precision", ""}), "auto\nfp32\nbf16\nfp16\n");
  EXPECT_EQ(offered(Program::kTrain, {"--precision", "=", "f"}), "fp32\nfp16\n");
  EXPECT_EQ(offered(Program::kTrain, {"--quiet", "--metho"}), "--method\n");
  EXPECT_EQ(offered(Program::kTrain, {"ex"}), "export\n");
  EXPECT_EQ(offered(Program::kTrain, {"export", "--to", "h"}), "huggingface\n");
  EXPECT_EQ(offered(Program::kTrain, {"export", "--l"}), "--log-level\n--list\n");
  EXPECT_EQ(offered(Program::kTrain, {"--lr", ""}), "\n");
  EXPECT_EQ(offered(Program::kProbe, {"--list", "inp"}), "\n");
}

TEST_F(BashCompletion, GoesOnInAListAfterTheComma) {
  EXPECT_EQ(offered(Program::kEval, {"--metrics", "bleu,ni"}), "bleu,nist\n");
}

TEST_F(BashCompletion, KnowsKeysAndTheirValues) {
  EXPECT_EQ(offered(Program::kProbe, {"--set", "probe.re"}), "probe.repeats=\n");
  EXPECT_EQ(offered(Program::kProbe, {"--set", "run.format", "="}), "table\njson\n");
  EXPECT_EQ(offered(Program::kTrain, {"--set", "train.tensorboard", "=", "t"}), "true\n");
}

TEST_F(BashCompletion, OffersFilesAndFolders) {
  std::filesystem::create_directory(folder_.path() / "model");
  eida::testing::write_text(folder_.path() / "map", "");
  const std::string begin = (folder_.path() / "m").string(), model = begin + "odel\n";
  EXPECT_EQ(offered(Program::kTrain, {"--model", begin}), model);
  EXPECT_NE(offered(Program::kTrain, {"--train", begin}).find(begin + "ap\n"), std::string::npos);
  EXPECT_EQ(offered(Program::kProbe, {"compare", begin}), model);
}

TEST(Completion, ShellsReadTheirScripts) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    if (!on_path(shell)) continue;
    for (const Program program : kPrograms) {
      const eida::testing::TempDir folder;
      const auto script = eida::testing::write_text(folder.path() / "script",
                                                    eida::completion_text(program, shell));
      const auto result = eida::testing::run_program(folder.path(), {shell, "-n", script.string()});
      EXPECT_EQ(result.code, 0) << shell << ": " << result.err;
    }
  }
  EXPECT_THROW(eida::completion_text(Program::kProbe, "csh"), eida::ConfigError);
}

TEST(Completion, EveryFlagOfEveryProgramIsThere) {
  eida::Config config;
  for (const auto& option : eida::config::declare(config)) {
    for (const Program program : kPrograms) {
      if (option.flag.empty() || !option.belongs_to(program)) continue;
      const auto text = [&](const char* shell) { return eida::completion_text(program, shell); };
      EXPECT_NE(text("zsh").find(option.flag), std::string::npos) << option.flag;
      EXPECT_NE(text("fish").find(" -l " + option.flag.substr(2) + " "), std::string::npos);
    }
  }
}
