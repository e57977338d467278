/// Pre-tokenizers: cut normalized text into the pieces that the model sees one by one.
#pragma once

#include <memory>
#include <string_view>

#include "component.h"
#include "function_ref.h"

namespace eida::text {

/// Receives a piece, valid during the call, and whether it begins where the caller's text did.
using PieceSink = FunctionRef<void(std::string_view piece, bool at_start)>;

/// Immutable; several threads may share one.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  /// \param text well-formed UTF-8, not empty. Pieces come in order and are not empty.
  virtual void split(std::string_view text, bool at_start, PieceSink sink) const = 0;
};

/// The pre-tokenizer that a tokenizer.json describes. \throws FormatError on one that is not
/// supported.
std::unique_ptr<const PreTokenizer> make_pre_tokenizer(const Component& component);

/// Whether it ends in ByteLevel, whose pieces are bytes: the model's tokens are then in the
/// alphabet of byte_alphabet.h. \throws FormatError when ByteLevel is followed by another step.
bool is_byte_level(const Component& component);

/// Each in its own file; called by make_pre_tokenizer().
std::unique_ptr<const PreTokenizer> make_byte_level(const Component& component);
std::unique_ptr<const PreTokenizer> make_split(const Component& component);
std::unique_ptr<const PreTokenizer> make_digits(const Component& component);
std::unique_ptr<const PreTokenizer> make_punctuation(const Component& component);

}  // namespace eida::text
