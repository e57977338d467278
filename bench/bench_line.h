/// What the benches that open a model have in common.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "eida/core/system_info.h"
#include "eida/run/open.h"
#include "eida/tensor/device.h"

namespace eida::bench {

/// --model, --random-weights, --device, --precision and --threads, with the CPU, float32 and 2
/// threads as defaults.
inline void add_model_options(CLI::App& app, Config& config) {
  config.run.device = "cpu";
  config.run.precision = "fp32";
  config.run.threads = 2;
  app.add_option("--model", config.model.path)->required();
  app.add_flag("--random-weights{random}", config.model.init, "of the model's shape");
  app.add_option("--device", config.run.device, "cpu or cuda");
  app.add_option("--precision", config.run.precision, "fp32 or bf16");
  app.add_option("--threads", config.run.threads);
}

/// From `start` until now on the monotonic clock, in seconds: what bench/profile_table.py looks at.
inline nlohmann::ordered_json window_since(std::chrono::steady_clock::time_point start) {
  const auto seconds = [](std::chrono::steady_clock::time_point time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
  };
  return {seconds(start), seconds(std::chrono::steady_clock::now())};
}

/// The one JSON line that a race reads, with threads and peak memory. \return exit code 0
inline int print_line(nlohmann::ordered_json line, const ComputeSetting& compute) {
  line["threads"] = compute.threads;
  line["peak_rss_mib"] = peak_memory_mib();
  if (!compute.device.is_cpu()) line["peak_gpu_mib"] = peak_gpu_memory_mib(compute.device);
  fmt::print("{}\n", line.dump());
  return 0;
}

}  // namespace eida::bench
