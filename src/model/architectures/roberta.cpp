// RoBERTa, and CamemBERT and XLM-RoBERTa, which differ in their tokenizers.
#include "bert_like.h"
#include "families.h"

namespace eida {
namespace {

Architecture declare(const ConfigReader& reader, ModelConfig& config) {
  Architecture model = declare_bert_like(reader, config, {"roberta.", 1, 0, 2});
  model.ignored.emplace_back("*pooler.*");
  count_from_padding(model, config);
  model.class_head = roberta_head(config);
  return model;
}

/// RoBERTa has one token type, BERT two.
bool recognises(const ConfigReader& reader) {
  return reader.has("hidden_size") && reader.integer_or("type_vocab_size", 2, 1, kMaxSize) == 1;
}

}  // namespace

ModelFamily roberta_family() {
  return {"RoBERTa",
          {{"roberta", "Roberta"}, {"camembert", "Camembert"}, {"xlm-roberta", "XLMRoberta"}},
          {{TaskKind::kClassification, "ForSequenceClassification"}},
          declare,
          recognises};
}

}  // namespace eida
