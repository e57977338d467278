#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "eida/core/error.h"
#include "eida/core/json.h"
#include "load_parameters.h"

namespace eida {
namespace {

constexpr size_t kMaxShards = 10000;

[[noreturn]] void throw_no_weights(const std::filesystem::path& dir) {
  refuse_gguf(dir);
  const bool pickled = std::filesystem::exists(dir / "pytorch_model.bin") ||
                       std::filesystem::exists(dir / "pytorch_model.bin.index.json");
  throw FormatError("{}: neither model.safetensors nor model.safetensors.index.json{}",
                    dir.string(),
                    pickled ? " (hint: pytorch_model.bin is not read; open the folder in "
                              "transformers and save_pretrained() it)"
                            : "");
}

/// Names of the shards and, for each tensor, its shard.
nlohmann::json read_weight_map(const std::filesystem::path& index) {
  JsonOptions options;
  options.code = ExitCode::kFormat;
  nlohmann::json json = read_json(index, options);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object() ||
      json["weight_map"].empty()) {
    throw FormatError("{}: weight_map is missing or empty", index.string());
  }
  for (const auto& [tensor, shard] : json["weight_map"].items()) {
    const bool plain =
        shard.is_string() && !shard.get_ref<const std::string&>().empty() &&
        shard.get_ref<const std::string&>().find_first_of("/\\") == std::string::npos &&
        shard.get_ref<const std::string&>() != "." && shard.get_ref<const std::string&>() != "..";
    if (!plain) {
      throw FormatError("{}: weight_map: '{}': {} is not the name of a file in this folder",
                        index.string(), tensor, shard.dump());
    }
  }
  return json["weight_map"];
}

}  // namespace

Checkpoint::Checkpoint(const std::filesystem::path& dir) : path_(dir / "model.safetensors") {
  if (std::filesystem::exists(path_)) {
    files_.emplace_back(path_);
  } else {
    path_ = dir / "model.safetensors.index.json";
    if (!std::filesystem::exists(path_)) throw_no_weights(dir);
    open_shards();
  }
  std::set<std::string> names;
  for (const SafetensorsFile& file : files_) {
    for (const SafetensorsEntry& entry : file.entries()) {
      if (!names.insert(entry.name).second) {
        throw FormatError("{}: tensor '{}' is in more than one shard", path_.string(), entry.name);
      }
      tensors_.push_back({&file, &entry});
    }
  }
}

void Checkpoint::open_shards() {
  const nlohmann::json weight_map = read_weight_map(path_);
  std::map<std::string, std::vector<std::string>> tensors_of;
  for (const auto& [tensor, shard] : weight_map.items())
    tensors_of[shard.get<std::string>()].push_back(tensor);
  if (tensors_of.size() > kMaxShards)
    throw FormatError("{}: {} shards", path_.string(), tensors_of.size());
  files_.reserve(tensors_of.size());
  for (const auto& [shard, tensors] : tensors_of) {
    const std::filesystem::path file = path_.parent_path() / shard;
    std::error_code no_name;  // of a file: too long
    if (!std::filesystem::exists(file, no_name))
      throw FormatError("{}: shard {} is missing", path_.string(), shard);
    files_.emplace_back(file);
    for (const auto& tensor : tensors) {
      if (files_.back().find(tensor) == nullptr) {
        throw FormatError("{}: tensor '{}' is not in {}", path_.string(), tensor, shard);
      }
    }
  }
}

}  // namespace eida
