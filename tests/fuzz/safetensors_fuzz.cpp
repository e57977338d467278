/// Any bytes as a safetensors file: its entries lie inside the file, or a FormatError says why not.
#include "eida/tensor/safetensors_header.h"
#include "support.h"

const size_t eida::fuzz::kOptions = 0;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  eida::fuzz::expect_errors_only([&] {
    const auto header =
        eida::parse_safetensors_header({reinterpret_cast<const char*>(bytes), size}, "fuzz");
    uint64_t total = 0;
    for (const auto& entry : header.tensors) {
      eida::fuzz::check(entry.begin <= entry.end && entry.end <= size && entry.begin >= 8);
      total += entry.end - entry.begin;
    }
    eida::fuzz::check(total <= size);
  });
  return 0;
}
