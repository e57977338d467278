/// The Penn Treebank tokenizer that METEOR, ROUGE-L and CIDEr see their text through.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eida {

/// Tokens as Stanford CoreNLP 3.4.1's PTBTokenizer gives them with -preserveLines -lowerCase: one
/// line, brackets and quotes escaped, lower-cased. URLs, e-mail addresses, emoticons and markup are
/// not recognised; characters outside every rule are dropped, as there.
std::vector<std::string> ptb_tokens(std::string_view line);

/// Tokens joined by spaces without the 17 punctuation tokens that coco-caption removes.
std::string ptb_text(std::string_view line);

}  // namespace eida
