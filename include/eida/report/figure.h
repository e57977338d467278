/// Line charts, drawn by gnuplot.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace eida {

/// One line of a chart.
struct Series {
  std::string name;   ///< in the legend
  std::string color;  ///< "#rrggbb"
  std::vector<double> x, y;
  std::vector<double> low, high;  ///< interval at each x; empty: none drawn
  bool dashed = false;
  bool points_only = false;  ///< points without a line, for values of others
};

/// Gives the `index`-th line of a chart its colour (violet, blue, green, orange, red: the order of
/// the EIDA report from the smallest k to the largest) and, from the sixth on, dashes.
void style_line(Series& series, size_t index);

struct FigureOptions {
  std::string title, x_label, y_label;
  std::optional<double> y_min, y_max;  ///< empty: from the data
  bool integer_x = false;              ///< ticks at whole numbers only
  int width = 900;                     ///< pixels (svg, png); 1/100 inch (pdf)
  int height = 560;
};

/// A chart of lines with points and error bars. Text is shown as it stands: nothing in a title or
/// name is a command or mark-up.
class Figure {
 public:
  /// \throws ConfigError width or height outside 100 to 10,000.
  explicit Figure(FigureOptions options);

  /// \throws ConfigError x, y, low and high differ in length, or the colour is not "#rrggbb".
  /// Points that are not finite are left out, and the line is broken there.
  void add(Series series);

  /// Draws into `file`: .svg, .png or .pdf, whole or not at all.
  /// \return false, with a warning in the log, when gnuplot is missing or fails or the file cannot
  /// be written; a run goes on without its figures.
  /// \throws ConfigError another extension.
  bool write(const std::filesystem::path& file) const;

  const FigureOptions& options() const { return options_; }
  const std::vector<Series>& series() const { return series_; }

  /// The gnuplot script that draws into `output`; for tests and for redrawing by hand.
  std::string script(const std::filesystem::path& output) const;

 private:
  FigureOptions options_;
  std::vector<Series> series_;
};

/// Whether a gnuplot program can be started.
bool have_gnuplot();

}  // namespace eida
