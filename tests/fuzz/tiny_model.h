/// Small models of every kind that adapters are put on.
#pragma once

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <memory>
#include <vector>

#include "eida/model/pretrained_model.h"
#include "support.h"

namespace eida::fuzz {

/// An encoder (0) or a decoder (1) of one layer with weights from a seed, which every call finds as
/// they were.
inline PretrainedModel& tiny_model(size_t kind) {
  struct Model {
    std::unique_ptr<PretrainedModel> model;
    std::vector<at::Tensor> values;
    Model(std::string_view config, TaskKind task) {
      at::set_num_threads(1);
      write("config.json", config);
      LoadOptions options;
      options.random_init = options.writable = true;
      model = load_pretrained(folder(), task, options);
      for (const NamedTensor& parameter : model->parameters())
        values.push_back(parameter.tensor.detach().clone());
    }
  };
  static const std::array<Model, 2> kModels = {
      Model(R"({"model_type": "bert", "vocab_size": 5, "hidden_size": 4, "num_hidden_layers": 1,
                "num_attention_heads": 2, "intermediate_size": 6, "max_position_embeddings": 7})",
            TaskKind::kClassification),
      Model(R"({"model_type": "gpt2", "vocab_size": 5, "n_embd": 4, "n_layer": 1, "n_head": 2,
                "n_positions": 7})",
            TaskKind::kCompletion)};
  const Model& chosen = kModels[kind % kModels.size()];
  const c10::AutoGradMode without_gradients(false);
  for (size_t i = 0; i < chosen.values.size(); ++i) {
    at::Tensor values = chosen.model->parameters()[i].tensor;
    values.set_data(chosen.values[i].clone());
  }
  return *chosen.model;
}

}  // namespace eida::fuzz
