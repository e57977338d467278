/// ROUGE-L and CIDEr-D as coco-caption defines them, on text of the PTB tokenizer.
#pragma once

#include <string>
#include <vector>

#include "eida/metrics/bleu_nist.h"

namespace eida {

/// ROUGE-L (beta 1.2) of each item; best precision and best recall may come from different
/// references. \param references,predictions output of ptb_text(). [items]
std::vector<double> rouge_l_items(const References& references,
                                  const std::vector<std::string>& predictions);

/// CIDEr-D of each item; document frequencies come from these references, so values depend on the
/// other items. \param references,predictions output of ptb_text(). [items]
std::vector<double> cider_items(const References& references,
                                const std::vector<std::string>& predictions);

}  // namespace eida
