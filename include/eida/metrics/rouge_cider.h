/// ROUGE-L and CIDEr-D as coco-caption defines them, and the Penn Treebank tokenizer that they and
/// METEOR see their text through.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "eida/metrics/bleu_nist.h"

namespace eida {

/// Tokens as Stanford CoreNLP 3.4.1's PTBTokenizer gives them with -preserveLines -lowerCase: one
/// line, brackets and quotes escaped, lower-cased; characters outside every rule are dropped.
/// Differs from the reference: a letter with a dot at the end of the line keeps its dot; there the
/// first word of the next line decides.
std::vector<std::string> ptb_tokens(std::string_view line);

/// Tokens joined by spaces without the 17 punctuation tokens that coco-caption removes.
std::string ptb_text(std::string_view line);

/// ROUGE-L (beta 1.2) of each item; best precision and best recall may come from different
/// references. \param references,predictions output of ptb_text(). [items]
std::vector<double> rouge_l_items(const References& references,
                                  const std::vector<std::string>& predictions);

/// CIDEr-D of each item; document frequencies come from these references, so values depend on the
/// other items. \param references,predictions output of ptb_text(). [items]
std::vector<double> cider_items(const References& references,
                                const std::vector<std::string>& predictions);

}  // namespace eida
