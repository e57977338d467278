/// Special tokens around one text or a pair.
#pragma once

#include <cstdint>
#include <vector>

#include "component.h"
#include "eida/text/tokenizer.h"
#include "function_ref.h"

namespace eida::text {

/// The order of texts and special tokens.
struct Template {
  struct Part {
    int text = -1;             ///< 0 = first text, 1 = second, -1 = special tokens
    std::vector<int32_t> ids;  ///< the special tokens
    int32_t type_id = 0;
  };
  std::vector<Part> parts;

  int64_t special_tokens() const;
};

struct PostProcessor {
  bool cut_left = false;  ///< truncation keeps the ends of the texts
  Template single{{{0, {}, 0}}};
  Template pair{{{0, {}, 0}, {1, {}, 1}}};
};

/// RobertaProcessing, BertProcessing, TemplateProcessing, ByteLevel (which moves offsets only) and
/// a Sequence of these with one template. \param id_of id of a token, -1 where there is none: for
/// special tokens of a template that come without ids. \throws FormatError
PostProcessor make_post_processor(const Component& component,
                                  FunctionRef<int32_t(std::string_view)> id_of);

/// From the ids of the texts to an Encoding: truncation and template. \param second null for a
/// single text. \throws ConfigError when max_length has no room for the template's special tokens.
Encoding assemble(std::vector<int32_t> first, std::vector<int32_t>* second,
                  const PostProcessor& post_processor, const EncodeOptions& options);

}  // namespace eida::text
