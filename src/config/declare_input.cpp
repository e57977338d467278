/// Options: model, data, sites.
#include "declaration.h"

namespace eida::config {
namespace {

void declare_columns(DataOptions& data, Declarations& list) {
  const auto column = [&](const char* key, std::string& field, const char* help) {
    list.add(key, &field, help).value_name("NAME").or_null();
  };
  column("data.text_column", data.text_column,
         "classification: column of the text (null: first of sentence, text, sentence1)");
  column("data.text_pair_column", data.text_pair_column,
         "classification: column of the second text of a pair (null: sentence2, where there is "
         "sentence1)");
  column("data.label_column", data.label_column,
         "classification: column of the label (null: label)");
  column("data.prompt_column", data.prompt_column, "prompt: column of the prompt (null: prompt)");
  column("data.completion_column", data.completion_column,
         "prompt: column of the completion (null: completion)");
}

}  // namespace

void declare_input(Config& config, Declarations& list) {
  ModelOptions& model = config.model;
  list.add("model.path", &model.path,
           "Hugging Face folder: config.json, safetensors, tokenizer files")
      .as("--model")
      .value_name("DIR")
      .needed_by(kAll);
  list.add("model.weights", &model.weights, "type the weights are kept in").as("--weights");
  list.add("model.init", &model.init, "where the weights come from");
  list.add("model.adapters", &model.adapters,
           "adapter files, or folders with a LoRA of PEFT, merged into the weights in this order; "
           "the "
           "flag may be repeated")
      .in(kEval)
      .as("--adapter")
      .value_name("FILE");

  DataOptions& data = config.data;
  list.add("data.task", &data.task, "what a row of the data means").as("--task").needed_by(kAll);
  list.add("data.train", &data.train, "training examples")
      .in(kProbe | kTrain)
      .as("--train")
      .value_name("FILE")
      .needed_by(kProbe | kTrain);
  list.add("data.dev", &data.dev, "examples the rounds are scored on")
      .in(kTrain)
      .as("--dev")
      .value_name("FILE");
  list.add("data.test", &data.test, "examples to score")
      .in(kEval)
      .as("--data")
      .value_name("FILE")
      .needed_by(kEval);
  declare_columns(data, list);
  list.add("data.max_length", &data.max_length,
           "longest sequence in tokens, special ones included; 0: no limit")
      .as("--max-length")
      .at_least(0)
      .at_most(1 << 20);
  list.add("data.batching", &data.batching, "how sequences are put into batches").in(kTrain);

  SiteOptions& sites = config.sites;
  list.add("sites.include", &sites.include, "weights that take part, for every method")
      .in(kTrain)
      .items(1, 7);
  list.add("sites.layers", &sites.layers, "all, or a list of layers counted from 0")
      .in(kTrain)
      .at_least(0)
      .at_most(10'000);
}

}  // namespace eida::config
