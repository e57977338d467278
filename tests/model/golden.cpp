#include "model/golden.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "eida/core/json.h"
#include "support/padded_examples.h"
#include "support/test_data.h"

namespace eida::testing {

namespace {

/// From the class that saved the folder; one without is a classifier.
TaskKind task_of(const std::filesystem::path& dir) {
  const auto config = read_json(dir / "config.json");
  if (!config.contains("architectures")) return TaskKind::kClassification;
  const auto name = config["architectures"].at(0).get<std::string>();
  return name.ends_with("LMHeadModel") || name.ends_with("ForCausalLM") ? TaskKind::kCompletion
                                                                        : TaskKind::kClassification;
}

}  // namespace

Golden::Golden(const std::string& name)
    : dir(golden_dir() / name), task(task_of(dir)), file(dir / "expected.safetensors") {
  const bool typed = file.find("token_type_ids") != nullptr;
  examples = padded_examples((*this)["input_ids"], (*this)["attention_mask"], (*this)["labels"],
                             typed ? (*this)["token_type_ids"] : at::Tensor(), task);
  std::vector<const TokenExample*> pointers;
  for (const auto& example : examples) pointers.push_back(&example);
  batch = pack(pointers, task);
}

at::Tensor Golden::operator[](const std::string& tensor) const {
  return file.tensor(*file.find(tensor));
}

at::Tensor Golden::scored(const at::Tensor& logits) const {
  if (task == TaskKind::kClassification) return logits;
  // Row t scores the label of t + 1; the last row has none.
  const int64_t rows = logits.size(1) - 1;
  const at::Tensor scored = (*this)["labels"].narrow(1, 1, rows) != -100;
  return logits.narrow(1, 0, rows).masked_select(scored.unsqueeze(2)).view({-1, logits.size(2)});
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden_dir())) {
    if (std::filesystem::exists(entry.path() / "expected.safetensors"))
      names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>() /
         std::max(1e-30, b.to(at::kDouble).abs().max().item<double>());
}

}  // namespace eida::testing
