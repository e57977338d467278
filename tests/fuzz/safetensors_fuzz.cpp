/// Any bytes as a safetensors file: its entries lie inside the file, or a FormatError says why not.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "eida/core/error.h"
#include "eida/tensor/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  try {
    const auto header =
        eida::parse_safetensors_header({reinterpret_cast<const char*>(bytes), size}, "fuzz");
    uint64_t total = 0;
    for (const auto& entry : header.tensors) {
      if (entry.begin > entry.end || entry.end > size || entry.begin < 8) std::abort();
      total += entry.end - entry.begin;
    }
    if (total > size) std::abort();
  } catch (const eida::FormatError&) {
  }
  return 0;
}
