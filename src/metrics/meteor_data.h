/// The index file of METEOR's data: layout, look-ups.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "eida/core/files.h"

namespace eida {
namespace meteor {

/// Which data an index was made from: sizes and checksum of the source files.
using SourceStamp = std::array<uint64_t, 3>;

enum Section : size_t {
  kFunctionWords,  ///< text, one word a line
  kExceptions,     ///< text, lines alternate: base, its inflected forms
  kSynsetWords,    ///< sorted strings
  kSynsetLists,    ///< u32 [words + 1] bounds, then u32 synsets, ascending within a word
  kTableWords,     ///< sorted strings; the number of a word is its place
  kSourceSlots,    ///< u32 [power of two]: hash table, 1 + offset into kSources, 0 is empty
  kSources,  ///< phrase, u32 bytes of targets, targets (phrases); a phrase: u8 words, u16 each
  kSections
};

struct Header {
  std::array<char, 8> magic;
  uint32_t version;
  uint32_t sections;
  SourceStamp stamp;
  uint64_t checksum;  ///< of all bytes behind the header
  struct Extent {
    uint64_t offset, size;
  };
  std::array<Extent, kSections> extents;
};
constexpr std::array<char, 8> kMagic{'E', 'I', 'D', 'A', 'M', 'T', 'R', '\n'};
constexpr uint32_t kVersion = 1;
constexpr const char* kJar = "meteor-1.5.jar";
constexpr const char* kTable = "data/paraphrase-en.gz";
constexpr const char* kIndexName = "eida-meteor-en.idx";
constexpr size_t kMaxTableWords = 65536;

uint64_t checksum(std::string_view bytes);
uint64_t phrase_hash(std::span<const uint16_t> words);
/// \throws DataError a source file cannot be read.
SourceStamp source_stamp(const std::filesystem::path& folder);

/// Sorted strings: u32 count, u32 [count + 1] bounds, bytes.
class StringPool {
 public:
  StringPool() = default;
  explicit StringPool(std::string_view section);
  size_t size() const { return bounds_.empty() ? 0 : bounds_.size() - 1; }
  std::string_view at(size_t index) const;
  std::optional<size_t> find(std::string_view word) const;
  bool valid() const { return valid_; }

 private:
  std::span<const uint32_t> bounds_;
  std::string_view bytes_;
  bool valid_ = false;
};

}  // namespace meteor

class MeteorData {
 public:
  /// \throws DataError not an index, another version, cut off, damaged
  explicit MeteorData(const std::filesystem::path& index);

  const meteor::SourceStamp& stamp() const { return header_.stamp; }
  bool is_function_word(std::string_view word) const { return function_words_.contains(word); }
  /// Sorted synsets of a word and of what it is a form of. \param word lower case
  std::vector<uint32_t> synsets(std::string_view word) const;
  /// Number of a word of the paraphrase table.
  std::optional<uint16_t> table_word(std::string_view word) const;
  /// Words of a phrase by their numbers in the table.
  using Phrase = std::vector<uint16_t>;
  /// Visits the paraphrases of a phrase in the order of the table.
  void each_paraphrase(std::span<const uint16_t> source,
                       const std::function<void(const Phrase&)>& visit) const;

 private:
  std::string_view section(meteor::Section section) const;
  void read_lists();
  std::string_view targets(std::span<const uint16_t> source) const;
  std::span<const uint32_t> listed_synsets(std::string_view word) const;
  std::string morphological_base(std::string_view word) const;

  MappedFile file_;
  meteor::Header header_{};
  meteor::StringPool synset_words_, table_words_;
  std::span<const uint32_t> synset_lists_, slots_;
  std::unordered_set<std::string_view> function_words_;
  std::unordered_map<std::string_view, std::vector<std::string_view>> bases_;
};

namespace meteor {

/// open_meteor_data() with the folder that is taken for the installed one (empty: none). Where that
/// folder cannot be written to, the index goes to eida/ in the user's cache.
std::shared_ptr<const MeteorData> open_data(const std::filesystem::path& wanted,
                                            const std::filesystem::path& installed);

}  // namespace meteor
}  // namespace eida
