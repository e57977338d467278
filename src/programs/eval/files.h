// Subcommands of eida-eval that open no model, and its tokenizer.
#pragma once

#include "eida/config/command_line.h"

namespace eida {

/// eida-eval score: the text scores of a file of predictions. \return exit code 0.
/// \throws DataError a file that cannot be read, or counts that differ
int run_score(const ParsedCommand& command);

/// eida-eval compare: paired bootstrap and approximate randomisation for every text score, or
/// for accuracy, with McNemar's test. \return exit code 0. \throws ConfigError, DataError
int run_system_comparison(const ParsedCommand& command);

/// eida-eval tokenize: each line of a file or of stdin as the JSON array of its ids, or the other
/// way. Memory does not grow with the input. \return exit code 0.
/// \throws DataError a line that is no pair or no array; FormatError the tokenizer
int run_tokenize(const ParsedCommand& command);

}  // namespace eida
