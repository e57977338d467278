/// Bounds on what a text may grow to.
#pragma once

#include <cstddef>

#include "eida/core/error.h"

namespace eida::text {

constexpr size_t kLongestText = size_t{1} << 30;  ///< bytes

/// \throws DataError when a text, as given or after a replacement, is longer than kLongestText.
inline void check_length(size_t bytes) {
  if (bytes > kLongestText)
    throw DataError("a text of {} bytes is longer than the limit of {}", bytes, kLongestText);
}

}  // namespace eida::text
