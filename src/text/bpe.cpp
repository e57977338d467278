/// Byte-pair encoding, on bytes (GPT-2, RoBERTa) or on characters (SentencePiece).
/// Source: Sennrich et al. (2016), section 3.2; order of merges and treatment of unknown characters
/// as in the `tokenizers` library.
#include <algorithm>
#include <bitset>
#include <queue>
#include <utility>

#include "byte_alphabet.h"
#include "eida/core/utf8.h"
#include "merge_table.h"
#include "model.h"
#include "unicode.h"

namespace eida::text {
namespace {

/// Pieces up to here are merged by scanning for the least rank, longer ones with a heap.
constexpr size_t kScanLimit = 40;

/// A pair that could be merged, at the symbol on its left. Least rank first, then leftmost.
struct Candidate {
  uint32_t rank;
  int32_t position;
  int32_t id;
  bool operator<(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : position > other.position;
  }
};

class Bpe : public Model {
 public:
  Bpe(const Component& component, bool byte_level, Vocabulary vocabulary)
      : Model(std::move(vocabulary)),
        merges_(component.array("merges").size()),
        unknown_(named_id(component, this->vocabulary(), "unk_token")),
        fuse_unknown_(component.flag("fuse_unk", false)),
        byte_fallback_(component.flag("byte_fallback", false)),
        ignore_merges_(component.flag("ignore_merges", false)),
        byte_level_(byte_level),
        bytes_(byte_ids(this->vocabulary())) {
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (!component.text(key, "").empty())
        component.fail(fmt::format("key '{}' is not supported", key));
    }
    if (component.has("dropout") && component.field("dropout") != 0.0)
      component.fail("key 'dropout' is not supported");
    if (byte_level) {
      for (size_t b = 0; b < 256; ++b)
        bytes_[b] = this->vocabulary().id(byte_stand_in(static_cast<unsigned char>(b)));
    }
    uint32_t rank = 0;
    std::vector<std::pair<char32_t, char32_t>> joined;
    for (const auto& merge : component.array("merges"))
      joined.push_back(add_merge(merge, rank++, component));
    if (!byte_level_ && !ignore_merges_) find_joints(std::move(joined));
  }

  size_t front(std::string_view piece) const override {
    if (!cuts_) return piece.size();
    const char *p = piece.data(), *const end = p + piece.size();
    for (char32_t last = next_code_point(p); p < end;) {
      const char* here = p;
      const char32_t c = next_code_point(p);
      if ((last | c) < 128 ? !ascii_joined_[last * 128 + c] : !joined(last, c))
        return static_cast<size_t>(here - piece.data());
      last = c;
    }
    return piece.size();
  }

  void encode(std::string_view piece, Scratch& scratch, std::vector<int32_t>& ids) const override {
    if (ignore_merges_) {
      const int32_t whole = vocabulary().id(byte_level_ ? in_stand_ins(piece) : std::string(piece));
      if (whole >= 0) return ids.push_back(whole);
    }
    scratch.ids.clear();
    if (byte_level_) {
      start_from_bytes(piece, scratch.ids);
    } else {
      start_from_characters(piece, scratch.ids);
    }
    if (scratch.ids.size() <= kScanLimit) {
      merge_by_scanning(scratch);
    } else {
      merge_by_heap(scratch);
    }
    ids.insert(ids.end(), scratch.ids.begin(), scratch.ids.end());
  }

 private:
  /// \param merge "left right" or ["left", "right"]. \return the two characters that it joins
  std::pair<char32_t, char32_t> add_merge(const nlohmann::json& merge, uint32_t rank,
                                          const Component& component) {
    const auto fail = [&](std::string_view what) {
      if (!component.has("merges.txt")) component.fail(fmt::format("merges[{}]: {}", rank, what));
      int64_t line = int64_t{rank} + 1;
      for (const auto& skipped : component.array("merges.txt"))
        line += skipped.get<int64_t>() <= line ? 1 : 0;
      throw FormatError(
          "{}:{}: {}",
          std::filesystem::path(component.file()).replace_filename("merges.txt").string(), line,
          what);
    };
    std::string_view left, right;
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      left = merge[0].get_ref<const std::string&>();
      right = merge[1].get_ref<const std::string&>();
    } else if (merge.is_string()) {
      const std::string_view both = merge.get_ref<const std::string&>();
      const size_t space = both.find(' ');
      if (space == both.npos || both.find(' ', space + 1) != both.npos)
        fail(fmt::format("'{}' is not two tokens with a space between", printable(both)));
      left = both.substr(0, space);
      right = both.substr(space + 1);
    } else {
      fail("is neither a string nor two strings");
    }
    const std::string both = std::string(left).append(right);
    const int32_t left_id = vocabulary().id(left), right_id = vocabulary().id(right);
    const int32_t joined = vocabulary().id(both);
    if (left_id < 0 || right_id < 0 || joined < 0) {
      fail(fmt::format("token '{}' is not in the vocabulary", printable(left_id < 0    ? left
                                                                        : right_id < 0 ? right
                                                                                       : both)));
    }
    merges_.add(left_id, right_id, {rank, joined});
    if (byte_level_ || left.empty() || right.empty()) return {};
    const char* first = right.data();
    return {code_point_before(left.data() + left.size()), next_code_point(first)};
  }

  /// A token begins as one character, so a text may be cut between two that no merge joins: what is
  /// on one side has the same ids without the other. Not beside a character without a token, whose
  /// bytes have merges of their own and which may be fused with the next.
  void find_joints(std::vector<std::pair<char32_t, char32_t>> pairs) {
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    pairs_ = MergeTable(pairs.size());
    for (const auto& [left, right] : pairs)
      pairs_.add(static_cast<int32_t>(left), static_cast<int32_t>(right), {0, 0});
    for (const auto& [token, id] : vocabulary().ids()) {
      if (token.empty() || sequence_length(token[0]) != token.size()) continue;
      const char* p = token.data();
      known_[next_code_point(p)] = true;
    }
    for (char32_t left = 0; left < 128; ++left)
      for (char32_t right = 0; right < 128; ++right)
        ascii_joined_[left * 128 + right] = joined(left, right);
    cuts_ = true;
  }
  bool joined(char32_t left, char32_t right) const {
    const auto found = pairs_.find(static_cast<int32_t>(left), static_cast<int32_t>(right));
    return found.rank != MergeTable::kNone || !known_[left] || !known_[right];
  }

  static std::string in_stand_ins(std::string_view bytes) {
    std::string out;
    for (const char byte : bytes) out += byte_stand_in(static_cast<unsigned char>(byte));
    return out;
  }

  void start_from_bytes(std::string_view piece, std::vector<int32_t>& ids) const {
    for (size_t i = 0; i < piece.size(); ++i) {
      const int32_t id = bytes_[static_cast<unsigned char>(piece[i])];
      if (id >= 0) {
        ids.push_back(id);
      } else if (unknown_ >= 0) {
        const bool fused =
            fuse_unknown_ && i > 0 && bytes_[static_cast<unsigned char>(piece[i - 1])] < 0;
        if (!fused) ids.push_back(unknown_);
      }
    }
  }

  void start_from_characters(std::string_view piece, std::vector<int32_t>& ids) const {
    bool pending = false;  // an unknown token that later ones may join
    for (size_t i = 0, length = 0; i < piece.size(); i += length) {
      length = sequence_length(piece[i]);
      const std::string_view character = piece.substr(i, length);
      const int32_t id = vocabulary().id(character);
      if (id >= 0) {
        if (pending) ids.push_back(unknown_);
        pending = false;
        ids.push_back(id);
        continue;
      }
      if (byte_fallback_ && append_bytes(bytes_, character, ids)) continue;
      if (unknown_ < 0) continue;
      if (pending && !fuse_unknown_) ids.push_back(unknown_);
      pending = true;
    }
    if (pending) ids.push_back(unknown_);
  }

  void merge_by_scanning(Scratch& scratch) const {
    auto& ids = scratch.ids;
    auto& ranks = scratch.ranks;  // of each symbol with the next
    const auto rank_at = [&](size_t i) {
      return i + 1 < ids.size() ? merges_.find(ids[i], ids[i + 1]).rank : MergeTable::kNone;
    };
    ranks.resize(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) ranks[i] = rank_at(i);
    while (ids.size() > 1) {
      size_t best = 0;
      for (size_t i = 1; i + 1 < ids.size(); ++i) {
        if (ranks[i] < ranks[best]) best = i;
      }
      if (ranks[best] == MergeTable::kNone) return;
      ids[best] = merges_.find(ids[best], ids[best + 1]).id;
      ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(best) + 1);
      ranks.erase(ranks.begin() + static_cast<std::ptrdiff_t>(best) + 1);
      ranks[best] = rank_at(best);
      if (best > 0) ranks[best - 1] = rank_at(best - 1);
    }
  }

  void merge_by_heap(Scratch& scratch) const {
    auto& ids = scratch.ids;
    auto& symbols = scratch.symbols;
    const auto size = static_cast<int32_t>(ids.size());
    symbols.clear();
    for (int32_t i = 0; i < size; ++i)
      symbols.push_back({ids[static_cast<size_t>(i)], i - 1, i + 1 < size ? i + 1 : -1});
    const auto at = [&symbols](int32_t i) -> Scratch::Symbol& {
      return symbols[static_cast<size_t>(i)];
    };
    std::vector<Candidate> found;
    const auto candidate = [&](int32_t left) -> Candidate {
      if (left < 0 || at(left).next < 0) return {MergeTable::kNone, 0, -1};
      const auto merge = merges_.find(at(left).id, at(at(left).next).id);
      return {merge.rank, left, merge.id};
    };
    for (int32_t i = 0; i < size; ++i) {
      if (const auto one = candidate(i); one.rank != MergeTable::kNone) found.push_back(one);
    }
    std::priority_queue<Candidate> queue(std::less<Candidate>(), std::move(found));
    while (!queue.empty()) {
      const Candidate top = queue.top();
      queue.pop();
      Scratch::Symbol& left = at(top.position);
      const Candidate now = candidate(top.position);
      if (left.id < 0 || now.rank == MergeTable::kNone || now.id != top.id) continue;  // merged
      Scratch::Symbol& right = at(left.next);
      left.id = top.id;
      left.next = right.next;
      right.id = -1;
      if (left.next >= 0) at(left.next).previous = top.position;
      for (const int32_t changed : {left.previous, top.position}) {
        if (const auto one = candidate(changed); one.rank != MergeTable::kNone) queue.push(one);
      }
    }
    ids.clear();
    for (int32_t i = 0; i >= 0; i = at(i).next) ids.push_back(at(i).id);
  }

  MergeTable merges_;
  int32_t unknown_;
  bool fuse_unknown_, byte_fallback_, ignore_merges_, byte_level_;
  ByteIds bytes_;  ///< of the alphabet of bytes, or of byte fallback
  bool cuts_ = false;
  MergeTable pairs_{0};                                    ///< characters that some merge joins
  std::vector<bool> known_ = std::vector<bool>(0x110000);  ///< characters with a token
  std::bitset<128 * 128> ascii_joined_;
};

}  // namespace

std::unique_ptr<const Model> make_bpe(const Component& component, bool byte_level) {
  return std::make_unique<Bpe>(component, byte_level,
                               Vocabulary::from_object(component.object("vocab"), component));
}

}  // namespace eida::text
