/// Fidelity curves: curves.csv, their figures and their table.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "eida/core/choices.h"
#include "eida/report/figure.h"
#include "eida/report/table.h"

namespace eida {

/// One row of curves.csv: fidelity of one place, k and repeat.
struct CurveRow {
  std::string kind;   ///< "input" or "delta_output"
  int64_t place = 0;  ///< index of the input space or the site
  int64_t layer = 0;  ///< 0..L-1; L for a place behind the layers
  /// "q,k,v", "o", "fc1", "fc2", "classifier.dense", …; one weight for delta_output.
  std::string weights;
  int64_t dim = 0;  ///< full dimension
  int64_t k = 0;    ///< dimension of the subspace
  int64_t repeat = 0;
  double fidelity = 0.0;  ///< mean cosine on held-out vectors, 0..1; NaN when there was no vector
  int64_t samples = 0;    ///< vectors the subspace was estimated from
  int64_t heldout = 0;    ///< vectors the fidelity was measured on
  bool operator==(const CurveRow&) const = default;
};

/// One point of a figure: mean over repeats with its interval.
struct CurvePoint {
  std::string kind;
  int64_t place = 0;
  int64_t layer = 0;
  std::string weights;
  int64_t dim = 0;
  int64_t k = 0;
  double mean = 0.0;
  double low = 0.0;  ///< lower end of the 95 % interval; NaN: none
  double high = 0.0;
};

/// Sets the mean, and its interval cut to 0 .. 1, where mean cosines lie. \param half NaN: none
void set_interval(CurvePoint& point, double mean, double half);

/// Published curves to compare a probe's with, and the model that they are of.
struct PublishedCurves {
  std::string name;                ///< "RoBERTa-base on SST-2"; the file's name where it says none
  std::string model_type;          ///< as config.json has it; empty: not said
  int64_t layers = 0, width = 0;   ///< of that model; 0: not said
  std::vector<CurvePoint> points;  ///< without intervals; place and dimension are 0
};

/// Writes `kind,place,layer,weights,dim,k,repeat,fidelity,samples,heldout`, atomically; fidelity so
/// that it reads back equal.
/// \throws DataError the file cannot be written.
void write_curves_csv(const std::filesystem::path& path, const std::vector<CurveRow>& rows);

/// Reads what write_curves_csv wrote. Strict: that header, ten columns, integers from 0, a kind of
/// the two, 0 <= fidelity <= 1 (or nan).
/// \throws DataError file, line, what was wrong.
std::vector<CurveRow> read_curves_csv(const std::filesystem::path& path);

/// Reads `kind,layer,weights,k,fidelity`, as strict as above, behind lines `# key: value` that say
/// of what: name, model_type, layers, width. \throws DataError
PublishedCurves read_published_curves(const std::filesystem::path& path);

struct CurveFigureOptions {
  PublishedCurves published = {};    ///< grey reference points, by kind and weights
  std::string note = "";             ///< behind each title, for example "centred"
  std::optional<double> y_min = {};  ///< of all figures; empty: curve_axis_start()
  int width = 900, height = 560;     ///< pixels
};

/// The figure of a kind of place.
struct CurveFigure {
  std::string kind, weights;
  std::string name;  ///< for a file: "input-q_k_v", "delta_output-fc1"
  Figure figure;
};

/// Title ("Inputs of W_Q, W_K, W_V (768 dimensions)", "Δ(outputs) of W_K (768 dimensions)"), labels
/// and range of a figure of fidelities over the layers.
FigureOptions curve_axes(const std::string& kind, const std::string& weights, int64_t dim);
/// Name of its file, without an extension.
std::string curve_file_name(const std::string& kind, const std::string& weights);

/// Where the y axis of all figures of these curves starts: 0.2, or 0 where a mean lies below.
/// Source: figures of the EIDA report.
double curve_axis_start(const std::vector<CurvePoint>& curves);

/// One figure for each kind of place (input or delta output, weights, dimension): x = layer,
/// y = average cosine similarity, the same axis for all, one line for each k in violet, blue,
/// green, orange, red, with its interval where one is finite. Places behind the layers (classifier,
/// pooler) are one point and are left to the table.
/// Source: figures of the EIDA report.
std::vector<CurveFigure> curve_figures(const std::vector<CurvePoint>& curves,
                                       const CurveFigureOptions& options = {});

/// Weights of the places behind the layers, which have no figure: "pooler.dense", "classifier".
std::vector<std::string> weights_without_figure(const std::vector<CurvePoint>& curves);

/// Draws figures into `folder`, which is made, one file a format ("svg"); none when gnuplot is
/// missing (one warning says so). \throws DataError the folder cannot be made.
void write_curve_figures(const std::filesystem::path& folder,
                         const std::vector<CurveFigure>& figures,
                         const std::vector<FigureFormat>& formats);

/// One row a place, one column a k: means with three decimals.
Table curves_table(const std::vector<CurvePoint>& curves);

}  // namespace eida
