// BERT with its pooler, and MiniLM and others of that type.
#include "bert_like.h"
#include "families.h"

namespace eida {
namespace {

Architecture declare(const ConfigReader& reader, ModelConfig& config) {
  Architecture model = declare_bert_like(reader, config, {"bert."});
  const int64_t d = config.hidden_size;
  ClassHeadSpec& head = model.class_head.emplace();
  head.dense = {"bert.pooler.dense", d, d, true, 1.0, "pooler"};
  head.role = "pooler.dense";
  head.activation = "tanh";
  head.output = {"classifier", d, config.num_labels, true, 1.0, "classifier"};
  return model;
}

bool recognises(const ConfigReader& reader) { return reader.has("hidden_size"); }

}  // namespace

ModelFamily bert_family() {
  return {"BERT",
          {{"bert", "Bert"}},
          {{TaskKind::kClassification, "ForSequenceClassification"}},
          declare,
          recognises};
}

}  // namespace eida
