#include "gnuplot.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "eida/core/utf8.h"

namespace eida {
namespace {

constexpr size_t kMostOutput = 2048;

GnuplotRun run(const std::string& arguments) {
  // coreutils' timeout stops it, and ends with these codes where it had to or found no program.
  constexpr int kStopped = 137, kNotFound = 127;
  const std::string command =
      fmt::format("timeout -s KILL 60 gnuplot {} </dev/null 2>&1", arguments);
  std::FILE* output = ::popen(command.c_str(), "re");
  if (output == nullptr) return {false, std::strerror(errno)};
  GnuplotRun result;
  std::array<char, 4096> buffer{};
  while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), output))
    result.message.append(buffer.data(), std::min(count, kMostOutput - result.message.size()));
  const int status = ::pclose(output), code = WIFEXITED(status) ? WEXITSTATUS(status) : kStopped;
  result.ok = code == 0;
  if (code == kStopped) result.message = "gnuplot did not end within 60 s";
  if (code == kNotFound) result.message = "gnuplot cannot be started (hint: apt install gnuplot)";
  return result;
}

}  // namespace

std::string gnuplot_string(std::string_view text) {
  constexpr std::string_view kPlain = " ,.()_=+-/:";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte >= 0x80 || std::isalnum(byte) != 0 || kPlain.find(c) != std::string_view::npos;
    const bool control = byte < 0x20 || byte == 0x7F;
    quoted += control ? " " : plain ? std::string(1, c) : fmt::format("\\{:03o}", byte);
  }
  return quoted + "\"";
}

GnuplotRun run_gnuplot(const std::filesystem::path& script) {
  return run("-d " + shell_quoted(script.string()));
}

GnuplotRun probe_gnuplot() { return run("--version"); }

}  // namespace eida
