/// Report pages: one self-contained HTML file that opens without a network.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "eida/core/manifest.h"
#include "eida/report/figure.h"
#include "eida/report/table.h"

namespace eida {

struct PageOptions {
  std::string title;
  std::string lead;         ///< one sentence under the title; may be empty
  int refresh_seconds = 0;  ///< above 0: the browser reads the file again; for runs that go on
};

/// plotly.min.js in share/eida, else of the Python environment (core/installation.h); empty when it
/// is in neither.
std::filesystem::path find_plotly();

/// A page of sections, built from top to bottom. Every text is shown as it stands: nothing in it is
/// mark-up, and bytes that are not UTF-8 are shown as U+FFFD.
class Page {
 public:
  explicit Page(PageOptions options);

  /// Begins a section; it is listed in the page's navigation. \param text may be empty
  void add_section(const std::string& heading, const std::string& text = "");
  void add_text(const std::string& text);    ///< a paragraph
  void add_notice(const std::string& text);  ///< a paragraph that must not be overlooked
  /// Names with their values or explanations.
  void add_facts(const std::vector<std::pair<std::string, std::string>>& facts);
  /// Sortable by each column, by number where it is aligned to the right; scrolls in its own box.
  void add_table(const std::string& caption, const Table& table);
  /// Panels side by side where there is room. Lines carry bands where they have intervals.
  void add_figures(std::vector<Figure> figures);
  void add_code(const std::string& text);  ///< command lines or a configuration, with a copy button

  /// Writes the page atomically. The panels are drawn by Plotly's script, which becomes part of the
  /// page. Without it the page has no panels, and the page and the log say so.
  /// \throws DataError the file cannot be written
  void write(const std::filesystem::path& file,
             const std::filesystem::path& plotly = find_plotly()) const;

 private:
  using Part = std::variant<std::string, Figure>;  ///< mark-up, or a panel among it

  void add(std::string markup) { parts_.emplace_back(std::move(markup)); }
  std::string head() const;
  std::string header(bool interactive) const;

  PageOptions options_;
  std::vector<std::string> headings_;
  std::vector<Part> parts_;
};

// What every page says of its run.

/// Warns, in a notice, where the weights are random, or where the checkpoint had no head, so that
/// the seed made one. \param weights "random, seed 0" or "from file"
/// \param consequence what random weights mean for the page: "the curves say nothing about …"
/// \param random_tensors names of the tensors that the checkpoint lacked
/// \param head_consequence what a random head means: "the scores are those of chance."
void add_weights_notice(Page& page, const std::string& weights, const std::string& consequence,
                        const std::vector<std::string>& random_tensors = {},
                        const std::string& head_consequence = "");

/// Says, in a notice, that intervals over one or two repeats tell little.
void add_repeats_notice(Page& page, int64_t repeats);

/// "from file", "random, seed 0", or "from file; random, from the seed: classifier.weight".
std::string weights_text(const std::string& weights,
                         const std::vector<std::string>& random_tensors);

/// Adds the section "How to reproduce": command line, versions, the configuration, files read.
/// \param manifest may still lack its end \param config config.yaml; empty where there is none
void add_reproduction(Page& page, const Manifest& manifest, const std::string& config = "");

}  // namespace eida
