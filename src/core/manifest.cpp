#include "eida/core/manifest.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>

#include "eida/core/error.h"
#include "eida/core/files.h"

namespace eida {

namespace {

[[noreturn]] void throw_changed(const std::filesystem::path& path) {
  throw DataError(
      "{}: changed while the run was reading it (hint: put it back and --resume, or --overwrite)",
      path.string());
}

nlohmann::ordered_json to_json_list(const std::vector<InputFile>& files) {
  auto json = nlohmann::ordered_json::array();
  for (const InputFile& file : files)
    json.push_back({{"path", file.path}, {"sha256", file.sha256}, {"bytes", file.bytes}});
  return json;
}

}  // namespace

InputFile describe_input(const std::filesystem::path& path,
                         std::optional<std::filesystem::file_time_type> opened) {
  InputFile input;
  std::error_code missing;  // sha256_file() says what is wrong
  input.modified = std::filesystem::last_write_time(path, missing);
  input.sha256 = sha256_file(path);
  if (opened && *opened != input.modified) throw_changed(path);
  input.bytes = std::filesystem::file_size(path);
  input.path = std::filesystem::absolute(path).lexically_normal().string();
  return input;
}

void Manifest::check_inputs() {
  for (InputFile& input : inputs) {
    std::error_code missing;
    if (!input.watched) continue;
    if (std::filesystem::last_write_time(input.path, missing) == input.modified &&
        std::filesystem::file_size(input.path, missing) == input.bytes)
      continue;
    const InputFile now = describe_input(input.path);
    if (now.sha256 != input.sha256) throw_changed(input.path);
    input.modified = now.modified;
  }
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
  json["inputs"] = to_json_list(inputs);
  json["outputs"] = to_json_list(outputs);
  return json;
}

}  // namespace eida
