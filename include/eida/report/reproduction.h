/// How a run is repeated: the same section on every page.
#pragma once

#include <string>

#include "eida/core/manifest.h"
#include "eida/report/page.h"

namespace eida {

/// Adds the section "How to reproduce": command line, versions, the configuration, files read.
/// \param manifest may still lack its end \param config config.yaml; empty where there is none
void add_reproduction(Page& page, const Manifest& manifest, const std::string& config = "");

}  // namespace eida
