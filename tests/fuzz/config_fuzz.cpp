/// Any bytes as a configuration file: it is read, and its dump reads back the same, or a
/// ConfigError says why not.
#include "eida/config/schema.h"
#include "support.h"

namespace {

eida::Config read(std::string_view text, const char* source, eida::KeySet& given) {
  eida::Config config;
  eida::read_config_text(text, source, "folder", config, given);
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const eida::fuzz::Input<1> input(bytes, size, 1);
  eida::KeySet given;
  std::string dumped;
  eida::fuzz::expect_errors_only([&] {
    const bool yaml = input.options[0] % 2 == 0;
    dumped = eida::dump_yaml(read(input.files[0], yaml ? "x.yaml" : "x.json", given),
                             eida::Program::kProbe, given);
  });
  if (dumped.empty()) return 0;
  eida::KeySet again;
  eida::fuzz::check(
      eida::dump_yaml(read(dumped, "dump.yaml", again), eida::Program::kProbe, given) == dumped);
  return 0;
}
