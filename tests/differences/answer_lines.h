/// The loop of the programs that scripts/check_differences.py asks.
#pragma once

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "eida/core/error.h"

namespace eida::testing {

/// Answers each line of stdin, an array of requests, by an array of what `answer` returns, or
/// {"error"}, on a line.
inline int answer_lines(
    const std::function<nlohmann::json(const nlohmann::json& request)>& answer) {
  spdlog::set_level(spdlog::level::off);  // stdout is for answers
  for (std::string line; std::getline(std::cin, line);) {
    nlohmann::json said = nlohmann::json::array();
    for (const nlohmann::json& request : nlohmann::json::parse(line)) {
      try {
        said.push_back(answer(request));
      } catch (const Error& error) {
        said.push_back({{"error", error.what()}});
      }
    }
    constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
    fmt::print("{}\n", said.dump(-1, ' ', false, kReplace));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace eida::testing
