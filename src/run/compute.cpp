#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <sched.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>

#include "eida/core/error.h"
#include "eida/run/open.h"
#include "eida/tensor/device.h"

namespace eida {
namespace {

/// This process's part of the machine's cores.
int default_threads(const Communicator& processes) {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  if (processes.size() == 1) return cores;
  const int part = std::max(1, cores / processes.size_on_node());
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return part;
  const int bound_to = std::max(1, CPU_COUNT(&allowed));
  if (bound_to < part) {
    spdlog::warn(
        "the launcher bound this process to {} of {} cores; its part would be {} (hint: mpirun "
        "--bind-to none)",
        bound_to, cores, part);
  }
  return std::min(part, bound_to);
}

}  // namespace

ComputeSetting set_up_compute(const RunOptions& run, const Communicator& processes,
                              bool scaled_loss) {
  ComputeSetting compute;
  compute.processes = &processes;
  compute.device = parse_device(run.device);
  if (run.device == "auto" && compute.device.is_cpu() && built_with_cuda())
    spdlog::info("device auto: no GPU was found, the CPU computes");
  const bool chosen = run.device.find(':') != std::string::npos;
  if (compute.device.is_cuda() && processes.size_on_node() > 1 && !chosen)  // a GPU for each
    compute.device =  // those that a launcher lets it see
        parse_device(fmt::format("cuda:{}", processes.index_on_node() % gpu_count()));
  if (run.precision == Precision::kFp16 && !scaled_loss) {
    throw ConfigError(
        "run.precision: fp16 needs a scaled loss, which this program has not (hint: bf16)");
  }
  compute.precision = run.precision == Precision::kAuto && !scaled_loss
                          ? at::kBFloat16
                          : scalar_type(run.precision, compute.device);
  // cuDNN builds a plan for every new shape, and packed batches have a new one each time. TF32
  // stays off, as LibTorch has it: fp32 means float32.
  if (compute.device.is_cuda()) at::globalContext().setSDPUseCuDNN(false);
  compute.threads = run.threads > 0 ? static_cast<int>(run.threads) : default_threads(processes);
  at::set_num_threads(compute.threads);
  return compute;
}

}  // namespace eida
