/// BLEU and NIST with the conventions of pymteval and of Perl's mteval-v13a.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "eida/core/choices.h"
#include "eida/metrics/statistics.h"

namespace eida {

/// References of each item: [items][at least one].
using References = std::vector<std::vector<std::string>>;

/// Tokens of a text, lower-cased. pymteval: an empty text is one empty token.
/// Source: mteval-v13a's basic tokenization.
std::vector<std::string> mteval_tokens(std::string_view text, MtevalConvention convention);

/// What e2e-metrics lists for each item: pymteval's scores of the item as a corpus of its own.
struct MtevalItems {
  std::vector<double> bleu, sentence_bleu, nist;
};

struct MtevalScores {
  ItemStatistics bleu;  ///< hits of orders 1..4, lengths of orders 1..4, closest reference length
  ItemStatistics nist;  ///< see src/metrics/bleu_nist.cpp; weights come from all references
  MtevalItems items;    ///< empty unless asked for
};

/// \param references,predictions of equal size; every item has a reference.
MtevalScores mteval_scores(const References& references,
                           const std::vector<std::string>& predictions, MtevalConvention convention,
                           bool per_item = false);

}  // namespace eida
