/// A prompt, which may be empty, and its completion.
#include "../columns.h"
#include "eida/data/task.h"

namespace eida {

Task make_prompt_task() {
  Task task = completion_task();
  task.columns = [](const Header& header, const ReaderOptions& options) {
    Columns columns;
    columns.first =
        header.require({options.prompt_column.empty() ? "prompt" : options.prompt_column});
    columns.second = header.named_or(options.completion_column, {"completion"});
    return columns;
  };
  task.may_lack_prompt = true;
  return task;
}

}  // namespace eida
