/// Models: one piece → ids.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "component.h"
#include "vocabulary.h"

namespace eida::text {

/// Buffers of one encoding thread, kept from piece to piece.
struct Scratch {
  struct Symbol {
    int32_t id;
    int32_t previous, next;  ///< indices, -1 at the ends
  };
  struct PathNode {
    double score;
    int32_t id;
    int32_t start;  ///< where the piece that ends here begins, -1 where none ends
  };
  std::vector<int32_t> ids;
  std::vector<uint32_t> ranks;
  std::vector<Symbol> symbols;
  std::vector<PathNode> path;

  /// Gives back what one very long piece took.
  void trim();
};

/// Immutable; several threads may share one, each with its own Scratch.
class Model {
 public:
  virtual ~Model() = default;
  /// Appends the ids of `piece`, which is not empty. Time grows no faster than n log n.
  virtual void encode(std::string_view piece, Scratch& scratch,
                      std::vector<int32_t>& ids) const = 0;
  /// Bytes at the front of `piece`, which is not empty, whose ids are the same whatever follows.
  virtual size_t front(std::string_view piece) const { return piece.size(); }
  const Vocabulary& vocabulary() const { return vocabulary_; }

 protected:
  explicit Model(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}
  using ByteIds = std::array<int32_t, 256>;
  /// Ids of "<0x00>" … "<0xFF>", -1 where there is none.
  static ByteIds byte_ids(const Vocabulary& vocabulary);
  /// Appends the ids of the bytes, if all have one.
  static bool append_bytes(const ByteIds& of, std::string_view bytes, std::vector<int32_t>& ids);
  /// Id of the token that a key of the component names, -1 where the key is null or missing.
  /// \throws FormatError when the vocabulary lacks the token.
  static int32_t named_id(const Component& component, const Vocabulary& vocabulary,
                          const std::string& key);

 private:
  Vocabulary vocabulary_;
};

/// The model that a tokenizer.json describes. \param byte_level the pre-tokenizer's pieces are
/// bytes. \throws FormatError
std::unique_ptr<const Model> make_model(const Component& component, bool byte_level);

/// Each in its own file; called by make_model().
std::unique_ptr<const Model> make_bpe(const Component& component, bool byte_level);
std::unique_ptr<const Model> make_word_piece(const Component& component);
std::unique_ptr<const Model> make_unigram(const Component& component);

}  // namespace eida::text
