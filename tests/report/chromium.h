/// Pages in a browser.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "eida/report/page.h"
#include "support/program.h"

namespace eida::testing {

/// Opens a page by scripts/check_report.py; skips without Chromium or Plotly's script.
/// \param panels figures that it must have
inline void expect_sound_in_chromium(const std::filesystem::path& page, int panels) {
  if (find_plotly().empty()) GTEST_SKIP() << "needs plotly.min.js (scripts/setup.sh)";
  const std::string script = EIDA_SOURCE_DIR "/scripts/check_report.py";
  const auto result = run_program(
      page.parent_path(), {"python3", script, "--panels", std::to_string(panels), page.string()});
  if (result.code == 77 || result.code == 127) GTEST_SKIP() << "needs Chromium: " << result.out;
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

}  // namespace eida::testing
