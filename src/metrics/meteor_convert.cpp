#include <fmt/format.h>
#include <minizip/unzip.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <map>
#include <memory>

#include "eida/core/error.h"
#include "eida/metrics/meteor.h"
#include "meteor_data.h"
#include "ngrams.h"
#include "unicode.h"

namespace eida {

using namespace metrics;  // code points, n-grams

namespace meteor {
namespace {

namespace fs = std::filesystem;

/// One file of a zip archive (a jar is one).
std::string read_zip_entry(const fs::path& archive, const char* entry) {
  const std::string name = archive.string();
  const std::unique_ptr<void, int (*)(unzFile)> zip(unzOpen64(name.c_str()), unzClose);
  if (zip == nullptr) throw DataError("{}: zip archive is cut off or damaged", name);
  unz_file_info64 info{};
  if (unzLocateFile(zip.get(), entry, 1) != UNZ_OK)
    throw DataError("{}: has no entry '{}' (hint: is the file damaged?)", name, entry);
  unzGetCurrentFileInfo64(zip.get(), &info, nullptr, 0, nullptr, 0, nullptr, 0);
  constexpr uint64_t kMost = uint64_t{64} << 20;
  std::string bytes(std::min<uint64_t>(info.uncompressed_size, kMost), '\0');
  const auto size = static_cast<unsigned>(bytes.size());
  const bool whole = info.uncompressed_size <= kMost && unzOpenCurrentFile(zip.get()) == UNZ_OK &&
                     unzReadCurrentFile(zip.get(), bytes.data(), size) == static_cast<int>(size) &&
                     unzCloseCurrentFile(zip.get()) == UNZ_OK;  // compares the checksum
  if (!whole) throw DataError("{}: entry '{}' is damaged, or larger than 64 MiB", name, entry);
  return bytes;
}

/// Hands over each line of a gzip file without its '\n'.
template <typename Take>
void each_gzip_line(const fs::path& path, Take take) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (file == nullptr) throw DataError("{}: cannot open", path.string());
  gzbuffer(file.get(), 1 << 18);
  std::vector<char> buffer(size_t{1} << 20);
  while (gzgets(file.get(), buffer.data(), static_cast<int>(buffer.size())) != nullptr) {
    std::string_view line = buffer.data();
    const bool ended = line.ends_with('\n');
    if (!ended && gzeof(file.get()) == 0)
      throw DataError("{}: a line has more than 1 MiB", path.string());
    take(line.substr(0, line.size() - (ended ? 1 : 0)));
  }
  int status = Z_OK;
  const char* message = gzerror(file.get(), &status);
  if (status == Z_OK) return;
  throw DataError("{}: {}", path.string(), status == Z_BUF_ERROR ? "is cut off" : message);
}

void append_u32(std::string& bytes, size_t value) {
  const auto number = static_cast<uint32_t>(value);
  bytes.append(reinterpret_cast<const char*>(&number), 4);
}

std::string string_pool(const std::vector<std::string>& sorted) {
  std::string pool;
  size_t end = 0;
  append_u32(pool, sorted.size());
  append_u32(pool, 0);
  for (const std::string& word : sorted) append_u32(pool, end += word.size());
  for (const std::string& word : sorted) pool += word;
  return pool;
}

/// Synset sections from alternating lines: word, its synset offsets.
void pack_synsets(std::string_view text, std::string& words, std::string& lists) {
  std::map<std::string, std::vector<uint32_t>> synsets;
  const auto lines = split_lines(text);
  for (size_t i = 0; i + 1 < lines.size(); i += 2) {
    // Multi-word entries: no word of a normalised text has an underscore inside.
    if (lines[i].size() > 1 && lines[i].find('_') != std::string_view::npos) continue;
    auto& list = synsets[std::string(lines[i])];
    for (const std::string_view number : split_space(lines[i + 1])) {
      uint32_t synset = 0;
      std::from_chars(number.data(), number.data() + number.size(), synset);
      list.push_back(synset);
    }
  }
  std::vector<std::string> sorted;
  std::string ids;
  append_u32(lists, 0);
  for (auto& [word, list] : synsets) {
    sorted.push_back(word);
    for (const uint32_t synset : list) append_u32(ids, synset);
    append_u32(lists, ids.size() / 4);
  }
  lists += ids;
  words = string_pool(sorted);
}

/// Packs the paraphrase table as its lines come by: probability, source, target.
class TablePacker {
 public:
  explicit TablePacker(std::string name) : name_(std::move(name)) {}

  void line(std::string_view text) {
    const int kind = static_cast<int>(lines_++ % 3);
    if (kind == 1 && text != source_) start_source(text);
    if (kind == 2) append_phrase(text);
  }

  /// Fills the three sections of the table.
  void finish(std::string& words, std::string& slots, std::string& sources) {
    if (lines_ % 3 != 0 || lines_ == 0) {
      throw DataError("{}: has {} lines, not groups of three", name_, lines_);
    }
    if (bytes_.size() >= std::numeric_limits<uint32_t>::max()) {
      throw DataError("{}: more than 4 GiB of phrases", name_);
    }
    close_source();
    words = sort_words();
    slots = hash_sources();
    sources = std::move(bytes_);
  }

 private:
  void start_source(std::string_view text) {
    close_source();
    source_ = text;
    starts_.push_back(bytes_.size());
    append_phrase(text);
    size_at_ = bytes_.size();
    append_u32(bytes_, 0);
  }
  void close_source() {
    if (starts_.empty()) return;
    const auto size = static_cast<uint32_t>(bytes_.size() - size_at_ - 4);
    std::memcpy(bytes_.data() + size_at_, &size, 4);
  }
  void append_phrase(std::string_view text) {
    const size_t count_at = bytes_.size();
    bytes_.push_back(0);
    size_t count = 0;
    for (size_t begin = 0; begin < text.size(); ++count) {
      const size_t end = std::min(text.find(' ', begin), text.size());
      const auto id = static_cast<size_t>(vocabulary_.intern(text.substr(begin, end - begin)));
      if (id >= kMaxTableWords || count >= 255) {
        throw DataError("{}:{}: more than {} words, or a phrase of more than 255", name_, lines_,
                        kMaxTableWords);
      }
      const auto word = static_cast<uint16_t>(id);
      bytes_.append(reinterpret_cast<const char*>(&word), 2);
      begin = end + 1;
    }
    if (count == 0) throw DataError("{}:{}: a phrase without words", name_, lines_);
    bytes_[count_at] = static_cast<char>(count);
  }

  /// Sorts the vocabulary and renumbers every phrase.
  std::string sort_words() {
    std::map<std::string, int32_t> ids;
    for (int32_t id = 0; id < vocabulary_.size(); ++id) ids[vocabulary_.word(id)] = id;
    std::vector<uint16_t> rank(ids.size());
    std::vector<std::string> sorted;
    for (const auto& [word, id] : ids) {
      rank[static_cast<size_t>(id)] = static_cast<uint16_t>(sorted.size());
      sorted.push_back(word);
    }
    for (size_t s = 0; s < starts_.size(); ++s) {
      size_t at = renumber(starts_[s], rank) + 4;
      const size_t end = s + 1 < starts_.size() ? starts_[s + 1] : bytes_.size();
      while (at < end) at = renumber(at, rank);
    }
    return string_pool(sorted);
  }
  /// \return offset behind the phrase
  size_t renumber(size_t at, const std::vector<uint16_t>& rank) {
    const size_t count = static_cast<unsigned char>(bytes_[at++]);
    for (size_t i = 0; i < count; ++i, at += 2) {
      uint16_t word = 0;
      std::memcpy(&word, bytes_.data() + at, 2);
      std::memcpy(bytes_.data() + at, &rank[word], 2);
    }
    return at;
  }

  std::string hash_sources() {
    const size_t size = std::bit_ceil(std::max<size_t>(16, 2 * starts_.size()));
    std::vector<uint32_t> slots(size, 0);
    for (const size_t start : starts_) {
      const size_t count = static_cast<unsigned char>(bytes_[start]);
      std::vector<uint16_t> words(count);
      std::memcpy(words.data(), bytes_.data() + start + 1, 2 * count);
      size_t slot = phrase_hash(words) & (size - 1);
      for (; slots[slot] != 0; slot = (slot + 1) & (size - 1)) {
        const std::string_view other(bytes_.data() + slots[slot] - 1, 1 + 2 * count);
        if (std::memcmp(other.data(), bytes_.data() + start, other.size()) == 0) {
          throw DataError("{}: the pairs of a source phrase do not follow each other", name_);
        }
      }
      slots[slot] = static_cast<uint32_t>(start + 1);
    }
    return {reinterpret_cast<const char*>(slots.data()), 4 * size};
  }

  std::string name_, source_, bytes_;
  Vocabulary vocabulary_;
  std::vector<size_t> starts_;
  size_t lines_ = 0, size_at_ = 0;
};

void write_index(const fs::path& index, const SourceStamp& stamp,
                 const std::array<std::string, kSections>& sections) {
  Header header{kMagic, kVersion, kSections, stamp, 0, {}};
  static_assert(sizeof(Header) % 8 == 0);
  std::string payload;
  for (size_t i = 0; i < kSections; ++i) {
    header.extents[i] = {sizeof(Header) + payload.size(), sections[i].size()};
    payload += sections[i];
    payload.resize((payload.size() + 7) / 8 * 8, '\0');
  }
  header.checksum = checksum(payload);
  AtomicFile file(index);
  file.write({reinterpret_cast<const char*>(&header), sizeof(Header)});
  file.write(payload);
  file.commit();
}

}  // namespace

SourceStamp source_stamp(const fs::path& folder) {
  const MappedFile jar(folder / kJar), table(folder / kTable);
  uint64_t end_of_table = 0;  // gzip ends in CRC-32 and size of its content
  if (table.size() >= 8) std::memcpy(&end_of_table, table.data() + table.size() - 8, 8);
  return {jar.size(), table.size(), end_of_table};
}

}  // namespace meteor

void convert_meteor_data(const std::filesystem::path& folder, const std::filesystem::path& index) {
  using namespace meteor;
  const SourceStamp stamp = source_stamp(folder);
  std::array<std::string, kSections> sections;
  const auto entry = [&](const char* name) { return read_zip_entry(folder / kJar, name); };
  sections[kFunctionWords] = entry("function/english.words");
  sections[kExceptions] = entry("synonym/english.exceptions");
  pack_synsets(entry("synonym/english.synsets"), sections[kSynsetWords], sections[kSynsetLists]);
  TablePacker packer((folder / kTable).string());
  each_gzip_line(folder / kTable, [&](std::string_view line) { packer.line(line); });
  packer.finish(sections[kTableWords], sections[kSourceSlots], sections[kSources]);
  write_index(index, stamp, sections);
}

}  // namespace eida
