// Keys of config.json that change no logit and no gradient.
#pragma once

#include <string_view>

namespace eida {

/// True for keys that transformers writes and that say nothing about the computation: labels,
/// provenance, generation defaults, outputs to return.
bool is_harmless_config_key(std::string_view key);

}  // namespace eida
