/// Debian's shared SentencePiece exports FLAGS_minloglevel, as libc10 of LibTorch does with another
/// type: whichever is loaded second overwrites the other's memory, without a word. So ours is
/// static and shows nothing to the outside; these tests see that it stays so.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "eida/text/tokenizer.h"

namespace eida {
namespace {

/// Demangled names that a shared library defines for others.
std::vector<std::string> exported_names(const std::string& library) {
  const std::string command = "nm -D -C --defined-only '" + library + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::vector<std::string> names;
  std::array<char, 65536> line;
  while (pipe != nullptr && std::fgets(line.data(), line.size(), pipe.get()) != nullptr)
    names.emplace_back(line.data());
  return names;
}

std::string eida_base_file() {
  Dl_info info;
  const auto function = reinterpret_cast<const void*>(&load_tokenizer);
  return dladdr(function, &info) != 0 ? info.dli_fname : "";
}

TEST(SentencePieceSymbols, AreNotExported) {
  const auto names = exported_names(eida_base_file());
  ASSERT_GT(names.size(), 100u) << "no names from " << eida_base_file() << ": is nm there?";
  for (const std::string& name : names) {
    // Standard templates over such a type are our own code's; an unoptimised build emits them.
    if (name.find(" std::") != std::string::npos) continue;
    for (const char* part : {"sentencepiece::", "absl::", "protobuf", "FLAGS_"})
      EXPECT_EQ(name.find(part), std::string::npos) << name;
  }
}

TEST(SentencePieceSymbols, NoneTakesThePlaceOfTorchsFlag) {
  EXPECT_EQ(dlsym(RTLD_DEFAULT, "FLAGS_minloglevel"), nullptr);
}

}  // namespace
}  // namespace eida
