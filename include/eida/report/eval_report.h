/// report.html of eida-eval.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eida/core/manifest.h"
#include "eida/report/table.h"

namespace eida {

struct ReportScore {
  std::string name;
  double value = 0.0;
  std::optional<std::pair<double, double>> interval;  ///< 95 %: low, high
};

/// An output that beam search kept beside the best one.
struct ReportAlternative {
  std::string text;
  double score = 0.0;
};

/// One item with what was wanted of it. Texts may be of any length: they are cut when shown.
struct ReportItem {
  int64_t id = 0;                       ///< as in predictions.jsonl
  std::string source;                   ///< sentence or prompt; may be empty
  std::string prediction;               ///< may be empty: the model was not asked for one
  std::vector<std::string> references;  ///< true class or reference texts
  double value = 0.0;                   ///< what items are sorted by
};

struct ReportBeams {
  std::string prompt;
  std::vector<ReportAlternative> outputs;  ///< best first
};

struct EvalReport {
  std::string title;    ///< "Classification", …
  std::string weights;  ///< "random, seed 0", "from file"; empty where no model was opened
  std::vector<std::string> random_tensors;  ///< names of those that the checkpoint lacked
  std::vector<std::pair<std::string, std::string>> facts;  ///< model, data, …
  std::vector<ReportScore> scores;
  std::vector<std::pair<std::string, Table>> tables;  ///< caption, table: confusion, lengths
  std::string item_value;         ///< name of ReportItem::value: "METEOR of the item"
  std::vector<ReportItem> worst;  ///< worst first
  std::string worst_of;           ///< of how many: "57 wrong items"
  std::vector<ReportBeams> beams;
  Manifest manifest;   ///< of the run, still without its end
  std::string config;  ///< config.yaml
};

/// Writes the page atomically. \throws DataError the file cannot be written
void write_eval_report(const std::filesystem::path& file, const EvalReport& report);

}  // namespace eida
