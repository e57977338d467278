/// Header of a safetensors file, checked; includes no torch.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace eida {

/// One tensor of a file: bytes begin .. end-1 of the file.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;  ///< "F32", "F16", "BF16", "I64", …
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> tensors;        ///< by name
  std::map<std::string, std::string> metadata;  ///< "__metadata__"
};

/// Bits of one element, 0 for a dtype that the format does not know. Source: safetensors 0.8.
uint64_t safetensors_dtype_bits(std::string_view dtype);

/// \param bytes the whole file. \param source its name, for errors.
/// \throws FormatError anything out of order: a header that is not JSON or longer than the file or
/// than 100 MB, sizes that do not fit dtype and shape, tensors that overlap, leave a gap or pass
/// the end of the file. Source: format description of the safetensors project.
SafetensorsHeader parse_safetensors_header(std::string_view bytes, const std::string& source);

}  // namespace eida
