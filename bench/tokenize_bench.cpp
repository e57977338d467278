/// Lines per second of a tokenizer, each repeat with one that was just loaded (no word is
/// remembered). One JSON line; bench/tokenize_race.py runs it beside the `tokenizers` library.
///   eida_tokenize_bench --model DIR --lines FILE [--threads 1] [--repeats 5]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/stopwatch.h"
#include "eida/text/tokenizer.h"

namespace {

using Clock = std::chrono::steady_clock;

std::map<std::string, std::string> options_of(int argc, char** argv) {
  std::map<std::string, std::string> options = {
      {"--model", ""}, {"--lines", ""}, {"--threads", "1"}, {"--repeats", "5"}};
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !options.count(argv[i]))
      throw eida::ConfigError("{}: no such option, or no value", argv[i]);
    options[argv[i]] = argv[i + 1];
  }
  return options;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) try {
  auto given = options_of(argc, argv);
  const std::string text = eida::read_file(given["--lines"]);
  const auto lines = eida::lines_of(text);
  std::vector<double> loading, encoding;
  size_t tokens = 0;
  for (int repeat = 0; repeat < std::max(1, std::stoi(given["--repeats"])); ++repeat) {
    auto begin = Clock::now();
    const auto tokenizer = eida::load_tokenizer(given["--model"]);
    loading.push_back(eida::seconds_since(begin));
    begin = Clock::now();
    const auto encoded = tokenizer->encode_batch(lines, {}, std::stoi(given["--threads"]));
    encoding.push_back(eida::seconds_since(begin));
    tokens = 0;
    for (const auto& one : encoded) tokens += one.ids.size();
  }
  const double seconds = median(encoding);
  fmt::print(
      R"({{"bench": "tokenize", "threads": {}, "lines": {}, "bytes": {}, "tokens": {}, "seconds": {:.4f}, )"
      R"("best": {:.4f}, "lines_per_second": {:.0f}, "mb_per_second": {:.1f}, "load_seconds": {:.4f}}})"
      "\n",
      given["--threads"], lines.size(), text.size(), tokens, seconds,
      *std::min_element(encoding.begin(), encoding.end()),
      static_cast<double>(lines.size()) / seconds, static_cast<double>(text.size()) / 1e6 / seconds,
      median(loading));
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "eida_tokenize_bench: {}\n", error.what());
  return 2;
}
