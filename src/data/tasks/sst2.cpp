/// Columns sentence and label (0 or 1); or, in GLUE's test file, index and sentence.
#include "../columns.h"
#include "eida/data/task.h"

namespace eida {

Task make_sst2_task() {
  Task task = classification_task();
  task.columns = [](const Header& header, const ReaderOptions&) {
    Columns columns;
    columns.first = header.require({"sentence"});
    columns.label = header.find({"index"}) ? header.find({"label"}) : header.require({"label"});
    return columns;
  };
  task.class_names = {"0", "1"};
  task.defaults.push_back({"data.max_length", "72"});  // report: padded to 72
  return task;
}

}  // namespace eida
