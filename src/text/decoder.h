/// Decoders: tokens → text.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "component.h"

namespace eida::text {

/// Immutable; several threads may share one.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Changes the tokens so that they can be joined without anything between. May change their
  /// number.
  virtual void apply(std::vector<std::string>& tokens) const = 0;
};

/// The decoder that a tokenizer.json describes. \throws FormatError on one that is not supported.
std::unique_ptr<const Decoder> make_decoder(const Component& component);

/// Removes spaces before marks and contractions. Source: `clean_up_tokenization` of transformers.
void clean_up(std::string& text);

}  // namespace eida::text
