// Where Plotly's script is.
#include "eida/core/installation.h"
#include "eida/report/page.h"

namespace eida {

std::filesystem::path find_plotly() {
  return find_installed("plotly.min.js", "plotly/package_data/plotly.min.js");
}

}  // namespace eida
