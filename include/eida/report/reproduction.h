/// What every page says of its run: whether the weights were random, and how it is repeated.
#pragma once

#include <string>

#include "eida/core/manifest.h"
#include "eida/report/page.h"

namespace eida {

/// Warns, in a notice, where the weights are random. \param weights "random, seed 0" or "from file"
/// \param consequence what that means for the page: "the curves say nothing about …"
void add_weights_notice(Page& page, const std::string& weights, const std::string& consequence);

/// Adds the section "How to reproduce": command line, versions, the configuration, files read.
/// \param manifest may still lack its end \param config config.yaml; empty where there is none
void add_reproduction(Page& page, const Manifest& manifest, const std::string& config = "");

}  // namespace eida
