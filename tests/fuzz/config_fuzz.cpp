/// Any bytes as a configuration file: it is read, and its dump reads back the same, or a
/// ConfigError says why not.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "eida/config/schema.h"
#include "eida/core/error.h"

namespace {

eida::Config read(std::string_view text, const char* source, eida::KeySet& given) {
  eida::Config config;
  eida::read_config_text(text, source, "folder", config, given);
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes + 1), size - 1);
  eida::KeySet given;
  std::string dumped;
  try {
    const eida::Config config = read(text, bytes[0] % 2 == 0 ? "x.yaml" : "x.json", given);
    dumped = eida::dump_yaml(config, eida::Program::kProbe, given);
  } catch (const eida::ConfigError&) {
    return 0;
  }
  eida::KeySet again;
  if (eida::dump_yaml(read(dumped, "dump.yaml", again), eida::Program::kProbe, given) != dumped)
    std::abort();
  return 0;
}
