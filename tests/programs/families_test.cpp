/// Every family through the programs: probe, training by every method, merge, PEFT out and in,
/// resume, dry run, two processes.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "eida/config/command_line.h"
#include "eida/core/choices.h"
#include "eida/programs/programs.h"
#include "programs/train_fixture.h"
#include "support/mpi.h"
#include "support/tiny_models.h"

namespace eida {
namespace {

/// A tiny model of a family, with the byte tokenizer's vocabulary.
struct FamilyCase {
  std::string type;
  bool encoder;
  std::string sizes;               ///< members of config.json
  std::vector<std::string> roles;  ///< of the sites of a layer
};

void PrintTo(const FamilyCase& family, std::ostream* out) { *out << family.type; }

const std::vector<std::string> kPlain = {"q", "k", "v", "o", "fc1", "fc2"};
const std::vector<std::string> kGated = {"q", "k", "v", "o", "gate", "up", "down"};

/// Sizes of a decoder of Llama's line. \param more what its family has beside them
std::string decoder_sizes(const std::string& more) {
  return R"("hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
          "intermediate_size": 40, "max_position_embeddings": 600, "bos_token_id": 5, "eos_token_id": 5)" +
         more;
}

const std::vector<FamilyCase>& family_cases() {
  static const std::vector<FamilyCase> cases = {
      {"mpnet", true,
       R"("hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 40,
          "max_position_embeddings": 260, "layer_norm_eps": 1e-05)",
       kPlain},
      {"distilbert", true,
       R"("dim": 24, "n_layers": 2, "n_heads": 3, "hidden_dim": 40, "max_position_embeddings": 260,
          "pad_token_id": 1)",
       kPlain},
      {"modernbert", true,
       R"("hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 40,
          "max_position_embeddings": 260, "local_attention": 16, "classifier_pooling": "mean",
          "global_attn_every_n_layers": 2, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2)",
       kGated},
      {"llama", false, decoder_sizes(R"(, "rope_scaling": {"rope_type": "linear", "factor": 2.0})"),
       kGated},
      {"mistral", false, decoder_sizes(R"(, "sliding_window": 20)"), kGated},
      {"qwen2", false,
       decoder_sizes(
           R"(, "use_sliding_window": true, "sliding_window": 20, "max_window_layers": 1)"),
       kGated},
      {"qwen3", false, decoder_sizes(R"(, "head_dim": 8)"), kGated},
      {"gemma3_text", false,
       decoder_sizes(R"(, "head_dim": 8, "sliding_window": 20, "sliding_window_pattern": 2)"),
       kGated},
  };
  return cases;
}

class Families : public testing::TrainProgram, public ::testing::WithParamInterface<FamilyCase> {
 protected:
  void SetUp() override {
    at::set_num_threads(1);
    TrainProgram::SetUp();
    const FamilyCase& family = GetParam();
    write_file_atomic(model_ / "config.json",
                      R"({"model_type": ")" + family.type +
                          R"(", "vocab_size": 300, "initializer_range": 0.2, )" + family.sizes +
                          "}");
    write_file_atomic(
        model_ / "tokenizer_config.json",
        nlohmann::json{{"tokenizer_class", family.encoder ? "RobertaTokenizer" : "GPT2Tokenizer"}}
            .dump());
    std::filesystem::remove(model_ / "model.safetensors");
    LoadOptions options;
    options.random_init = true;
    save_pretrained(*load_pretrained(model_, task(), options), model_);
  }

  static TaskKind task() {
    return GetParam().encoder ? TaskKind::kClassification : TaskKind::kCompletion;
  }
  std::vector<std::string> short_train(const std::filesystem::path& output,
                                       const std::vector<std::string>& more = {}) const {
    return with(train(output, GetParam().encoder, {"--set", "rounds=1", "--lr", "1e-2"}), more);
  }
  /// Another value for an option that is there.
  static void set_option(std::vector<std::string>& arguments, const std::string& option,
                         const std::string& value) {
    *(std::find(arguments.begin(), arguments.end(), option) + 1) = value;
  }
  /// In this process, which has LibTorch loaded.
  static int run_here(Program program, const std::vector<std::string>& arguments) {
    std::vector<const char*> argv;
    for (const auto& argument : arguments) argv.push_back(argument.c_str());
    const auto command = parse_command_line(program, static_cast<int>(argv.size()), argv.data());
    if (program == Program::kEval) return run_eval(command);
    return program == Program::kProbe ? run_probe(command) : run_train(command);
  }
  std::filesystem::path merged(const std::filesystem::path& adapter) const {
    const auto output = dir_.path() / "merged";
    std::filesystem::remove_all(output);
    EXPECT_EQ(
        run_here(Program::kTrain, {EIDA_TRAIN, "merge", "--model", model_.string(), "--adapter",
                                   adapter.string(), "--output", output.string()}),
        0);
    return output / "model.safetensors";
  }
  /// All tensors of two files, as shares of their largest values.
  static void expect_near(const std::filesystem::path& file, const std::filesystem::path& wanted,
                          double bound) {
    const SafetensorsFile got(file), other(wanted);
    ASSERT_EQ(got.entries().size(), other.entries().size());
    for (const SafetensorsEntry& entry : other.entries()) {
      EXPECT_LT(
          testing::relative_difference(got.tensor(*got.find(entry.name)), other.tensor(entry)),
          bound)
          << entry.name;
    }
  }
  /// How many of the model's matrices differ from the base's.
  int changed_matrices(const std::filesystem::path& file) const {
    const SafetensorsFile got(file), base(model_ / "model.safetensors");
    int count = 0;
    for (const SafetensorsEntry& entry : base.entries())
      count +=
          entry.shape.size() == 2 && !got.tensor(*got.find(entry.name)).equal(base.tensor(entry));
    return count;
  }
  /// Targets of the exported adapter are modules of the model, each by its whole name.
  void expect_plain_targets(const std::filesystem::path& folder) const {
    const SafetensorsFile model(model_ / "model.safetensors");
    const auto targets = read_json(folder / "adapter_config.json").at("target_modules");
    EXPECT_FALSE(targets.empty());
    for (const auto& target : targets)
      EXPECT_NE(model.find(target.get<std::string>() + ".weight"), nullptr) << target;
  }

  const std::filesystem::path model_ = GetParam().encoder ? encoder_ : decoder_;
};

TEST_P(Families, EveryMethodTrainsMergesAndGoesThroughPeft) {
  for (const auto& [method, method_name, help] : Choices<MethodKind>::kAll) {
    const std::string name(method_name);
    if (method == MethodKind::head && !GetParam().encoder) continue;  // there is none
    SCOPED_TRACE(name);
    std::filesystem::remove_all(a_);
    std::filesystem::remove_all(b_);
    ASSERT_EQ(run_here(Program::kTrain, short_train(a_, {"--method", name, "--max-steps", "3"})),
              0);
    const auto saved = a_ / "model/model.safetensors",
               adapter = a_ / "rounds/01/adapter.safetensors";
    EXPECT_GE(changed_matrices(saved), method == MethodKind::head ? 1 : 8);
    EXPECT_EQ(sha256_file(merged(adapter)), sha256_file(saved));
    if (method == MethodKind::full || method == MethodKind::head) continue;
    ASSERT_EQ(run_here(Program::kTrain, {EIDA_TRAIN, "export", "--run", a_.string(), "--to", "peft",
                                         "--output", b_.string()}),
              0);
    expect_plain_targets(b_);
    expect_near(merged(b_), saved, 1e-5);
  }
}

TEST_P(Families, ProbeMeasuresEveryPlace) {
  const std::string task = GetParam().encoder ? "classification" : "e2e";
  auto arguments = quick(model_, task, GetParam().encoder ? reviews_ : pairs_);
  for (const auto& [option, value] :
       {std::pair("--repeats", "1"), std::pair("--examples", "16"), std::pair("--heldout", "16")})
    set_option(arguments, option, value);
  ASSERT_EQ(run_here(Program::kProbe, arguments), 0);
  const auto result = read_json(run_ / "probe.json");
  EXPECT_EQ(result.at("model_type"), GetParam().type);
  std::vector<std::string> sites;
  for (const auto& place : result.at("places")) {
    if (place.at("kind") == "delta_output") sites.push_back(place.at("weights"));
  }
  std::vector<std::string> wanted;
  for (int layer = 0; layer < 2; ++layer)
    wanted.insert(wanted.end(), GetParam().roles.begin(), GetParam().roles.end());
  if (GetParam().encoder) {
    ASSERT_EQ(sites.size(), wanted.size() + 1);
    sites.pop_back();
  }
  EXPECT_EQ(sites, wanted);
}

TEST_P(Families, AKilledRunEndsWithTheSameBits) {
  const auto arguments = [&](const std::filesystem::path& output) {
    return train(output, GetParam().encoder, {"--set", "train.save_every=1"});
  };
  ASSERT_EQ(run_here(Program::kTrain, arguments(a_)), 0);
  int killed = 0;
  for (int attempt = 0; killed == 0 && attempt < 10; ++attempt) {
    std::filesystem::remove_all(b_);
    const testing::RunningProgram program(dir_.path(), arguments(b_));
    ASSERT_TRUE(testing::wait_for(b_ / "state/state.safetensors"));
    program.send(SIGKILL);
    killed += program.wait().code == 128 + SIGKILL;
  }
  ASSERT_EQ(killed, 1);
  ASSERT_EQ(run_here(Program::kTrain, with(arguments(b_), {"--resume"})), 0);
  testing::expect_same_results(a_, b_, 2);
}

TEST_P(Families, DryRunSaysWhatThereIs) {
  ::testing::internal::CaptureStdout();
  const int code = run_here(Program::kTrain, short_train(a_, {"--dry-run"}));
  const std::string said = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(code, 0);
  EXPECT_NE(said.find("(" + GetParam().type + "), 2 layers"), std::string::npos) << said;
  EXPECT_GT(testing::number_after(said, "memory, about"), 0) << said;
  EXPECT_FALSE(std::filesystem::exists(a_));
}

TEST_P(Families, TwoProcessesTrainAsOne) {
  EIDA_NEED_MPI();
  const auto arguments = [&](const std::filesystem::path& output) {
    return short_train(output,
                       {"--precision", "fp32", "--set", "train.dropout=0", "--max-steps", "3"});
  };
  ASSERT_EQ(run_here(Program::kTrain, arguments(a_)), 0);
  const auto result = run(testing::mpirun(2, arguments(b_)));
  ASSERT_EQ(result.code, 0) << result.err;
  // Sums are taken in another order, in float32.
  expect_near(b_ / "model/model.safetensors", a_ / "model/model.safetensors", 2e-4);
}

TEST_P(Families, ADecoderWritesTextsAndLearnsFromTextsAlone) {
  if (GetParam().encoder) GTEST_SKIP() << "of decoders";
  const auto data = dir_.path() / "texts.jsonl";
  write_file_atomic(data, R"({"prompt": "", "completion": "a text"})"
                          "\n"
                          R"({"prompt": "", "completion": "another one"})"
                          "\n");
  auto arguments = short_train(a_, {"--method", "full", "--max-steps", "1"});
  set_option(arguments, "--task", "prompt");
  set_option(arguments, "--train", data.string());
  set_option(arguments, "--batch-size", "2");
  ASSERT_EQ(run_here(Program::kTrain, arguments), 0);
  const std::vector<std::string> evaluate = {EIDA_EVAL,
                                             "--model",
                                             (a_ / "model").string(),
                                             "--task",
                                             "e2e",
                                             "--data",
                                             pairs_.string(),
                                             "--output",
                                             run_.string(),
                                             "--metrics",
                                             "bleu",
                                             "--beams",
                                             "3",
                                             "--set",
                                             "generation.max_new_tokens=4",
                                             "--threads",
                                             "1",
                                             "--set",
                                             "data.max_length=0"};
  ASSERT_EQ(run_here(Program::kEval, evaluate), 0);
  EXPECT_FALSE(lines_of(read_file(run_ / "predictions.jsonl")).empty());
}

TEST_P(Families, ADecoderClassifies) {
  if (GetParam().encoder) GTEST_SKIP() << "of decoders";
  auto arguments = train(
      a_, true, {"--set", "rounds=1", "--lr", "1e-2", "--method", "lora", "--max-steps", "3"});
  set_option(arguments, "--model", model_.string());
  ASSERT_EQ(run_here(Program::kTrain, arguments), 0);
  const auto architectures = read_json(a_ / "model/config.json").at("architectures");
  EXPECT_TRUE(architectures.at(0).get<std::string>().ends_with("ForSequenceClassification"));
  const SafetensorsFile saved(a_ / "model/model.safetensors");
  EXPECT_NE(saved.find("score.weight"), nullptr);
  EXPECT_EQ(saved.find("lm_head.weight"), nullptr);
  EXPECT_EQ(sha256_file(merged(a_ / "rounds/01/adapter.safetensors")),
            sha256_file(a_ / "model/model.safetensors"));
}

INSTANTIATE_TEST_SUITE_P(Types, Families, ::testing::ValuesIn(family_cases()),
                         [](const auto& info) { return info.param.type; });

}  // namespace
}  // namespace eida
