/// One example of a task, before and after tokenizing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace eida {

enum class TaskKind { kClassification, kCompletion };  ///< predicts a class, or text

/// Text as it stands in the file (no stripping: SST-2's trailing space counts).
struct TextExample {
  std::string first;   ///< sentence, or prompt (E2E: context)
  std::string second;  ///< second sentence of a pair, or completion (E2E: reference); may be empty
  int64_t label = -1;  ///< class index; -1 when the file has none
  bool pair = false;   ///< classification: there are two texts, though one may be empty
};

/// Token ids of one example, special tokens included, no padding.
struct TokenExample {
  std::vector<int32_t> ids;       // [T]
  std::vector<int32_t> type_ids;  // [T]
  int64_t label = -1;             ///< classification: class index
  /// Completion tasks: number of leading context tokens, whose labels are -100. The label of token
  /// i >= context_length is ids[i]: it is predicted from tokens 0..i-1.
  int64_t context_length = 0;
};

}  // namespace eida
