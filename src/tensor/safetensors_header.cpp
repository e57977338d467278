#include "eida/tensor/safetensors_header.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "eida/core/error.h"
#include "eida/core/json.h"
#include "eida/core/utf8.h"

namespace eida {
namespace {

constexpr uint64_t kMaxHeader = 100'000'000;  // the limit of the reference implementation

/// Unsigned integer of a JSON value.
uint64_t unsigned_of(const nlohmann::json& value, const std::string& where) {
  if (!value.is_number_unsigned())  // as of -0
    throw FormatError("{}: {} is not a whole number from 0", where, printable(value.dump()));
  return value.get<uint64_t>();
}

/// Elements of a shape times the bits of one. \throws FormatError on overflow, also of the sizes
/// beside a 0, whose products are strides; on part of a byte.
uint64_t bytes_of(const std::vector<int64_t>& shape, uint64_t bits, const std::string& where) {
  uint64_t total = bits;
  bool empty = false;
  for (const int64_t size : shape) {
    const auto factor = std::max<uint64_t>(static_cast<uint64_t>(size), 1);
    empty = empty || size == 0;
    if (total > std::numeric_limits<uint64_t>::max() / factor) {
      throw FormatError("{}: shape is too large", where);
    }
    total *= factor;
  }
  if (empty) return 0;
  if (total % 8 != 0) throw FormatError("{}: its data end within a byte", where);
  return total / 8;
}

SafetensorsEntry parse_entry(const std::string& name, const nlohmann::json& value,
                             uint64_t data_begin, const std::string& source) {
  const std::string where = source + ": tensor '" + printable(name) + "'";
  if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets")) {
    throw FormatError("{}: wanted dtype, shape and data_offsets", where);
  }
  const auto& offsets = value["data_offsets"];
  if (!value["dtype"].is_string() || !value["shape"].is_array() || !offsets.is_array() ||
      offsets.size() != 2) {
    throw FormatError("{}: dtype, shape or data_offsets has the wrong type", where);
  }
  SafetensorsEntry entry{name, value["dtype"].get<std::string>(), {}, 0, 0};
  const uint64_t bits = safetensors_dtype_bits(entry.dtype);
  if (bits == 0) throw FormatError("{}: dtype '{}' is not known", where, printable(entry.dtype));
  for (const auto& size : value["shape"]) {
    const uint64_t dimension = unsigned_of(size, where + ": shape");
    if (dimension > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      throw FormatError("{}: shape is too large", where);
    }
    entry.shape.push_back(static_cast<int64_t>(dimension));
  }
  const uint64_t begin = unsigned_of(offsets[0], where + ": data_offsets");
  const uint64_t end = unsigned_of(offsets[1], where + ": data_offsets");
  const uint64_t wanted = bytes_of(entry.shape, bits, where);
  if (end < begin || end - begin != wanted) {
    throw FormatError("{}: {} bytes of data, but {} of this shape take {}", where, end - begin,
                      entry.dtype, wanted);
  }
  if (end > std::numeric_limits<uint64_t>::max() - data_begin)
    throw FormatError("{}: offset is too large", where);
  entry.begin = data_begin + begin;
  entry.end = data_begin + end;
  return entry;
}

/// Tensors must tile the data part: no overlap, no gap, nothing behind them.
void check_tiling(std::vector<SafetensorsEntry> entries, uint64_t data_begin, uint64_t file_size,
                  const std::string& source) {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t expected = data_begin;
  for (const auto& entry : entries) {
    if (entry.begin != expected) {
      throw FormatError(
          "{}: tensor '{}' begins at byte {}, wanted {} (tensors must not overlap or leave a gap)",
          source, printable(entry.name), entry.begin, expected);
    }
    expected = entry.end;
  }
  if (expected != file_size) {
    throw FormatError(
        "{}: {} bytes, but its tensors end at {} (hint: the file is {})", source, file_size,
        expected, file_size < expected ? "truncated; copy it again" : "longer than it should be");
  }
}

}  // namespace

uint64_t safetensors_dtype_bits(std::string_view dtype) {
  if (dtype == "F64" || dtype == "I64" || dtype == "U64" || dtype == "C64") return 64;
  if (dtype == "F32" || dtype == "I32" || dtype == "U32") return 32;
  if (dtype == "F16" || dtype == "BF16" || dtype == "I16" || dtype == "U16") return 16;
  if (dtype == "I8" || dtype == "U8" || dtype == "BOOL") return 8;
  if (dtype == "F8_E4M3" || dtype == "F8_E5M2" || dtype == "F8_E8M0" || dtype == "F8_E4M3FNUZ" ||
      dtype == "F8_E5M2FNUZ")
    return 8;
  if (dtype == "F6_E2M3" || dtype == "F6_E3M2") return 6;
  return dtype == "F4" ? 4 : 0;
}

SafetensorsHeader parse_safetensors_header(std::string_view bytes, const std::string& source) {
  if (bytes.size() < 8)
    throw FormatError("{}: {} bytes is too short for a safetensors file", source, bytes.size());
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i)
    length = length << 8 | static_cast<unsigned char>(bytes[static_cast<size_t>(i)]);
  if (length > kMaxHeader || length > bytes.size() - 8) {
    throw FormatError(
        "{}: not a safetensors file, or truncated: header of {} bytes in a file of {}", source,
        length, bytes.size());
  }
  JsonOptions options;
  options.code = ExitCode::kFormat;
  options.max_depth = 8;
  const std::string_view text = bytes.substr(8, length);
  // The parser would skip the one and end at the other.
  if (text.starts_with("\xEF\xBB\xBF") || text.find('\0') != std::string_view::npos)
    throw FormatError("{}: the header has a byte order mark or a NUL byte", source);
  const nlohmann::json json = parse_json(text, source, options);
  if (!json.is_object()) throw FormatError("{}: the header is not a JSON object", source);
  SafetensorsHeader header;
  for (const auto& [name, value] : json.items()) {
    if (name != "__metadata__") {
      header.tensors.push_back(parse_entry(name, value, 8 + length, source));
      continue;
    }
    if (value.is_null()) continue;
    if (!value.is_object()) throw FormatError("{}: __metadata__ is not an object", source);
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) throw FormatError("{}: __metadata__.{} is not a string", source, key);
      header.metadata[key] = text.get<std::string>();
    }
  }
  check_tiling(header.tensors, 8 + length, bytes.size(), source);
  return header;
}

}  // namespace eida
