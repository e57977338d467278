// What eida-eval can do with a model and data. Of several processes each computes a part of the
// examples; the outcome is the first one's, the others' are empty.
#pragma once

#include "inputs.h"
#include "outcome.h"

namespace eida {

/// Classes of every example; with labels also accuracy, F1 and Matthews correlation.
/// \throws DataError an example without a token; NumericError a logit is not finite
EvalOutcome evaluate_classes(const Config& config, const EvalInputs& inputs);

/// Teacher-forced loss of every completion, mean per token, perplexity.
/// \throws DataError no completions; NumericError a loss is not finite
EvalOutcome evaluate_losses(const Config& config, const EvalInputs& inputs);

/// A text for every distinct prompt; with references also the text scores. Rows of equal prompt
/// are references of one item, in the order of their first row.
/// docs/method.md, "Rows". Source: LoRA's examples/NLG/README.md.
EvalOutcome evaluate_texts(const Config& config, const EvalInputs& inputs);

}  // namespace eida
