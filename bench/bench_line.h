/// What the benches that open a model have in common.
#pragma once

#include <c10/core/CachingDeviceAllocator.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "eida/core/system_info.h"
#include "eida/run/open.h"

namespace eida::bench {

/// A flag that takes the names of a choice, for a field of it or an optional one.
template <ChoiceEnum E>
CLI::Option* add_choice(CLI::App& app, const std::string& flag, auto& field,
                        const std::string& help = "") {
  const auto take = [&field](const std::string& name) { field = from_string<E>(name); };
  return app.add_option_function<std::string>(flag, take, help);
}

/// --model, --random-weights, --device, --precision and --threads, with the CPU, float32 and 2
/// threads as defaults.
inline void add_model_options(CLI::App& app, Config& config) {
  config.run.device = "cpu";
  config.run.precision = Precision::kFp32;
  config.run.threads = 2;
  app.add_option("--model", config.model.path)->required();
  app.add_flag_callback(
      "--random-weights", [&] { config.model.init = ModelInit::kRandom; }, "of the model's shape");
  app.add_option("--device", config.run.device, "cpu or cuda");
  add_choice<Precision>(app, "--precision", config.run.precision, "fp32 or bf16");
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
  if (!compute.device.is_cpu()) {  // most that tensors took at once
    auto* gpu = c10::getDeviceAllocator(compute.device.type());
    const auto stats = gpu->getDeviceStats(compute.device.index());
    line["peak_gpu_mib"] = static_cast<double>(stats.allocated_bytes[0].peak) / (1 << 20);
  }
  fmt::print("{}\n", line.dump());
  return 0;
}

}  // namespace eida::bench
