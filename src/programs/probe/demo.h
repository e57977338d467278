// eida-probe demo: the main job on what comes with the programs.
#pragma once

#include "eida/config/command_line.h"

namespace eida {

/// What the demo runs: generated review sentences, written to the output folder, and MiniLM where
/// it is installed; else pairs of meaning representation and text, and a small GPT-2 with random
/// weights, which is warned of. \throws DataError the configurations are not installed, or the
/// sentences cannot be written
ParsedCommand demo_command(const ParsedCommand& command);

}  // namespace eida
