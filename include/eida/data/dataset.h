/// Data files as random-access sequences of examples.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "eida/data/example.h"
#include "eida/data/task.h"

namespace eida {

/// How rows are written. TSV has no quoting (GLUE's rule); CSV quotes as RFC 4180 does; JSONL holds
/// one object a line; pair lines are `context||reference`.
enum class DataFormat { kAuto, kTsv, kCsv, kJsonl, kPairLines };

struct ReaderOptions {
  const Task* task = &task_of(TaskName::classification);
  /// kAuto: by the first line (`{` JSONL; `||` pair lines, where the task has them), then by
  /// extension (.tsv, .csv, .jsonl, .ndjson, .json), then by a tab or a comma in the first line.
  DataFormat format = DataFormat::kAuto;
  /// Names of columns or keys, for the tasks that look at them; empty: the task's own.
  std::string text_column, text_pair_column, label_column, prompt_column, completion_column;
  /// Class names in index order, from the training file, so that a second file maps labels alike.
  /// Empty: from this file.
  std::vector<std::string> class_names;
  int64_t max_row_bytes = 16 << 20;  ///< a longer row is an error
  /// Rows within the first so many bytes are checked when the file is opened, the others when they
  /// are read. Labels of a classification file without given class_names are all read when it is
  /// opened.
  int64_t check_bytes = 256 << 20;
};

/// Examples of one file. `at` may be called from several threads.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual int64_t size() const = 0;
  /// \param index 0 <= index < size().
  /// \throws DataError names the file, the line and what is wrong with the row.
  virtual TextExample at(int64_t index) const = 0;

  virtual TaskKind kind() const = 0;
  /// False where the file has no labels or no completions (a test file): label is -1, or second is
  /// empty.
  virtual bool has_targets() const = 0;
  /// Classification: name of each class index; empty for completions or without labels. Labels that
  /// are integers are class indices as they stand (names "0".."C-1", C = largest + 1); other labels
  /// are indexed in byte order of their names.
  virtual const std::vector<std::string>& class_names() const = 0;
  /// Whether every label is known to be the same one; false without labels, or where rows beyond
  /// ReaderOptions::check_bytes have not been read.
  virtual bool one_class() const { return false; }
  /// File, or a name in angle brackets for examples in memory.
  virtual std::string name() const = 0;
};

/// Opens a data file. It is mapped, not read: an index of a thousandth of its size is kept in
/// memory, and pages that were read are given back.
/// Rows are UTF-8. A byte order mark and CRLF line ends are accepted, empty lines at the end of the
/// file only. Text is kept byte for byte (SST-2's trailing space counts); of a pair line the outer
/// ASCII white space is dropped, as the E2E recipe does. The file must not shrink while it is open.
/// \throws DataError missing, empty or malformed file: file, line, what was wrong, columns it has.
/// \throws ConfigError options that contradict each other.
std::shared_ptr<const Dataset> open_dataset(const std::filesystem::path& path,
                                            const ReaderOptions& options);

/// Examples held in memory, with the same checks of the label range.
/// \param class_names empty for completions.
/// \throws DataError when there is no example, or a label is outside class_names.
std::shared_ptr<const Dataset> make_dataset(std::vector<TextExample> examples, TaskKind kind,
                                            std::vector<std::string> class_names = {});

}  // namespace eida
