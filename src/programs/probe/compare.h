// eida-probe compare: curves of several runs side by side.
#pragma once

#include "eida/config/command_line.h"
#include "eida/parallel/communicator.h"

namespace eida {

/// Reads curves.csv (and subspaces.safetensors, where saved) of each run; prints a table of mean
/// fidelities at the largest common k with the distance of the subspaces. Into --output, if given:
/// comparison.csv, angles.csv, report.html and figures of the overlaid curves, and what every run
/// folder has.
/// \return exit code 0. \throws DataError, FormatError
int run_compare(const ParsedCommand& command, const Communicator& processes);

}  // namespace eida
