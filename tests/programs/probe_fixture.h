/// A tiny random model with a byte-level tokenizer, and demo data: all that eida-probe needs.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eida/core/files.h"
#include "eida/data/demo.h"
#include "eida/model/pretrained_model.h"
#include "eida/tensor/safetensors.h"
#include "support/program.h"
#include "support/test_data.h"

namespace eida::testing {

/// Character that GPT-2's byte alphabet gives a byte, in UTF-8. Source: openai/gpt-2,
/// bytes_to_unicode.
inline std::string byte_character(int byte) {
  const auto printable = [](int b) {
    return (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || (b >= 0xae && b <= 0xff);
  };
  int code = byte;
  if (!printable(byte)) {
    code = 256;
    for (int b = 0; b < byte; ++b) code += printable(b) ? 0 : 1;
  }
  if (code < 0x80) return std::string(1, static_cast<char>(code));
  return {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))};
}

/// vocab.json and merges.txt of the 256 bytes and a few special tokens: every text can be encoded.
inline void write_byte_tokenizer(const std::filesystem::path& dir) {
  nlohmann::json vocab;
  int id = 0;
  for (const char* token : {"<s>", "<pad>", "</s>", "<unk>", "<mask>", "<|endoftext|>"})
    vocab[token] = id++;
  for (int byte = 0; byte < 256; ++byte) vocab[byte_character(byte)] = id++;
  write_file_atomic(dir / "vocab.json", vocab.dump());
  write_file_atomic(dir / "merges.txt", "#version: 0.2\n");
}

/// SHA-256 of every file in a folder, by its path.
inline std::map<std::string, std::string> files_in(const std::filesystem::path& dir) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    if (entry.is_regular_file()) files[entry.path().string()] = sha256_file(entry.path());
  }
  return files;
}

class ProbeProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(encoder_);
    std::filesystem::create_directories(decoder_);
    write_byte_tokenizer(encoder_);
    write_byte_tokenizer(decoder_);
    write_encoder_config(24, 2, 40);
    write_file_atomic(decoder_ / "config.json",
                      R"({"model_type": "gpt2", "vocab_size": 300, "n_embd": 24, "n_layer": 2,
      "n_head": 3, "n_positions": 600, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-05,
      "initializer_range": 0.2, "bos_token_id": 5, "eos_token_id": 5})");
    const DemoOptions sizes{120, 10, 3};
    write_file_atomic(reviews_, demo_review_file(make_demo_reviews(sizes).train));
    write_file_atomic(pairs_, demo_pair_file(make_demo_pairs(sizes).train));
  }

  /// The encoder's configuration, of the byte tokenizer's vocabulary and 3 heads.
  void write_encoder_config(int64_t hidden, int64_t layers, int64_t intermediate,
                            double weights = 0.2) {
    write_file_atomic(
        encoder_ / "config.json",
        fmt::format(
            R"({{"model_type": "roberta", "vocab_size": 300, "hidden_size": {}, "num_hidden_layers": {},
      "num_attention_heads": 3, "intermediate_size": {}, "hidden_act": "gelu", "max_position_embeddings": 260,
      "type_vocab_size": 1, "initializer_range": {}, "layer_norm_eps": 1e-05, "pad_token_id": 1,
      "bos_token_id": 0, "eos_token_id": 2}})",
            hidden, layers, intermediate, weights));
  }

  /// Sentences of 240 bytes, a run with which takes more than the programs' start, and of 8.
  void write_longer_reviews(int longer = 140, int shorter = 0) const {
    std::string rows = "sentence\tlabel\n";
    for (int i = 0; i < longer + shorter; ++i)
      rows += std::string(i < longer ? 240 : 8, static_cast<char>('a' + i % 26)) +
              fmt::format("\t{}\n", i % 2);
    write_file_atomic(reviews_, rows);
  }
  /// Memory and time that --dry-run said against those of the run.
  static void expect_as_announced(const std::string& dry_run, const std::filesystem::path& run) {
    const auto manifest = nlohmann::json::parse(read_file(run / "manifest.json"));
    const auto mib = manifest.at("peak_memory_mib").get<double>(),
               seconds = manifest.at("seconds").get<double>();
    const std::string time = dry_run.substr(std::min(dry_run.size(), dry_run.find("time, about")));
    const double said_mib = number_after(dry_run, "memory, about"),
                 said_seconds = 60 * number_after(time, "time") + number_after(time, ":");
    EXPECT_GT(said_mib, 0.7 * mib) << dry_run;
    EXPECT_LT(said_mib, 1.5 * mib) << dry_run;
    // Whatever else the machine does meanwhile.
    EXPECT_GT(said_seconds, seconds / 4) << dry_run;
    EXPECT_LT(said_seconds, seconds * 4) << dry_run;
  }

  /// The encoder's random weights as a checkpoint that has no classification head.
  void write_encoder_without_head() const {
    LoadOptions options;
    options.random_init = true;
    options.num_labels = 2;
    const auto model = load_pretrained(encoder_, TaskKind::kClassification, options);
    std::vector<NamedTensor> body;
    for (const NamedTensor& parameter : model->parameters()) {
      if (!parameter.name.starts_with("classifier.")) body.push_back(parameter);
    }
    write_safetensors(encoder_ / "model.safetensors", body, {{"format", "pt"}});
  }

  /// Arguments of a quick run; `more` come last.
  std::vector<std::string> quick(const std::filesystem::path& model, const std::string& task,
                                 const std::filesystem::path& train,
                                 std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {EIDA_PROBE,
                                    "--model",
                                    model.string(),
                                    "--task",
                                    task,
                                    "--train",
                                    train.string(),
                                    "--output",
                                    run_.string(),
                                    "--set",
                                    "model.init=random",
                                    "--dims",
                                    "2,4,8",
                                    "--set",
                                    "ranks.narrow=4",
                                    "--set",
                                    "ranks.wide=8",
                                    "--repeats",
                                    "2",
                                    "--examples",
                                    "32",
                                    "--heldout",
                                    "40",
                                    "--precision",
                                    "fp32",
                                    "--threads",
                                    "1",
                                    "--set",
                                    "data.max_length=0"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::vector<std::string> quick_reviews(std::vector<std::string> more = {}) const {
    return quick(encoder_, "classification", reviews_, std::move(more));
  }
  ProgramResult run(std::vector<std::string> arguments) const {
    return run_program(dir_.path(), std::move(arguments));
  }
  /// Names of the files that the run's manifest lists.
  static std::vector<std::string> manifest_inputs(const std::filesystem::path& run) {
    std::vector<std::string> names;
    const auto manifest = nlohmann::json::parse(read_file(run / "manifest.json"));
    for (const auto& input : manifest.at("inputs"))
      names.push_back(std::filesystem::path(input.at("path").get<std::string>()).filename());
    return names;
  }
  bool looks_complete() const { return std::filesystem::exists(run_ / "manifest.json"); }

  /// The same call with a file-size limit that stands for a full disk.
  static std::vector<std::string> on_small_disk(const std::vector<std::string>& arguments) {
    std::vector<std::string> limited = {"/bin/sh", "-c", "ulimit -f 8; exec \"$@\"", "sh"};
    limited.insert(limited.end(), arguments.begin(), arguments.end());
    return limited;
  }
  /// A signal during the run ends it with its code, and the folder keeps its mark.
  void expect_interrupted(const std::vector<std::string>& arguments, int signal) const {
    const RunningProgram program(dir_.path(), arguments);
    ASSERT_TRUE(wait_for(run_ / "config.yaml"));
    program.send(signal);
    const ProgramResult result = program.wait();
    EXPECT_EQ(result.code, 128 + signal) << result.err;
    EXPECT_FALSE(looks_complete());
    EXPECT_TRUE(std::filesystem::exists(run_ / "INCOMPLETE"));
  }

  /// One clear line, the right exit code, and no run folder that looks complete.
  void expect_error(const ProgramResult& result, int code, const std::string& part,
                    const std::string& program = "eida-probe") const {
    EXPECT_EQ(result.code, code) << result.err;
    const auto begin = result.err.rfind(program + ": ");
    ASSERT_NE(begin, std::string::npos) << result.err;
    const std::string line = result.err.substr(begin);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
    EXPECT_NE(line.find(part), std::string::npos) << line;
    EXPECT_FALSE(looks_complete());
  }

  TempDir dir_;
  std::filesystem::path encoder_ = dir_.path() / "encoder", decoder_ = dir_.path() / "decoder";
  std::filesystem::path reviews_ = dir_.path() / "reviews.tsv", pairs_ = dir_.path() / "pairs.txt";
  std::filesystem::path run_ = dir_.path() / "run";
};

}  // namespace eida::testing
