#include "vocabulary.h"

#include <algorithm>

#include "eida/core/utf8.h"

namespace eida::text {

Vocabulary Vocabulary::from_object(const nlohmann::json& value, const Component& owner) {
  std::vector<std::pair<const std::string*, int32_t>> entries;  // one walk over the tree is enough
  entries.reserve(value.size());
  int64_t size = 0;
  for (auto entry = value.begin(); entry != value.end(); ++entry) {
    const int32_t id = checked_id(*entry, owner, "id of a token");
    entries.emplace_back(&entry.key(), id);
    size = std::max<int64_t>(size, id + int64_t{1});
  }
  if (size > 2 * static_cast<int64_t>(value.size()) + 1024) {
    owner.fail(
        fmt::format("the largest id is {}, but there are only {} tokens", size - 1, value.size()));
  }
  Vocabulary out;
  out.tokens_.resize(static_cast<size_t>(size));
  out.known_.resize(static_cast<size_t>(size));
  out.ids_.reserve(value.size());
  for (const auto& [token, id] : entries) {
    const auto at = static_cast<size_t>(id);
    if (out.known_[at]) {
      owner.fail(fmt::format("tokens '{}' and '{}' both have id {}", printable(out.tokens_[at]),
                             printable(*token), id));
    }
    out.known_[at] = true;
    out.tokens_[at] = *token;
    out.ids_.emplace(out.tokens_[at], id);
  }
  return out;
}

Vocabulary Vocabulary::from_list(std::vector<std::string> tokens) {
  Vocabulary out;
  out.tokens_ = std::move(tokens);
  out.known_.assign(out.tokens_.size(), true);
  out.ids_.reserve(out.tokens_.size());
  for (size_t i = 0; i < out.tokens_.size(); ++i)
    out.ids_[out.tokens_[i]] = static_cast<int32_t>(i);
  return out;
}

int32_t Vocabulary::id(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? -1 : found->second;
}

const std::string* Vocabulary::token(int32_t id) const {
  if (id < 0 || id >= size() || !known_[static_cast<size_t>(id)]) return nullptr;
  return &tokens_[static_cast<size_t>(id)];
}

}  // namespace eida::text
