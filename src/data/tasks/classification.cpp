/// One or two texts and a label, in columns of any name.
#include "../columns.h"
#include "eida/data/task.h"

namespace eida {

Task make_classification_task() {
  Task task = classification_task();
  task.columns = [](const Header& header, const ReaderOptions& options) {
    Columns columns;
    const bool by_name = options.text_column.empty();
    columns.first = header.require(by_name ? Header::Names{"sentence", "text", "sentence1"}
                                           : Header::Names{options.text_column});
    const bool maybe_pair = by_name && header.name(columns.first) == "sentence1";
    columns.second = header.named_or(options.text_pair_column,
                                     maybe_pair ? Header::Names{"sentence2"} : Header::Names{});
    columns.label = header.named_or(options.label_column, {"label"});
    return columns;
  };
  return task;
}

}  // namespace eida
