#include "post_processor.h"

#include <algorithm>
#include <utility>

#include "eida/core/utf8.h"

namespace eida::text {
namespace {

/// ["</s>", 2] → 2.
int32_t named_token(const Component& component, const std::string& key) {
  const nlohmann::json& value = component.array(key);
  if (value.size() != 2) component.fail(fmt::format("key '{}' is not a token and its id", key));
  return checked_id(value[1], component, fmt::format("key '{}'", key));
}

PostProcessor bert_or_roberta(const Component& component, bool roberta) {
  const int32_t cls = named_token(component, "cls"), sep = named_token(component, "sep");
  const auto special = [](int32_t id, int32_t type) { return Template::Part{-1, {id}, type}; };
  const int32_t second = roberta ? 0 : 1;  // RoBERTa has no token types
  PostProcessor out;
  out.single.parts = {special(cls, 0), {0, {}, 0}, special(sep, 0)};
  out.pair.parts = out.single.parts;
  if (roberta) out.pair.parts.push_back(special(sep, 0));
  out.pair.parts.push_back({1, {}, second});
  out.pair.parts.push_back(special(sep, second));
  return out;
}

using IdOf = FunctionRef<int32_t(std::string_view)>;

Template::Part template_part(const Component& part, const Component& owner, IdOf id_of) {
  Template::Part out;
  if (part.has("Sequence")) {
    const Component sequence = part.child("Sequence");
    const std::string id = sequence.text("id");
    if (id != "A" && id != "B") sequence.fail("key 'id' is neither A nor B");
    out.text = id == "B";
    out.type_id = sequence.has("type_id") ? sequence.id("type_id") : 0;
    return out;
  }
  const Component special = part.child("SpecialToken");
  out.type_id = special.has("type_id") ? special.id("type_id") : 0;
  const std::string name = special.text("id");
  const Component known = owner.child("special_tokens");
  if (!known.has(name))
    special.fail(fmt::format("'{}' is not among special_tokens", printable(name)));
  const Component token = known.child(name);
  if (!token.has("ids")) {
    out.ids = {id_of(name)};
    if (out.ids[0] < 0) token.fail("key 'ids' is missing");
    return out;
  }
  for (const auto& id : token.array("ids")) out.ids.push_back(checked_id(id, token, "key 'ids'"));
  return out;
}

/// Of all parts of a template: each text gets them.
constexpr int64_t kMostSpecialTokens = 1024;

Template read_template(const Component& component, const std::string& key, bool two, IdOf id_of) {
  Template out;
  bool found[2] = {false, false};
  int64_t specials = 0;
  for (const Component& part : component.children(key)) {
    out.parts.push_back(template_part(part, component, id_of));
    specials += std::ssize(out.parts.back().ids);
    if (specials > kMostSpecialTokens) {
      component.fail(fmt::format("key '{}' adds more than {} special tokens to a text, the limit",
                                 key, kMostSpecialTokens));
    }
    const int text = out.parts.back().text;
    if (text < 0) continue;
    if (found[text]) component.fail(fmt::format("key '{}' has one text twice", key));
    found[text] = true;
  }
  if (!found[0] || found[1] != two)
    component.fail(fmt::format("key '{}' must have {}", key, two ? "A and B" : "A and not B"));
  return out;
}

/// Lengths of two texts that together have at most `room` tokens: the longer one gives first.
/// Source: "longest_first" of the `tokenizers` library.
std::pair<int64_t, int64_t> longest_first(int64_t first, int64_t second, int64_t room) {
  int64_t shorter = std::min(first, second);
  int64_t longer = std::max(shorter, room - shorter);
  if (shorter + longer > room) {
    shorter = room / 2;
    longer = shorter + room % 2;
  }
  return first > second ? std::pair(longer, shorter) : std::pair(shorter, longer);
}

void truncate(std::vector<int32_t>& first, std::vector<int32_t>* second, int64_t room, bool left) {
  const auto size = [](const auto& ids) { return static_cast<int64_t>(ids.size()); };
  const auto cut = [&](std::vector<int32_t>& ids, int64_t kept) {
    const auto lost = std::max<std::ptrdiff_t>(size(ids) - kept, 0);
    ids.erase(left ? ids.begin() : ids.end() - lost, left ? ids.begin() + lost : ids.end());
  };
  if (second == nullptr) return cut(first, room);
  if (size(first) + size(*second) <= room) return;
  const auto [a, b] = longest_first(size(first), size(*second), room);
  cut(first, a);
  cut(*second, b);
}

}  // namespace

int64_t Template::special_tokens() const {
  size_t count = 0;
  for (const Part& part : parts) count += part.ids.size();
  return static_cast<int64_t>(count);
}

PostProcessor make_post_processor(const Component& component, IdOf id_of) {
  const std::string type = component.type();
  if (type == "ByteLevel") return {};
  if (type == "RobertaProcessing" || type == "BertProcessing")
    return bert_or_roberta(component, type == "RobertaProcessing");
  if (type == "TemplateProcessing") {
    return {false, read_template(component, "single", false, id_of),
            read_template(component, "pair", true, id_of)};
  }
  if (type != "Sequence")
    component.unsupported(
        "RobertaProcessing, BertProcessing, TemplateProcessing, ByteLevel and Sequence");
  PostProcessor out;
  bool found = false;
  for (const Component& child : component.children("processors")) {
    PostProcessor one = make_post_processor(child, id_of);
    if (child.type() == "ByteLevel") continue;
    if (found) child.fail("a second template in a Sequence is not supported");
    found = true;
    out = std::move(one);
  }
  return out;
}

Encoding assemble(std::vector<int32_t> first, std::vector<int32_t>* second,
                  const PostProcessor& post_processor, const EncodeOptions& options) {
  const Template& pattern = second == nullptr ? post_processor.single : post_processor.pair;
  const int64_t specials = options.add_special_tokens ? pattern.special_tokens() : 0;
  if (options.max_length > 0) {
    if (options.max_length < specials)
      throw ConfigError("max_length {} has no room for {} special tokens", options.max_length,
                        specials);
    truncate(first, second, options.max_length - specials, post_processor.cut_left);
  }
  Encoding out;
  const size_t total = first.size() + (second != nullptr ? second->size() : 0);
  out.ids.reserve(total + static_cast<size_t>(specials));
  out.type_ids.reserve(total + static_cast<size_t>(specials));
  for (const Template::Part& part : pattern.parts) {
    if (part.text < 0 && !options.add_special_tokens) continue;
    const auto& ids = part.text < 0 ? part.ids : part.text == 0 ? first : *second;
    out.ids.insert(out.ids.end(), ids.begin(), ids.end());
    out.type_ids.insert(out.type_ids.end(), ids.size(), part.type_id);
  }
  return out;
}

}  // namespace eida::text
