/// What every page says of its run: whether the weights were random, and how it is repeated.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eida/core/manifest.h"
#include "eida/report/page.h"

namespace eida {

/// Warns, in a notice, where the weights are random. \param weights "random, seed 0" or "from file"
/// \param consequence what that means for the page: "the curves say nothing about …"
void add_weights_notice(Page& page, const std::string& weights, const std::string& consequence);

/// Warns, in a notice, where the checkpoint had no head, so that the seed made one.
/// \param weights as above; no notice where all of them are random \param random_tensors names of
/// the tensors that the checkpoint lacked; empty: no notice
/// \param consequence what that means for the page: "the scores are those of chance."
void add_random_head_notice(Page& page, const std::string& weights,
                            const std::vector<std::string>& random_tensors,
                            const std::string& consequence);

/// Says, in a notice, that intervals over one or two repeats tell little.
void add_repeats_notice(Page& page, int64_t repeats);

/// "from file", "random, seed 0", or "from file; random, from the seed: classifier.weight".
std::string weights_text(const std::string& weights,
                         const std::vector<std::string>& random_tensors);

/// Adds the section "How to reproduce": command line, versions, the configuration, files read.
/// \param manifest may still lack its end \param config config.yaml; empty where there is none
void add_reproduction(Page& page, const Manifest& manifest, const std::string& config = "");

}  // namespace eida
