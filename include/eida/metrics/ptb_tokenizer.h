/// The Penn Treebank tokenizer that METEOR, ROUGE-L and CIDEr see their text through.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eida {

/// Tokens as Stanford CoreNLP 3.4.1's PTBTokenizer gives them with -preserveLines -lowerCase: one
/// line, brackets and quotes escaped, lower-cased. URLs, e-mail addresses and markup are not
/// recognised; characters outside every rule are dropped, as there.
/// Differs from the reference: a letter with a dot at the end of the line keeps its dot; there the
/// first word of the next line decides.
std::vector<std::string> ptb_tokens(std::string_view line);

/// Tokens joined by spaces without the 17 punctuation tokens that coco-caption removes.
std::string ptb_text(std::string_view line);

}  // namespace eida
