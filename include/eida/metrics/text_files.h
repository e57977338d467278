/// Files of references and predictions, as e2e-metrics reads them, and of class labels.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "eida/metrics/bleu_nist.h"

namespace eida {

/// System outputs in item order.
struct Predictions {
  std::vector<std::string> texts;
  std::vector<std::string> sources;  ///< what each was made from; empty where the file has none
};

/// Formats by extension (.tsv or .csv: table with a header; .jsonl, .ndjson: objects; else plain,
/// one a line). Columns or keys: out…, ref…, sys… or "prediction" is the text; mr, src, source,
/// meaning…, da, dial…act or "prompt" the source. White space at both ends of a text is dropped.
/// \throws DataError missing, empty or not UTF-8; table without such columns, with two of them, or
/// with a row of another length: file and line
Predictions read_predictions(const std::filesystem::path& file);

/// A text as a line of a file of predictions: white space at both ends is dropped, line ends within
/// become spaces.
std::string one_line(std::string_view text);

/// References of each item. Plain: groups of lines with an empty line behind each, or one line an
/// item. Table or JSONL: with the predictions' sources, all references of that source; else
/// successive rows of one source are one item. Columns or keys: trg, tgt, target, ref…, human…; the
/// key "references" holds a list. \throws DataError as read_predictions(), and where the items are
/// not as many as the predictions, an item has no reference, or a source is not in the file
References read_references(const std::filesystem::path& file, const Predictions& predictions);

/// Labels in item order, as they are written. By extension: .tsv (no quotes, GLUE's rule) or .csv
/// with a header, .jsonl or .ndjson with an object a line, else one label a line. JSON values are
/// text or whole numbers. \param column or key: "label" of true ones, "prediction" of predicted
/// ones \throws DataError missing, empty, not UTF-8, no such column, a row without a label: file,
/// line
std::vector<std::string> read_labels(const std::filesystem::path& file, const std::string& column);

/// Whether each prediction is right. [items]
/// \throws DataError counts differ, or no prediction is one of the labels at all
std::vector<bool> right_labels(const std::vector<std::string>& labels,
                               const std::vector<std::string>& predictions,
                               const std::filesystem::path& file);

}  // namespace eida
