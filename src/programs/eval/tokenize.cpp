// eida-eval tokenize: lines of text → ids, and back.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "eida/core/error.h"
#include "eida/core/json.h"
#include "eida/core/signals.h"
#include "eida/core/utf8.h"
#include "eida/text/tokenizer.h"
#include "tasks.h"

namespace eida {
namespace {

constexpr size_t kLinesAtOnce = 4096;
constexpr size_t kBytesAtOnce = size_t{16} << 20;

/// Lines of a file or of stdin, some at a time.
class LineReader {
 public:
  explicit LineReader(const std::string& file) : name_(file.empty() ? "<stdin>" : file) {
    if (file.empty()) return;
    // Opening a pipe waits for who writes into it; those of the shell, /dev/fd/…, are open.
    if (std::filesystem::is_fifo(file) && !file.starts_with("/dev/fd/")) {
      throw DataError("{}: is a pipe, not a regular file (hint: < {} reads it as stdin)", file,
                      file);
    }
    file_.open(file, std::ios::binary);
    if (!file_ || std::filesystem::is_directory(file)) throw DataError("{}: cannot be read", file);
  }

  /// The next lines without their ends, which may be CRLF; none: the end.
  std::vector<std::string> next() {
    std::istream& stream = file_.is_open() ? file_ : std::cin;
    first_ += count_;
    std::vector<std::string> lines;
    size_t bytes = 0;
    while (lines.size() < kLinesAtOnce && bytes < kBytesAtOnce) {
      stream.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
      const auto got = static_cast<size_t>(stream.gcount());
      if (stream.fail() && got + 1 == buffer_.size()) {
        throw DataError("{}: more than {} MiB without an end of line", where(lines.size()),
                        kLongestLine >> 20);
      }
      if (!stream) break;
      std::string line(buffer_.data(), stream.eof() ? got : got - 1);
      bytes += line.size();
      if (line.ends_with('\r')) line.pop_back();
      lines.push_back(std::move(line));
    }
    if (stream.bad()) throw DataError("{}: cannot be read", name_);
    count_ = lines.size();
    return lines;
  }

  /// "lines.txt:3" of the i-th line that next() gave.
  std::string where(size_t i) const { return fmt::format("{}:{}", name_, first_ + i + 1); }

 private:
  std::string name_;
  std::ifstream file_;
  size_t first_ = 0, count_ = 0;
  static constexpr size_t kLongestLine = 16 << 20;
  std::vector<char> buffer_ = std::vector<char>(kLongestLine + 1);
};

void check_text(const std::string& line, const std::string& place) {
  if (find_invalid_utf8(line) != std::string::npos) throw DataError("{}: is not UTF-8", place);
}

std::string ids_line(const Encoding& encoding) {
  return fmt::format("[{}]\n", fmt::join(encoding.ids, ", "));
}

std::string encode_texts(const Tokenizer& tokenizer, const std::vector<std::string>& lines,
                         const LineReader& reader, int threads) {
  for (size_t i = 0; i < lines.size(); ++i) check_text(lines[i], reader.where(i));
  std::string text;
  const std::vector<std::string_view> views(lines.begin(), lines.end());
  for (const Encoding& encoding : tokenizer.encode_batch(views, {}, threads))
    text += ids_line(encoding);
  return text;
}

std::string encode_pair(const Tokenizer& tokenizer, const std::string& line,
                        const std::string& place) {
  check_text(line, place);
  const size_t tab = line.find('\t');
  if (tab == std::string::npos || line.find('\t', tab + 1) != std::string::npos)
    throw DataError("{}: is no pair (hint: two texts, one tab between them)", place);
  return ids_line(tokenizer.encode_pair(line.substr(0, tab), line.substr(tab + 1)));
}

std::string decode_line(const Tokenizer& tokenizer, const std::string& line,
                        const std::string& place) {
  const auto value = parse_json(line, place);
  if (!value.is_array()) throw DataError("{}: is no JSON array of ids", place);
  std::vector<int32_t> ids;
  for (const auto& id : value) {
    if (!id.is_number_integer() || id < 0 || id >= tokenizer.vocab_size()) {
      throw DataError("{}: {} is no id, wanted 0 to {}", place, printable(id.dump(), 40),
                      tokenizer.vocab_size() - 1);
    }
    ids.push_back(id.get<int32_t>());
  }
  return tokenizer.decode(ids) + "\n";
}

}  // namespace

int run_tokenize(const ParsedCommand& command) {
  const bool pairs = command.has_option("pairs"), decode = command.has_option("decode");
  if (pairs && decode) throw ConfigError("tokenize: --pairs has no use with --decode");
  const auto tokenizer = load_tokenizer(command.config.model.path);
  const int64_t asked = command.config.run.threads;
  const int threads = asked > 0
                          ? static_cast<int>(asked)
                          : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  LineReader reader(command.option("input"));
  for (auto lines = reader.next(); !lines.empty(); lines = reader.next()) {
    check_interrupted();
    if (!pairs && !decode) {
      fmt::print("{}", encode_texts(*tokenizer, lines, reader, threads));
      continue;
    }
    for (size_t i = 0; i < lines.size(); ++i) {
      fmt::print("{}", decode ? decode_line(*tokenizer, lines[i], reader.where(i))
                              : encode_pair(*tokenizer, lines[i], reader.where(i)));
    }
  }
  return 0;
}

}  // namespace eida
