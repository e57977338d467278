// The page from top to bottom: head, header with navigation, sections, scripts.
#include "eida/report/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/log.h"
#include "eida/core/system_info.h"
#include "page_markup.h"

namespace eida {
namespace {

constexpr uint64_t kLargestScript = uint64_t{32} << 20;

/// Nothing is loaded from anywhere, whatever the page holds.
constexpr const char* kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: "
    "blob:";

/// Plotly's script, or "" with one line in the log.
std::string read_plotly(const std::filesystem::path& file) {
  std::string problem = "plotly.min.js was not found (hint: run scripts/setup.sh)";
  try {
    if (!file.empty()) {
      std::string script = read_file(file, kLargestScript);
      if (script.find("</script") == std::string::npos) return script;
      problem = file.string() + ": holds </script, which would end it";
    }
  } catch (const DataError& error) {
    problem = error.what();
  }
  warn_once(problem, "the report is written without its figures: " + problem);
  return "";
}

/// A SHA-256: shown by its beginning, so that it does not push other columns out of sight.
bool is_digest(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string cell(const std::string& text, const std::string& attribute) {
  if (is_digest(text))
    return fmt::format("<td{} title=\"{}\">{}…</td>", attribute, text, text.substr(0, 12));
  return fmt::format("<td{}>{}</td>", attribute, escape_html(text));
}

/// The class attribute of each column's cells: numbers, and sentences, which need room.
std::vector<std::string> column_attributes(const Table& table) {
  constexpr size_t kSentence = 24;
  std::vector<std::string> attributes;
  for (size_t i = 0; i < table.header().size(); ++i) {
    const bool sentences =
        std::any_of(table.cells().begin(), table.cells().end(), [&](const auto& row) {
          return row[i].size() > kSentence && row[i].find(' ') != std::string::npos;
        });
    const bool number = table.align()[i] == Align::kRight;
    attributes.emplace_back(number ? " class=\"number\"" : sentences ? " class=\"sentences\"" : "");
  }
  return attributes;
}

std::string table_head(const Table& table, const std::vector<std::string>& attributes) {
  std::string row = "<thead><tr>";
  for (size_t i = 0; i < table.header().size(); ++i) {
    row += fmt::format("<th scope=\"col\"{}><button type=\"button\">{}</button></th>",
                       attributes[i], escape_html(table.header()[i]));
  }
  return row + "</tr></thead>\n";
}

}  // namespace

Page::Page(PageOptions options) : options_(std::move(options)) {}

void Page::close_section() {
  if (!headings_.empty()) add("</section>\n");
}

void Page::add_section(const std::string& heading, const std::string& text) {
  close_section();
  headings_.push_back(heading);
  add(fmt::format("<section aria-labelledby=\"s{0}\"><h2 id=\"s{0}\">{1}</h2>\n", headings_.size(),
                  escape_html(heading)));
  if (!text.empty()) add_text(text);
}

void Page::add_text(const std::string& text) { add("<p>" + escape_html(text) + "</p>\n"); }

void Page::add_notice(const std::string& text) {
  add("<p class=\"notice\" role=\"note\">" + escape_html(text) + "</p>\n");
}

void Page::add_facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string list = "<dl>\n";
  for (const auto& [name, value] : facts) {
    list += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape_html(name), escape_html(value));
  }
  add(list + "</dl>\n");
}

void Page::add_table(const std::string& caption, const Table& table) {
  std::string markup = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table>"
      "<caption>{0}</caption>\n",
      escape_html(caption));
  const std::vector<std::string> attributes = column_attributes(table);
  markup += table_head(table, attributes) + "<tbody>\n";
  for (const auto& row : table.cells()) {
    markup += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) markup += cell(row[i], attributes[i]);
    markup += "</tr>\n";
  }
  add(markup + "</tbody></table></div>\n");
}

void Page::add_figures(std::vector<Figure> figures) {
  add("<div class=\"panels\">\n");
  for (Figure& figure : figures) parts_.emplace_back(std::move(figure));
  add("</div>\n");
}

void Page::add_code(const std::string& text) {
  add("<div class=\"code\"><button type=\"button\" class=\"copy\">Copy</button><pre "
      "tabindex=\"0\"><code>" +
      escape_html(text) + "</code></pre></div>\n");
}

std::string Page::head() const {
  const std::string refresh =
      options_.refresh_seconds > 0
          ? fmt::format("<meta http-equiv=\"refresh\" content=\"{}\">\n", options_.refresh_seconds)
          : "";
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n{}<title>{}</title>\n"
      "<style>\n{}</style>\n</head>\n",
      kPolicy, refresh, escape_html(options_.title), kPageStyle);
}

std::string Page::header(bool interactive) const {
  std::string markup = fmt::format(
      "<body>\n<a class=\"skip\" href=\"#content\">Skip to the "
      "content</a>\n<header>\n<h1>{}</h1>\n",
      escape_html(options_.title));
  if (!options_.lead.empty()) markup += "<p>" + escape_html(options_.lead) + "</p>\n";
  markup += "<nav aria-label=\"Sections\"><ul>\n";
  for (size_t i = 0; i < headings_.size(); ++i) {
    markup += fmt::format("<li><a href=\"#s{}\">{}</a></li>\n", i + 1, escape_html(headings_[i]));
  }
  markup += "</ul></nav>\n";
  if (interactive) {
    markup +=
        "<label class=\"switch\"><input type=\"checkbox\" id=\"safe-colours\"> "
        "Colours safe for colour-blind readers, another dash and marker for each line</label>\n";
  }
  return markup + "</header>\n<main id=\"content\" tabindex=\"-1\">\n";
}

void Page::write(const std::filesystem::path& file, const std::filesystem::path& plotly) const {
  const bool figures = std::any_of(parts_.begin(), parts_.end(), [](const Part& part) {
    return std::holds_alternative<Figure>(part);
  });
  const std::string plotly_script = figures ? read_plotly(plotly) : "";
  const bool interactive = !plotly_script.empty();

  AtomicFile out(file);
  out.write(head() + header(interactive));
  if (figures && !interactive) {
    out.write(
        "<p class=\"notice\" role=\"note\">plotly.min.js was missing when this page was written, "
        "so "
        "its figures are left out. Their numbers are in the tables and in the files beside this "
        "page.</p>\n");
  }
  for (const Part& part : parts_) {
    if (const auto* markup = std::get_if<std::string>(&part)) {
      out.write(*markup);
    } else if (interactive) {
      out.write(figure_panel(std::get<Figure>(part)));
    }
  }
  if (!headings_.empty()) out.write("</section>\n");
  out.write(fmt::format("</main>\n<footer>Written by eida {}.</footer>\n", version()));
  if (interactive) out.write("<script>\n" + plotly_script + "\n</script>\n");
  out.write(fmt::format("<script>\n{}</script>\n</body>\n</html>\n", kPageScript));
  out.commit();
}

}  // namespace eida
