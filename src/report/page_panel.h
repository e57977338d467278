// One figure as a panel of a page.
#pragma once

#include <filesystem>
#include <string>

#include "eida/report/figure.h"

namespace eida {

/// A panel that page.js draws: the figure's data inside a <figure>.
std::string interactive_panel(const Figure& figure);

/// A panel that holds gnuplot's picture, or a line that says it could not be drawn.
/// \param folder where gnuplot may write for a moment
std::string static_panel(const Figure& figure, const std::filesystem::path& folder);

}  // namespace eida
