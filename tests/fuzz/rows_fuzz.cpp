/// Any bytes as a data file (TSV, CSV, JSON lines, pair lines) or as curves: every row reads, or a
/// DataError says why not.
#include "eida/data/dataset.h"
#include "eida/report/curves.h"
#include "support.h"

namespace {

void read_examples(const std::filesystem::path& file, const eida::ReaderOptions& options) {
  const auto data = eida::open_dataset(file, options);
  eida::fuzz::check(data->size() >= 1);
  for (int64_t i = 0; i < data->size(); ++i) {
    eida::fuzz::expect_errors_only([&] {
      const eida::TextExample example = data->at(i);
      const auto classes = static_cast<int64_t>(data->class_names().size());
      eida::fuzz::check(!example.first.empty() && example.label < classes);
      if (data->has_targets()) eida::fuzz::check(example.label >= 0 || !example.second.empty());
    });
  }
}

void read_curves(const std::filesystem::path& file) {
  const auto rows = eida::read_curves_csv(file);
  const auto copy = eida::fuzz::folder() / "copy.csv";
  eida::write_curves_csv(copy, rows);
  const auto again = eida::read_curves_csv(copy);
  eida::fuzz::check(again.size() == rows.size());
  for (size_t i = 0; i < rows.size(); ++i)  // NaN is equal to nothing
    eida::fuzz::check(again[i] == rows[i] || rows[i].fidelity != rows[i].fidelity);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const eida::fuzz::Input<1> input(bytes, size, 2);
  const uint8_t kind = input.options[0], limits = input.options[1];
  const auto file = eida::fuzz::write("rows", input.files[0]);
  eida::fuzz::expect_errors_only([&] {
    if (kind >= 248) {
      kind % 2 == 0 ? read_curves(file) : void(eida::read_published_curves(file));
      return;
    }
    eida::ReaderOptions options;
    options.task = &eida::task_of(static_cast<eida::TaskName>(kind % 4));
    options.format = static_cast<eida::DataFormat>(kind / 4 % 5);
    options.check_bytes = limits;
    options.max_row_bytes = 1 << (4 + limits % 8);
    read_examples(file, options);
  });
  return 0;
}
