/// Files of class labels: true ones, and those that a system predicted.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace eida {

/// Which column or key a file's labels stand in.
enum class LabelRole { kTrue, kPredicted };

/// Labels in item order, as they are written. By extension: .tsv (no quotes, GLUE's rule) or .csv
/// with a header, .jsonl or .ndjson with an object a line, else one label a line. Column or key:
/// "label" for true ones, "prediction" for predicted ones; JSON values are text or whole numbers.
/// \throws DataError missing, empty, not UTF-8, no such column, a row without a label: file, line
std::vector<std::string> read_labels(const std::filesystem::path& file, LabelRole role);

/// Whether each prediction is right. [items]
/// \throws DataError counts differ, or no prediction is one of the labels at all
std::vector<bool> right_labels(const std::vector<std::string>& labels,
                               const std::vector<std::string>& predictions,
                               const std::filesystem::path& file);

}  // namespace eida
