/// METEOR's own normalisation of text.
#pragma once

#include <string>
#include <string_view>

namespace eida::meteor {

/// What METEOR 1.5's -norm makes of a line, lower-cased, words joined by one space.
std::string normalize(std::string_view text);

}  // namespace eida::meteor
