#include "added_tokens.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "eida/core/utf8.h"
#include "unicode.h"

namespace eida::text {
namespace {

bool stands_alone(std::string_view text, size_t begin, size_t end) {
  if (begin > 0 && has(code_point_before(text.data() + begin), kWord)) return false;
  const char* p = text.data() + end;
  return end == text.size() || !has(next_code_point(p), kWord);
}

size_t before_spaces(std::string_view text, size_t end) {
  while (end > 0 && has(code_point_before(text.data() + end), kSpace)) {
    do --end;
    while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
  }
  return end;
}

size_t behind_spaces(std::string_view text, size_t begin) {
  for (const char *p = text.data() + begin, *end = text.data() + text.size(); p < end;) {
    if (!has(next_code_point(p), kSpace)) break;
    begin = static_cast<size_t>(p - text.data());
  }
  return begin;
}

}  // namespace

AddedTokens::AddedTokens(const Component& document, const Model& model,
                         const Normalizer* normalizer) {
  if (!document.has("added_tokens")) return;
  std::vector<const Token*> in_order;
  skip_special_ = document.flag("split_special_tokens", false);
  int64_t next = model.vocabulary().count();
  for (const Component& entry : document.children("added_tokens")) {
    Token token;
    token.content = entry.text("content");
    if (token.content.empty()) continue;
    // As in the library: the model's own id, or the next free one; the entry's is not looked at.
    const auto known = tokens_.find(token.content);
    const int32_t own = model.vocabulary().id(token.content);
    token.id = known != tokens_.end() ? known->second.id
               : own >= 0             ? own
                                      : static_cast<int32_t>(next);
    next = std::max<int64_t>(next, token.id + int64_t{1});
    if (entry.has("id") && entry.id("id") != token.id) {
      spdlog::warn("{}: added token '{}' has id {}, as the library counts; its entry says {}",
                   entry.file(), printable(token.content), token.id, entry.id("id"));
    }
    token.special = entry.flag("special", false);
    token.single_word = entry.flag("single_word", false);
    token.lstrip = entry.flag("lstrip", false);
    token.rstrip = entry.flag("rstrip", false);
    token.shown = token.content;
    token.normalized = entry.flag("normalized", !token.special);
    bool ignored = true;
    if (token.normalized && normalizer != nullptr) normalizer->apply(token.shown, ignored);
    // A token that is there twice is what its last entry says; once special, it stays so.
    if (known != tokens_.end()) {
      token.special = token.special || known->second.special;
      if (!token.normalized) token.shown = known->second.shown;
    }
    const auto [kept, is_new] = tokens_.insert_or_assign(token.content, token);
    if (is_new) in_order.push_back(&kept->second);
    by_id_[token.id] = &kept->second;
    size_ = std::max<int64_t>(size_, token.id + int64_t{1});
  }
  std::vector<std::pair<std::string, const Token*>> raw, normalized;
  for (const Token* token : in_order) {
    if (token->normalized) {
      normalized.emplace_back(token->shown, token);
    } else {
      raw.emplace_back(token->content, token);
    }
  }
  raw_.build(raw);
  normalized_.build(normalized);
}

void AddedTokens::Finder::build(const std::vector<std::pair<std::string, const Token*>>& patterns) {
  std::vector<std::pair<std::string_view, int32_t>> entries;
  for (const auto& [pattern, token] : patterns) {
    if (pattern.empty()) continue;
    entries.emplace_back(pattern, static_cast<int32_t>(tokens.size()));
    tokens.push_back(token);
    may_start[static_cast<unsigned char>(pattern[0])] = true;
  }
  trie = Trie(std::move(entries));
}

void AddedTokens::Finder::split(std::string_view text, bool skip_special, Sink sink) const {
  size_t done = 0;
  const auto emit_plain = [&](size_t end) {
    if (done < end) sink(text.substr(done, end - done), -1);
  };
  if (!tokens.empty()) {
    for (size_t i = 0; i < text.size();) {
      if (!may_start[static_cast<unsigned char>(text[i])]) {
        ++i;
        continue;
      }
      const Trie::Match match = trie.longest_prefix(text.substr(i));
      if (match.length == 0) {
        ++i;
        continue;
      }
      size_t begin = i, end = i + match.length;
      i = end;
      const Token& token = *tokens[static_cast<size_t>(match.value)];
      if (skip_special && token.special) continue;
      if (token.single_word && !stands_alone(text, begin, end)) continue;
      if (token.lstrip) begin = std::max(before_spaces(text, begin), done);
      if (token.rstrip) end = behind_spaces(text, end);
      emit_plain(begin);
      sink(text.substr(begin, end - begin), token.id);
      done = end;
    }
  }
  emit_plain(text.size());
}

const AddedTokens::Token* AddedTokens::find(int32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

const AddedTokens::Token* AddedTokens::find(std::string_view content) const {
  const auto found = tokens_.find(std::string(content));
  return found == tokens_.end() ? nullptr : &found->second;
}

}  // namespace eida::text
