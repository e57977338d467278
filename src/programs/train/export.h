// Subcommands of eida-train that hand results to other programs.
#pragma once

#include "eida/config/command_line.h"

namespace eida {

/// eida-train export: a run folder as a PEFT adapter or as a merged Hugging Face model.
int run_export(const ParsedCommand& command);

/// eida-train merge: adapter files added to the weights of a model.
int run_merge(const ParsedCommand& command);

}  // namespace eida
