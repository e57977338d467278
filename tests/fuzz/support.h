/// What the fuzz targets share: files that readers open, sections of an input, what counts as a
/// fault.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "eida/core/error.h"

namespace eida::fuzz {

/// Bytes at the beginning of an input that choose what is done with the rest; every target that is
/// linked with mutator.cpp defines it.
extern const size_t kOptions;

/// Between the files that one input holds, where a reader takes several.
constexpr std::string_view kBoundary = "\n%%\n";

/// A folder in memory, one a process, which exit removes.
const std::filesystem::path& folder();

/// Writes a file of folder(). \return its path
std::filesystem::path write(const char* name, std::string_view bytes);

/// An input's options and the files behind them; files that the input lacks are empty.
template <size_t kFiles>
struct Input {
  std::array<uint8_t, 2> options{};
  std::array<std::string_view, kFiles> files;

  Input(const uint8_t* bytes, size_t size, size_t option_bytes) {
    std::string_view rest(reinterpret_cast<const char*>(bytes), size);
    for (size_t i = 0; i < option_bytes && !rest.empty(); ++i, rest.remove_prefix(1))
      options[i] = static_cast<uint8_t>(rest.front());
    for (size_t i = 0; i < kFiles; ++i) {
      const size_t end = i + 1 < kFiles ? rest.find(kBoundary) : std::string_view::npos;
      files[i] = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + kBoundary.size());
    }
  }
};

/// The bytes of a file of ours with the SHA-256 of themselves, where they have a place for it:
/// chance would never find it.
std::string with_own_hash(std::string_view bytes);

/// Runs `body`, which may throw what a reader says of a bad file; anything else is a fault.
template <typename Body>
void expect_errors_only(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    if (error.code() == ExitCode::kInternal) throw;
  }
}

/// A fault of what was read.
inline void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace eida::fuzz
