#include "eida/core/manifest.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "eida/core/files.h"

namespace eida {

InputFile describe_input(const std::filesystem::path& path) {
  InputFile input;
  input.sha256 = sha256_file(path);
  input.bytes = std::filesystem::file_size(path);
  input.path = std::filesystem::absolute(path).lexically_normal().string();
  return input;
}

nlohmann::ordered_json Manifest::to_json() const {
  const std::chrono::duration<double> elapsed = std::chrono::system_clock::now() - start;
  nlohmann::ordered_json json = {{"program", program},
                                 {"version", version},
                                 {"git_revision", git_revision},
                                 {"libtorch", libtorch},
                                 {"device", device},
                                 {"precision", precision},
                                 {"seed", seed},
                                 {"threads", threads},
                                 {"processes", processes},
                                 {"command_line", command_line},
                                 {"start", utc_iso(start)},
                                 {"seconds", std::round(elapsed.count() * 1e3) / 1e3},
                                 {"peak_memory_mib", std::round(peak_memory_mib() * 10.0) / 10.0}};
  json["inputs"] = nlohmann::ordered_json::array();
  for (const InputFile& input : inputs) {
    json["inputs"].push_back(
        {{"path", input.path}, {"sha256", input.sha256}, {"bytes", input.bytes}});
  }
  return json;
}

}  // namespace eida
