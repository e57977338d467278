#include "eida/report/figure.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/log.h"
#include "eida/core/utf8.h"

namespace eida {
namespace {

constexpr int kSmallest = 100;
constexpr int kLargest = 10000;

bool is_color(const std::string& color) {
  return color.size() == 7 && color[0] == '#' &&
         color.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
}

std::string number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "NaN"; }

/// What a run of gnuplot came to.
struct GnuplotRun {
  bool ok = false;
  std::string message;  ///< what gnuplot or the system said; at most 2 KB
};

/// Runs gnuplot; stopped after 60 seconds.
GnuplotRun run_gnuplot(const std::string& arguments) {
  // coreutils' timeout stops it, and ends with these codes where it had to or found no program.
  constexpr int kStopped = 137, kNotFound = 127;
  constexpr size_t kMostOutput = 2048;
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

/// The text as a gnuplot string: in double quotes, and every ASCII character that could mean
/// something to gnuplot (quotes, backslash, back-quote, @, $, …) as an octal escape. Control
/// characters become spaces. Single quotes would not do: gnuplot 5.4 reads a doubled quote at their
/// start as the end of an empty string.
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

/// `set terminal` for the file's extension; text without mark-up, so that W_Q stays W_Q.
std::string terminal(const std::filesystem::path& file, int width, int height) {
  const std::string extension = file.extension().string();
  constexpr const char* kFont = "font 'DejaVu Sans,13'";
  if (extension == ".svg")
    return fmt::format("svg noenhanced size {},{} {} background rgb 'white'", width, height, kFont);
  if (extension == ".png") {
    // Twice the pixels, everything drawn twice as large: sharp on slides.
    const int scale = std::max(width, height) > kLargest / 2 ? 1 : 2;
    return fmt::format(
        "pngcairo noenhanced size {},{} {} fontscale {} linewidth {} pointscale {} background rgb "
        "'white'",
        scale * width, scale * height, kFont, scale, scale, scale);
  }
  if (extension == ".pdf") {
    return fmt::format("pdfcairo noenhanced size {}in,{}in {} background rgb 'white'",
                       width / 100.0, height / 100.0, kFont);
  }
  throw ConfigError("figure {}: '{}' is not a format, wanted .svg, .png or .pdf", file.string(),
                    printable(extension));
}

/// Smallest and largest finite x; 0 and 1 when there is none.
std::pair<double, double> x_span(const std::vector<Series>& all) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Series& series : all) {
    for (const double x : series.x) {
      if (!std::isfinite(x)) continue;
      low = std::min(low, x);
      high = std::max(high, x);
    }
  }
  return low <= high ? std::pair(low, high) : std::pair(0.0, 1.0);
}

std::string data_block(const Series& series, size_t index) {
  std::string block = fmt::format("$series{} << EOD\n", index);
  for (size_t i = 0; i < series.x.size(); ++i) {
    const double low = series.low.empty() ? series.y[i] : series.low[i];
    const double high = series.high.empty() ? series.y[i] : series.high[i];
    block += fmt::format("{} {} {} {}\n", number(series.x[i]), number(series.y[i]), number(low),
                         number(high));
  }
  return block + "EOD\n";
}

/// Title, axes, key and grid.
std::string settings(const FigureOptions& options, const std::vector<Series>& all) {
  const auto bound = [](const std::optional<double>& value) {
    return value ? number(*value) : std::string("*");
  };
  const auto [first, last] = x_span(all);
  const double margin = options.integer_x ? 0.4 : std::max(0.03 * (last - first), 1e-6);
  std::string text = fmt::format(
      "set encoding utf8\nset title {}\nset xlabel {}\nset ylabel {}\nset xrange [{}:{}]\n"
      "set yrange [{}:{}]\n",
      gnuplot_string(options.title), gnuplot_string(options.x_label),
      gnuplot_string(options.y_label), first - margin, last + margin, bound(options.y_min),
      bound(options.y_max));
  if (options.integer_x)
    text += fmt::format("set xtics {}\n", std::max(1.0, std::ceil((last - first) / 24)));
  text += "set key outside right top Left reverse title \"\" left\n";
  text +=
      "set grid lc rgb '#dddddd' lt 1\nset border 3\nset tics nomirror out\nset errorbars small\n";
  return text;
}

std::string plot_command(const std::vector<Series>& all) {
  std::string command = "plot ";
  for (size_t i = 0; i < all.size(); ++i) {
    const Series& series = all[i];
    if (i > 0) command += ", ";
    if (!series.low.empty()) {
      command += fmt::format(
          "$series{} using 1:2:3:4 with yerrorbars lc rgb '{}' lw 1.5 dt 1 pt 0 notitle, ", i,
          series.color);
    }
    const std::string style = series.points_only ? "points pt 6 ps 1" : "linespoints pt 7 ps 0.6";
    command += fmt::format("$series{} using 1:2 with {} lc rgb '{}' lw 2 dt {} title {}", i, style,
                           series.color, series.dashed ? 2 : 1, gnuplot_string(series.name));
  }
  return command + "\n";
}

/// A name beside `file` for something that is moved or removed later; keeps the extension.
std::filesystem::path part_name(const std::filesystem::path& file, const std::string& extension) {
  return file.parent_path() /
         fmt::format(".{}.part-{}{}", file.stem().string(), ::getpid(), extension);
}

/// Removes a file at the end of the scope, if it is there.
struct RemoveAtEnd {
  std::filesystem::path path;
  ~RemoveAtEnd() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
};

}  // namespace

Figure::Figure(FigureOptions options) : options_(std::move(options)) {
  for (const int size : {options_.width, options_.height}) {
    if (size < kSmallest || size > kLargest) {
      throw ConfigError("figure size: {} is outside {} to {}", size, kSmallest, kLargest);
    }
  }
}

void Figure::add(Series series) {
  const size_t points = series.x.size();
  const bool interval = !series.low.empty() || !series.high.empty();
  if (series.y.size() != points ||
      (interval && (series.low.size() != points || series.high.size() != points))) {
    throw ConfigError("figure line '{}': {} x, {} y, {} low, {} high", printable(series.name),
                      points, series.y.size(), series.low.size(), series.high.size());
  }
  if (!is_color(series.color)) {
    throw ConfigError("figure line '{}': colour '{}' is not #rrggbb", printable(series.name),
                      printable(series.color));
  }
  series_.push_back(std::move(series));
}

std::string Figure::script(const std::filesystem::path& output) const {
  // An absolute path: gnuplot takes one that begins with '|' as a command.
  const std::string target = std::filesystem::absolute(output).string();
  std::string text =
      fmt::format("set terminal {}\nset output {}\n",
                  terminal(output, options_.width, options_.height), gnuplot_string(target));
  text += settings(options_, series_);
  for (size_t i = 0; i < series_.size(); ++i) text += data_block(series_[i], i);
  return text + plot_command(series_) + "unset output\n";
}

void style_line(Series& series, size_t index) {
  constexpr std::array kColors = {"#8f2be2", "#1f5fd6", "#2c9a3c", "#f28c13", "#d8232a"};
  series.color = kColors[index % kColors.size()];
  series.dashed = index >= kColors.size();
}

bool Figure::write(const std::filesystem::path& file) const {
  const RemoveAtEnd script_file{part_name(file, ".gp")};
  const RemoveAtEnd image{part_name(file, file.extension().string())};
  std::string problem;
  if (series_.empty()) problem = "no line to draw";
  try {
    const std::string text = script(image.path);
    if (problem.empty()) {
      write_file_atomic(script_file.path, text);
      // Without a start-up file.
      const GnuplotRun run = run_gnuplot("-d " + shell_quoted(script_file.path.string()));
      if (run.ok) std::filesystem::rename(image.path, file);
      if (!run.ok) problem = printable(run.message, 300);
    }
  } catch (const DataError& error) {
    problem = error.what();
  } catch (const std::filesystem::filesystem_error& error) {
    problem = error.what();
  }
  if (!problem.empty())
    warn_once(problem, fmt::format("figure {} not drawn: {}", file.string(), problem));
  return problem.empty();
}

bool have_gnuplot() { return run_gnuplot("--version").ok; }

}  // namespace eida
