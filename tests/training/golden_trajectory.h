/// A file of tests/golden/training/: ten steps of transformers, torch and peft.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "eida/adapter/method.h"
#include "eida/model/pretrained_model.h"
#include "eida/programs/programs.h"
#include "eida/tensor/safetensors.h"
#include "support/padded_examples.h"
#include "support/test_data.h"

namespace eida::testing {

/// Batches, hyper-parameters and results of one trajectory (scripts/make_golden_training.py).
class GoldenTrajectory {
 public:
  explicit GoldenTrajectory(const std::string& name)
      : file(golden_dir() / "training" / (name + ".safetensors")),
        task(text("model") == "gpt2" ? TaskKind::kCompletion : TaskKind::kClassification) {
    const auto accumulation = static_cast<size_t>(number("accumulation"));
    for (int step = 0; step < static_cast<int>(number("steps")); ++step) {
      steps_.emplace_back();
      for (size_t a = 0; a < accumulation; ++a) {
        const std::string prefix =
            accumulation == 1 ? fmt::format("step.{}.", step) : fmt::format("step.{}.{}.", step, a);
        steps_.back().push_back(examples_of(prefix));
      }
    }
  }

  at::Tensor operator[](const std::string& tensor) const { return file.tensor(*file.find(tensor)); }
  std::string text(const std::string& key) const { return file.metadata().at(key); }
  double number(const std::string& key) const { return std::stod(text(key)); }
  size_t steps() const { return steps_.size(); }
  std::vector<ExampleBatch> batches(size_t step) const {
    std::vector<ExampleBatch> all;
    for (const auto& examples : steps_[step]) {
      all.emplace_back();
      for (const auto& example : examples) all.back().push_back(&example);
    }
    return all;
  }
  std::unique_ptr<PretrainedModel> model() const {
    auto loaded = load_pretrained(golden_dir() / text("model"), task);
    loaded->set_dropout(0.0);
    return loaded;
  }

  SafetensorsFile file;
  TaskKind task;

 private:
  std::vector<TokenExample> examples_of(const std::string& prefix) const {
    const bool typed = file.find(prefix + "token_type_ids") != nullptr;
    return padded_examples((*this)[prefix + "input_ids"], (*this)[prefix + "attention_mask"],
                           (*this)[prefix + "labels"],
                           typed ? (*this)[prefix + "token_type_ids"] : at::Tensor(), task);
  }

  std::vector<std::vector<std::vector<TokenExample>>> steps_;
};

}  // namespace eida::testing
