// The bias of scores by the distance of query and key.
#pragma once

#include <ATen/core/Tensor.h>

#include "eida/model/architecture.h"

namespace eida {

/// Rows of the table for all pairs of `length` tokens, on the CPU. // [T, T] int64
at::Tensor relative_buckets(int64_t length, const RelativeBiasSpec& spec);

}  // namespace eida
