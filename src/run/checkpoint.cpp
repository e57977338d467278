#include "eida/run/checkpoint.h"

#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "eida/core/error.h"
#include "eida/core/json.h"
#include "eida/tensor/safetensors.h"

namespace eida {
namespace {

constexpr const char* kFormat = "eida-training-state-7";

/// Doubles as text that reads back to the same bits.
std::string exact(double value) { return fmt::format("{:a}", value); }

nlohmann::json header_of(const SafetensorsFile& file, const std::filesystem::path& path) {
  const auto found = file.metadata().find("state");
  if (found == file.metadata().end())
    throw FormatError("{}: not a training state (hint: --overwrite starts afresh)", path.string());
  JsonOptions options;
  options.code = ExitCode::kFormat;
  nlohmann::json header = parse_json(found->second, path.string(), options);
  if (!header.is_object() || header.value("format", nlohmann::json()) != kFormat ||
      !file.metadata().contains(kSelfHash)) {
    throw FormatError("{}: written by another version (hint: --overwrite starts afresh)",
                      path.string());
  }
  return header;
}

[[noreturn]] void fail_for(const std::filesystem::path& path,
                           const nlohmann::json::exception& fault) {
  throw FormatError("{}: {} (hint: --overwrite starts afresh)", path.string(), fault.what());
}

double number(const nlohmann::json& header, const char* key) {
  return std::strtod(header.at(key).get<std::string>().c_str(), nullptr);
}

nlohmann::ordered_json to_json(const LossMean& loss) {
  return {{"sum", exact(loss.sum)}, {"count", loss.count}};
}

LossMean read_loss(const nlohmann::json& json) {
  return {number(json, "sum"), json.at("count").get<int64_t>()};
}

at::Tensor tensor_of(const SafetensorsFile& file, const std::string& name,
                     const std::filesystem::path& path) {
  const SafetensorsEntry* entry = file.find(name);
  if (entry == nullptr) throw FormatError("{}: no tensor '{}'", path.string(), name);
  return file.tensor(*entry).clone();
}

void restore_tensor(const SafetensorsFile& file, const std::string& name, const at::Tensor& buffer,
                    const std::filesystem::path& path) {
  const at::Tensor values = tensor_of(file, name, path);
  if (values.sizes() != buffer.sizes()) {
    throw FormatError(
        "{}: '{}' has {} entries, this run trains {} (hint: the same configuration, or "
        "--overwrite)",
        path.string(), name, values.numel(), buffer.numel());
  }
  buffer.copy_(values);
}

}  // namespace

void write_checkpoint(const std::filesystem::path& file, const TrainingCheckpoint& at,
                      const Training& training) {
  nlohmann::ordered_json header = {{"format", kFormat},
                                   {"round", at.round},
                                   {"step", at.step},
                                   {"loss", to_json(at.loss)},
                                   {"logged", to_json(at.logged)},
                                   {"metrics_bytes", at.metrics_bytes},
                                   {"seconds", exact(at.seconds)},
                                   {"inputs", at.inputs},
                                   {"files", at.files},
                                   {"rounds", nlohmann::ordered_json::array()},
                                   {"bases", at.bases.size()},
                                   {"optimizer_steps", training.optimizer().steps()},
                                   {"scale", exact(training.scaler().scale())},
                                   {"good_steps", training.scaler().good_steps()}};
  for (const RoundRecord& round : at.rounds) header["rounds"].push_back(to_json(round));
  std::vector<NamedTensor> tensors = {{"values", training.parameters().values()},
                                      {"first_moments", training.optimizer().first()},
                                      {"second_moments", training.optimizer().second()}};
  for (PlaceId place = 0; place < at.bases.size(); ++place) {
    if (at.bases[place].defined())
      tensors.push_back({fmt::format("basis.{}", place), at.bases[place]});
  }
  write_safetensors(file, std::move(tensors), {{"state", header.dump()}, {kSelfHash, ""}});
}

TrainingCheckpoint read_checkpoint(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  const nlohmann::json header = header_of(file, path);
  file.check_self_hash();
  TrainingCheckpoint at;
  try {
    at.round = header.at("round").get<int64_t>();
    at.step = header.at("step").get<int64_t>();
    at.metrics_bytes = header.at("metrics_bytes").get<int64_t>();
    if (at.round < 1 || at.step < 0 || at.metrics_bytes < 0) {
      throw FormatError("{}: round {}, step {} (hint: --overwrite starts afresh)", path.string(),
                        at.round, at.step);
    }
    at.loss = read_loss(header.at("loss"));
    at.logged = read_loss(header.at("logged"));
    at.seconds = number(header, "seconds");
    for (const LossMean& loss : {at.loss, at.logged}) {
      if (!std::isfinite(loss.sum) || loss.count < 0 || loss.count > at.step) {
        throw FormatError("{}: {} losses that sum to {} (hint: --overwrite starts afresh)",
                          path.string(), loss.count, loss.sum);
      }
    }
    at.files = header.at("files").get<std::map<std::string, std::string>>();
    at.inputs = header.at("inputs").get<std::vector<std::string>>();
    at.rounds = read_rounds(header.at("rounds"));
    at.bases = PlaceBases(std::min<size_t>(header.at("bases").get<size_t>(), 1'000'000));
    for (PlaceId place = 0; place < at.bases.size(); ++place) {
      const std::string name = fmt::format("basis.{}", place);
      if (file.find(name) != nullptr) at.bases[place] = tensor_of(file, name, path);
    }
  } catch (const nlohmann::json::exception& fault) {
    fail_for(path, fault);
  }
  return at;
}

void restore(const std::filesystem::path& path, Training& training) {
  const c10::AutoGradMode without_gradients(false);
  const SafetensorsFile file(path);
  const nlohmann::json header = header_of(file, path);
  restore_tensor(file, "values", training.parameters().values(), path);
  restore_tensor(file, "first_moments", training.optimizer().first(), path);
  restore_tensor(file, "second_moments", training.optimizer().second(), path);
  try {
    const auto steps = header.at("optimizer_steps").get<int64_t>();
    const auto good_steps = header.at("good_steps").get<int64_t>();
    const double scale = number(header, "scale");
    if (steps < 0 || good_steps < 0 || !std::isfinite(scale) || scale <= 0.0) {
      throw FormatError(
          "{}: {} optimiser steps, {} of them at loss scale {} (hint: --overwrite "
          "starts afresh)",
          path.string(), steps, good_steps, scale);
    }
    training.optimizer().set_steps(steps);
    training.scaler().restore(scale, good_steps);
  } catch (const nlohmann::json::exception& fault) {
    fail_for(path, fault);
  }
}

}  // namespace eida
