/// SentencePiece's character map, applied the way the `tokenizers` library does: to short grapheme
/// clusters first, else character by character.
#include <openssl/evp.h>

#include <array>
#include <vector>

#include "graphemes.h"
#include "normalizer.h"
#include "unicode.h"

namespace eida::text {
namespace {

/// Empty where the text is not base 64 (RFC 4648) with its padding.
std::string decode_base64(const std::string& text) {
  const auto* digits = reinterpret_cast<const unsigned char*>(text.data());
  std::string bytes(text.size() / 4 * 3, '\0');
  const size_t padding = text.size() - (text.find_last_not_of('=') + 1);
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), digits,
                                   static_cast<int>(text.size()));
  if (size != static_cast<int>(bytes.size()) || padding > 2) return "";
  bytes.resize(bytes.size() - padding);
  return bytes;
}

class Precompiled : public Normalizer {
 public:
  explicit Precompiled(const Component& component) {
    const std::string bytes = decode_base64(component.text("precompiled_charsmap"));
    if (bytes.size() < 4)
      component.fail("key 'precompiled_charsmap' is not a character map in base 64");
    const size_t size = read_u32(bytes, 0);
    if (size % 4 != 0 || size == 0 || size > bytes.size() - 4)
      component.fail(fmt::format("key 'precompiled_charsmap' holds a trie of {} bytes in {} bytes",
                                 size, bytes.size()));
    for (size_t i = 0; i < size; i += 4) units_.push_back(read_u32(bytes, 4 + i));
    targets_ = bytes.substr(4 + size);
    if (std::string ignored; repair_utf8(targets_, ignored).data() != targets_.data())
      component.fail("key 'precompiled_charsmap' holds text that is not UTF-8");
    for (size_t c = 0; c < 128; ++c) {
      const char byte = static_cast<char>(c);
      plain_[c] = lookup({&byte, 1}).data() == nullptr;
    }
    plain_['\r'] = plain_['\r'] && lookup("\r\n").data() == nullptr;
  }

  void apply(std::string& text, bool&) const override {
    if (is_plain(text)) return;
    std::string out;
    out.reserve(text.size());
    for (std::string_view rest = text; !rest.empty();) {
      std::string_view cluster = rest.substr(0, grapheme_length(rest));
      rest.remove_prefix(cluster.size());
      if (cluster.size() < 6 && append_target(out, cluster)) continue;
      while (!cluster.empty()) {
        const std::string_view one = cluster.substr(0, sequence_length(cluster[0]));
        if (!append_target(out, one)) out += one;
        cluster.remove_prefix(one.size());
      }
    }
    text = std::move(out);
  }

 private:
  static uint32_t read_u32(std::string_view bytes, size_t at) {
    uint32_t value = 0;
    for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
  }

  /// ASCII that the map leaves alone.
  bool is_plain(std::string_view text) const {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 128 || !plain_[byte]) return false;
    }
    return true;
  }

  /// Target of the shortest key that `text` starts with; null where there is none.
  /// Source: the unit layout of Darts-clone.
  std::string_view lookup(std::string_view text) const {
    const auto offset = [](uint32_t unit) { return (unit >> 10) << ((unit & 0x200) >> 6); };
    size_t at = offset(units_[0]);
    for (const char c : text) {
      at ^= static_cast<unsigned char>(c);
      if (c == '\0' || at >= units_.size()) break;
      const uint32_t unit = units_[at];
      if ((unit & 0x800000FF) != static_cast<unsigned char>(c)) break;
      at ^= offset(unit);
      if ((unit & 0x100) == 0) continue;
      const size_t target = at < units_.size() ? units_[at] & 0x7FFFFFFF : targets_.size();
      if (target >= targets_.size() || (targets_[target] & 0xC0) == 0x80) break;
      const std::string_view rest = std::string_view(targets_).substr(target);
      return rest.substr(0, rest.find('\0'));
    }
    return {};
  }

  bool append_target(std::string& out, std::string_view text) const {
    const std::string_view target = lookup(text);
    if (target.data() == nullptr) return false;
    out += target;
    check_length(out.size());
    return true;
  }

  std::vector<uint32_t> units_;
  std::string targets_;
  std::array<bool, 128> plain_{};
};

}  // namespace

std::unique_ptr<const Normalizer> make_precompiled_normalizer(const Component& component) {
  return std::make_unique<Precompiled>(component);
}

}  // namespace eida::text
