#include "meteor_data.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "eida/core/error.h"
#include "unicode.h"

namespace eida {

using namespace metrics;  // code points

namespace meteor {

static_assert(std::endian::native == std::endian::little, "the index file is little-endian");

static std::span<const uint32_t> as_u32(std::string_view bytes) {
  return {reinterpret_cast<const uint32_t*>(bytes.data()), bytes.size() / 4};
}

uint64_t checksum(std::string_view bytes) {
  constexpr uint64_t kPrime = 0x9E3779B97F4A7C15ULL;
  std::array<uint64_t, 4> lanes{1, 2, 3, 4};
  size_t at = 0;
  for (; at + 32 <= bytes.size(); at += 32) {
    for (size_t lane = 0; lane < 4; ++lane) {
      uint64_t word = 0;
      std::memcpy(&word, bytes.data() + at + 8 * lane, 8);
      lanes[lane] = std::rotl((lanes[lane] ^ word) * kPrime, 31);
    }
  }
  uint64_t hash = bytes.size();
  for (const uint64_t lane : lanes) hash = std::rotl((hash ^ lane) * kPrime, 29);
  for (; at < bytes.size(); ++at) {
    hash = std::rotl((hash ^ static_cast<unsigned char>(bytes[at])) * kPrime, 29);
  }
  return hash;
}

uint64_t phrase_hash(std::span<const uint16_t> words) {
  uint64_t hash = words.size();
  for (const uint16_t word : words) hash = std::rotl((hash ^ word) * 0x9E3779B97F4A7C15ULL, 27);
  return hash ^ (hash >> 32);
}

StringPool::StringPool(std::string_view section) {
  const auto numbers = as_u32(section);
  if (numbers.empty() || numbers.size() < size_t{numbers[0]} + 2) return;
  bounds_ = numbers.subspan(1, size_t{numbers[0]} + 1);
  bytes_ = section.substr(4 * (bounds_.size() + 1));
  valid_ = std::is_sorted(bounds_.begin(), bounds_.end()) && bounds_.back() <= bytes_.size();
}

std::string_view StringPool::at(size_t index) const {
  return bytes_.substr(bounds_[index], bounds_[index + 1] - bounds_[index]);
}

std::optional<size_t> StringPool::find(std::string_view word) const {
  size_t found = 0;
  for (size_t end = size(); found < end;) {
    const size_t middle = found + (end - found) / 2;
    if (at(middle) < word) {
      found = middle + 1;
    } else {
      end = middle;
    }
  }
  return found < size() && at(found) == word ? std::optional(found) : std::nullopt;
}

}  // namespace meteor

using meteor::Header;

MeteorData::MeteorData(const std::filesystem::path& index) : file_(index) {
  const std::string name = index.string();
  if (file_.size() >= sizeof(Header)) std::memcpy(&header_, file_.data(), sizeof(Header));
  if (header_.magic != meteor::kMagic || header_.sections != meteor::kSections) {
    throw DataError("{}: is not an index of METEOR's data", name);
  }
  if (header_.version != meteor::kVersion) {
    throw DataError("{}: is an index of version {}, not {}", name, header_.version,
                    meteor::kVersion);
  }
  for (const Header::Extent& extent : header_.extents) {
    if (extent.offset % 8 != 0 || extent.offset > file_.size() ||
        extent.size > file_.size() - extent.offset) {
      throw DataError("{}: index of METEOR's data is cut off", name);
    }
  }
  if (meteor::checksum(file_.view().substr(sizeof(Header))) != header_.checksum) {
    throw DataError("{}: index of METEOR's data is damaged (its checksum does not match)", name);
  }
  synset_words_ = meteor::StringPool(section(meteor::kSynsetWords));
  table_words_ = meteor::StringPool(section(meteor::kTableWords));
  synset_lists_ = meteor::as_u32(section(meteor::kSynsetLists));
  slots_ = meteor::as_u32(section(meteor::kSourceSlots));
  const bool whole = synset_words_.valid() && table_words_.valid() &&
                     synset_lists_.size() > synset_words_.size() &&
                     std::has_single_bit(slots_.size());
  if (!whole) throw DataError("{}: index of METEOR's data is damaged", name);
  read_lists();
}

std::string_view MeteorData::section(meteor::Section section) const {
  const Header::Extent& extent = header_.extents[section];
  return file_.view().substr(extent.offset, extent.size);
}

void MeteorData::read_lists() {
  for (const std::string_view word : split_space(section(meteor::kFunctionWords)))
    function_words_.insert(word);
  const auto lines = split_lines(section(meteor::kExceptions));
  for (size_t i = 0; i + 1 < lines.size(); i += 2) {
    for (const std::string_view form : split_space(lines[i + 1])) bases_[form].push_back(lines[i]);
  }
}

std::span<const uint32_t> MeteorData::listed_synsets(std::string_view word) const {
  const auto found = synset_words_.find(word);
  if (!found) return {};
  const auto bounds = synset_lists_.first(synset_words_.size() + 1);
  const auto lists = synset_lists_.subspan(bounds.size());
  const size_t begin = bounds[*found], end = bounds[*found + 1];
  if (begin > end || end > lists.size()) return {};
  return lists.subspan(begin, end - begin);
}

/// Source: WordNet's morphology in METEOR: suffix → replacement, the first that gives a known word.
std::string MeteorData::morphological_base(std::string_view word) const {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 20> kSuffixes{
      {{"s", ""},      {"ses", "s"},   {"xes", "x"}, {"zes", "z"}, {"ches", "ch"},
       {"shes", "sh"}, {"men", "man"}, {"ies", "y"}, {"s", ""},    {"ies", "y"},
       {"es", "e"},    {"es", ""},     {"ed", "e"},  {"ed", ""},   {"ing", "e"},
       {"ing", ""},    {"er", ""},     {"est", ""},  {"er", "e"},  {"est", "e"}}};
  if (word.ends_with("ss") || word.size() <= 2) return std::string(word);
  for (const auto& [ending, replacement] : kSuffixes) {
    if (!word.ends_with(ending)) continue;
    std::string base(word.substr(0, word.size() - ending.size()));
    base += replacement;
    if (synset_words_.find(base)) return base;
  }
  return "";
}

std::vector<uint32_t> MeteorData::synsets(std::string_view word) const {
  std::vector<uint32_t> all;
  const auto add = [&](std::string_view base) {
    const auto listed = listed_synsets(base);
    all.insert(all.end(), listed.begin(), listed.end());
  };
  add(word);
  const auto irregular = bases_.find(word);
  if (irregular != bases_.end()) {
    for (const std::string_view base : irregular->second) add(base);
  } else {
    add(morphological_base(word));
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::optional<uint16_t> MeteorData::table_word(std::string_view word) const {
  const auto found = table_words_.find(word);
  if (!found || *found >= meteor::kMaxTableWords) return std::nullopt;
  return static_cast<uint16_t>(*found);
}

std::string_view MeteorData::targets(std::span<const uint16_t> source) const {
  const std::string_view sources = section(meteor::kSources);
  const size_t mask = slots_.size() - 1;
  size_t slot = meteor::phrase_hash(source) & mask;
  for (size_t tried = 0; tried <= mask && slots_[slot] != 0; ++tried, slot = (slot + 1) & mask) {
    const size_t at = slots_[slot] - 1, head = 1 + 2 * source.size();
    if (at >= sources.size() || sources.size() - at < head + 4) break;
    if (static_cast<unsigned char>(sources[at]) != source.size()) continue;
    if (std::memcmp(sources.data() + at + 1, source.data(), 2 * source.size()) != 0) continue;
    uint32_t bytes = 0;
    std::memcpy(&bytes, sources.data() + at + head, 4);
    return sources.substr(at + head + 4, bytes);
  }
  return {};
}

void MeteorData::each_paraphrase(std::span<const uint16_t> source,
                                 const std::function<void(const Phrase&)>& visit) const {
  Phrase words;
  for (std::string_view rest = targets(source); !rest.empty();
       rest.remove_prefix(1 + 2 * words.size())) {
    words.resize(static_cast<unsigned char>(rest[0]));
    if (words.empty() || rest.size() < 1 + 2 * words.size()) return;
    std::memcpy(words.data(), rest.data() + 1, 2 * words.size());
    visit(words);
  }
}

}  // namespace eida
