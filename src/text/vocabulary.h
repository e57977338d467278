/// Tokens by id and ids by token.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "component.h"

namespace eida::text {

/// Immutable after loading. Ids may have gaps.
class Vocabulary {
 public:
  /// \param value the "vocab" object {token: id} of a model. \throws FormatError through `owner` on
  /// an id that is not one, is there twice, or leaves more gaps than ids.
  static Vocabulary from_object(const nlohmann::json& value, const Component& owner);
  /// Ids in the order of the tokens; of equal tokens the last counts.
  static Vocabulary from_list(std::vector<std::string> tokens);

  Vocabulary() = default;
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  /// -1 where there is none.
  int32_t id(std::string_view token) const;
  /// nullptr where there is none.
  const std::string* token(int32_t id) const;
  /// Largest id + 1.
  int64_t size() const { return static_cast<int64_t>(tokens_.size()); }
  /// Ids that have a token: where the library begins to number added ones.
  int64_t count() const { return std::count(known_.begin(), known_.end(), true); }
  const std::unordered_map<std::string_view, int32_t>& ids() const { return ids_; }

 private:
  std::vector<std::string> tokens_;  ///< never moves after ids_ points into it
  std::vector<bool> known_;
  std::unordered_map<std::string_view, int32_t> ids_;
};

}  // namespace eida::text
