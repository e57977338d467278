/// Where and how a run computes: threads, device, precision.
#pragma once

#include <ATen/core/Tensor.h>

#include "eida/config/config.h"
#include "eida/parallel/communicator.h"

namespace eida {

/// Where and how a run computes.
struct ComputeSetting {
  at::Device device = at::kCPU;
  at::ScalarType precision = at::kFloat;  ///< of activations
  int threads = 1;
  const Communicator* processes = &Communicator::single();
};

/// Resolves device, precision and threads, and sets the number of threads: by default all cores,
/// shared with the processes on the same machine. \param scaled_loss the
/// program scales its loss; without it float16 is an error and `auto` is bfloat16 on every device.
/// \throws ConfigError
ComputeSetting set_up_compute(const RunOptions& run,
                              const Communicator& processes = Communicator::single(),
                              bool scaled_loss = false);

}  // namespace eida
