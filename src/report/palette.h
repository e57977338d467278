// Colours of lines.
#pragma once

#include <array>
#include <cstddef>

#include "eida/report/figure.h"

namespace eida {

/// Gives the `index`-th line of a chart its colour (violet, blue, green, orange, red: the order of
/// the EIDA report from the smallest k to the largest) and, from the sixth on, dashes.
inline void style_line(Series& series, size_t index) {
  constexpr std::array kColors = {"#8f2be2", "#1f5fd6", "#2c9a3c", "#f28c13", "#d8232a"};
  series.color = kColors[index % kColors.size()];
  series.dashed = index >= kColors.size();
}

}  // namespace eida
