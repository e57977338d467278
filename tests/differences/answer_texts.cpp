/// What scripts/check_differences.py asks of texts, files of texts and scores.
///   eida_answer_texts < requests > answers
/// {"tokenizer": PATH} opens one, true. Then a string or {"text", "pair", "max_length", "special"}
/// with any of the last three left out: [ids, type_ids], or 0 where all types are; {"ids", "skip"}:
/// the text.
/// {"rows": FILE, "task", "max_length", "separator", "ends"}: [ids, type_ids, label, length of the
/// context] each, null where no label is left.
/// {"ptb"}: the text as METEOR, ROUGE-L and CIDEr see it.
/// {"predictions": FILE, "references": FILE, "metrics"}: texts, references and scores.
/// {"gold", "predicted", "classes"}: accuracy, F1 and Matthews correlation.
#include <algorithm>

#include "answer_lines.h"
#include "eida/data/tokenize.h"
#include "eida/metrics/classification.h"
#include "eida/metrics/rouge_cider.h"
#include "eida/metrics/text_files.h"
#include "eida/metrics/text_scores.h"

namespace eida {
namespace {

using nlohmann::json;
using TokenizerPointer = std::shared_ptr<const Tokenizer>;

json encoded(const Tokenizer& tokenizer, const json& request) {
  EncodeOptions options;
  if (!request.is_string()) {
    options.max_length = request.value("max_length", 0);
    options.add_special_tokens = request.value("special", true);
  }
  const std::string text = request.is_string() ? request : request.at("text");
  const Encoding encoding =
      request.contains("pair")
          ? tokenizer.encode_pair(text, request["pair"].get<std::string>(), options)
          : tokenizer.encode(text, options);
  const bool typed = std::ranges::any_of(encoding.type_ids, [](int32_t type) { return type != 0; });
  return {encoding.ids, typed ? json(encoding.type_ids) : json(0)};
}

json rows(const TokenizerPointer& tokenizer, const json& request) {
  ReaderOptions reader;
  reader.task = &task_of(from_string<TaskName>(request.at("task").get<std::string>()));
  const auto data = open_dataset(request.at("rows").get<std::string>(), reader);
  const ExampleTokenizer examples(tokenizer, reader.task->kind,
                                  {.max_length = request.value("max_length", 0),
                                   .separator = request.value("separator", ""),
                                   .end_tokens = request.value("ends", std::vector<int64_t>())});
  json out = json::array();
  for (int64_t i = 0; i < data->size(); ++i) {
    const TokenizedSet set = examples.tokenize_quietly(*data, {i});
    out.push_back(nullptr);
    for (const TokenExample& row : set.examples)
      out.back() = {row.ids, row.type_ids, row.label, row.context_length};
  }
  return out;
}

json scored(const json& request) {
  const Predictions predictions = read_predictions(request.at("predictions").get<std::string>());
  const References references =
      read_references(request.at("references").get<std::string>(), predictions);
  TextScoreOptions options;
  options.metrics.clear();
  for (const auto& name : request.at("metrics"))
    options.metrics.push_back(from_string<Metric>(name.get<std::string>()));
  options.convention =
      from_string<MtevalConvention>(request.value("convention", std::string("pymteval")));
  json out = {{"texts", predictions.texts}, {"references", references}};
  for (const TextScore& score : score_texts(references, predictions.texts, options).scores)
    out["scores"][std::string(to_string(score.metric))] = {score.value, score.items};
  return out;
}

json classified(const json& request) {
  const auto numbers = [&](const char* key) { return request.at(key).get<std::vector<int64_t>>(); };
  const ConfusionMatrix matrix(numbers("gold"), numbers("predicted"), request.at("classes"));
  return {static_cast<double>(matrix.correct()) / static_cast<double>(matrix.items()),
          f1_score(matrix), matthews_correlation(matrix)};
}

json answer(TokenizerPointer& tokenizer, const json& request) {
  if (request.contains("ptb")) return ptb_text(request["ptb"].get<std::string>());
  if (request.contains("predictions")) return scored(request);
  if (request.contains("gold")) return classified(request);
  if (request.contains("tokenizer")) {
    tokenizer = load_tokenizer(request["tokenizer"].get<std::string>());
    return true;
  }
  if (request.contains("rows")) return rows(tokenizer, request);
  if (request.contains("ids"))
    return tokenizer->decode(request["ids"].get<std::vector<int32_t>>(),
                             request.value("skip", true));
  return encoded(*tokenizer, request);
}

}  // namespace
}  // namespace eida

int main() {
  eida::TokenizerPointer tokenizer;
  return eida::testing::answer_lines(
      [&](const nlohmann::json& request) { return eida::answer(tokenizer, request); });
}
