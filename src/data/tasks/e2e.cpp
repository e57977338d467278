/// Columns mr and ref; or lines `MR||ref`; or the column MR alone.
#include "../columns.h"
#include "eida/data/task.h"

namespace eida {

Task make_e2e_task() {
  Task task = completion_task();
  task.columns = [](const Header& header, const ReaderOptions&) {
    Columns columns;
    columns.first = header.require({"mr", "meaning_representation"}, /*ignore_case=*/true);
    columns.second = header.find({"ref", "human_reference"}, /*ignore_case=*/true);
    return columns;
  };
  task.has_pair_lines = true;
  task.defaults.push_back({"data.max_length", "144"});  // report: padded to 144
  return task;
}

}  // namespace eida
