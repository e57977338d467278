// What eida-eval can do. With a model and data, each process computes a part of the examples; only
// the first one has the outcome, that of the others is empty.
#pragma once

#include "eida/config/command_line.h"
#include "inputs.h"
#include "outcome.h"

namespace eida {

/// Classes of every example; with labels also accuracy, F1 and Matthews correlation.
/// \throws DataError an example without a token; NumericError a logit is not finite
EvalOutcome evaluate_classes(const Config& config, const OpenedInputs& inputs);

/// Teacher-forced loss of every completion, mean per token, perplexity.
/// \throws DataError no completions; NumericError a loss is not finite
EvalOutcome evaluate_losses(const Config& config, const OpenedInputs& inputs);

/// A text for every distinct prompt; with references also the text scores. Rows of equal prompt
/// are references of one item, in the order of their first row.
/// docs/method.md, "Rows". Source: LoRA's examples/NLG/README.md.
EvalOutcome evaluate_texts(const Config& config, const OpenedInputs& inputs);

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
