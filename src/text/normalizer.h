/// Normalizers: what happens to the text before it is cut into pieces.
#pragma once

#include <memory>
#include <string>

#include "component.h"

namespace eida::text {

/// Immutable; several threads may share one.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  /// \param text well-formed UTF-8, changed in place.
  /// \param at_start whether the text begins where the caller's did; cleared when its first
  /// character goes.
  virtual void apply(std::string& text, bool& at_start) const = 0;
};

/// The normalizer that a tokenizer.json describes. \throws FormatError on one that is not
/// supported.
std::unique_ptr<const Normalizer> make_normalizer(const Component& component);

/// Each in its own file; called by make_normalizer().
std::unique_ptr<const Normalizer> make_bert_normalizer(const Component& component);
std::unique_ptr<const Normalizer> make_precompiled_normalizer(const Component& component);

}  // namespace eida::text
