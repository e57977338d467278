/// Any bytes as files of predictions, references and labels: equally many of each, or a DataError
/// says why not.
#include "eida/metrics/text_files.h"
#include "support.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static constexpr std::array kNames = {"lines.txt", "rows.tsv", "rows.csv", "rows.jsonl"};
  const eida::fuzz::Input<2> input(bytes, size, 1);
  const uint8_t kind = input.options[0];
  const auto file = eida::fuzz::write(kNames[kind % 4], input.files[0]);
  eida::fuzz::expect_errors_only([&] {
    if (kind / 16 % 2 == 0) {
      const auto labels = eida::read_labels(file, kind / 32 % 2 == 0 ? "label" : "prediction");
      for (const std::string& label : labels) eida::fuzz::check(!label.empty());
      eida::fuzz::check(eida::right_labels(labels, labels, file).size() == labels.size());
      return;
    }
    const auto predictions = eida::read_predictions(file);
    const auto& [texts, sources] = predictions;
    eida::fuzz::check(sources.empty() || sources.size() == texts.size());
    const auto other =
        eida::fuzz::write((std::string("of-") + kNames[kind / 4 % 4]).c_str(), input.files[1]);
    const auto references = eida::read_references(other, predictions);
    eida::fuzz::check(references.size() == texts.size());
    for (const auto& item : references) eida::fuzz::check(!item.empty());
  });
  return 0;
}
