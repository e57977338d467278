/// Running gnuplot, and writing strings that it takes literally.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace eida {

/// The text as a gnuplot string: in double quotes, and every ASCII character that could mean
/// something to gnuplot (quotes, backslash, back-quote, @, $, …) as an octal escape. Control
/// characters become spaces. Single quotes would not do: gnuplot 5.4 reads a doubled quote at their
/// start as the end of an empty string.
std::string gnuplot_string(std::string_view text);

/// Result of one run.
struct GnuplotRun {
  bool ok = false;
  std::string message;  ///< what gnuplot or the system said; at most 2 KB
};

/// Runs `gnuplot -d SCRIPT`, with no start-up file; stopped after 60 seconds.
GnuplotRun run_gnuplot(const std::filesystem::path& script);

/// `gnuplot --version`.
GnuplotRun probe_gnuplot();

}  // namespace eida
