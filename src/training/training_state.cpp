#include "eida/training/training_state.h"

#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "eida/core/error.h"
#include "eida/core/json.h"
#include "eida/tensor/safetensors.h"

namespace eida {
namespace {

constexpr const char* kFormat = "eida-training-state-4";

/// Doubles as text that reads back to the same bits.
std::string exact(double value) { return fmt::format("{:a}", value); }

nlohmann::json header_of(const SafetensorsFile& file, const std::filesystem::path& path) {
  const auto found = file.metadata().find("state");
  if (found == file.metadata().end())
    throw FormatError("{}: not a training state (hint: --overwrite starts afresh)", path.string());
  JsonOptions options;
  options.code = ExitCode::kFormat;
  nlohmann::json header = parse_json(found->second, path.string(), options);
  if (!header.is_object() || header.value("format", nlohmann::json()) != kFormat) {
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

at::Tensor tensor_of(const SafetensorsFile& file, const std::string& name,
                     const std::filesystem::path& path) {
  const SafetensorsEntry* entry = file.find(name);
  if (entry == nullptr) throw FormatError("{}: no tensor '{}'", path.string(), name);
  return file.tensor(*entry).clone();
}

void restore(const SafetensorsFile& file, const std::string& name, const at::Tensor& buffer,
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

void write_training_state(const std::filesystem::path& file, const RunPosition& position,
                          const PlaceBases& bases, const FlatParameters& parameters,
                          const AdamW& optimizer, const GradScaler& scaler) {
  const nlohmann::ordered_json header = {{"format", kFormat},
                                         {"round", position.round},
                                         {"step", position.step},
                                         {"metrics_bytes", position.metrics_bytes},
                                         {"loss_sum", exact(position.loss_sum)},
                                         {"losses", position.losses},
                                         {"logged_loss", exact(position.logged_loss)},
                                         {"logged_losses", position.logged_losses},
                                         {"seconds", exact(position.seconds)},
                                         {"inputs", position.inputs},
                                         {"rank_plan", position.rank_plan},
                                         {"subspaces", position.subspaces},
                                         {"history", position.history},
                                         {"bases", bases.size()},
                                         {"optimizer_steps", optimizer.steps()},
                                         {"scale", exact(scaler.scale())},
                                         {"good_steps", scaler.good_steps()}};
  std::vector<NamedTensor> tensors = {{"values", parameters.values()},
                                      {"first_moments", optimizer.first()},
                                      {"second_moments", optimizer.second()}};
  for (PlaceId place = 0; place < bases.size(); ++place) {
    if (bases[place].defined()) tensors.push_back({fmt::format("basis.{}", place), bases[place]});
  }
  write_safetensors(file, std::move(tensors), {{"state", header.dump()}});
}

TrainingState read_training_state(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  const nlohmann::json header = header_of(file, path);
  TrainingState state;
  try {
    RunPosition& position = state.position;
    position.round = header.at("round").get<int64_t>();
    position.step = header.at("step").get<int64_t>();
    position.metrics_bytes = header.at("metrics_bytes").get<int64_t>();
    if (position.round < 1 || position.step < 0 || position.metrics_bytes < 0) {
      throw FormatError("{}: round {}, step {} (hint: --overwrite starts afresh)", path.string(),
                        position.round, position.step);
    }
    position.loss_sum = number(header, "loss_sum");
    position.losses = header.at("losses").get<int64_t>();
    position.logged_loss = number(header, "logged_loss");
    position.logged_losses = header.at("logged_losses").get<int64_t>();
    position.seconds = number(header, "seconds");
    position.inputs = header.at("inputs").get<std::string>();
    position.rank_plan = header.at("rank_plan").get<std::string>();
    position.subspaces = header.at("subspaces").get<std::string>();
    position.history = header.at("history").get<std::string>();
    state.bases = PlaceBases(std::min<size_t>(header.at("bases").get<size_t>(), 1'000'000));
    for (PlaceId place = 0; place < state.bases.size(); ++place) {
      const std::string name = fmt::format("basis.{}", place);
      if (file.find(name) != nullptr) state.bases[place] = tensor_of(file, name, path);
    }
  } catch (const nlohmann::json::exception& fault) {
    fail_for(path, fault);
  }
  return state;
}

void restore_training_state(const std::filesystem::path& path, const FlatParameters& parameters,
                            AdamW& optimizer, GradScaler& scaler) {
  const c10::AutoGradMode without_gradients(false);
  const SafetensorsFile file(path);
  const nlohmann::json header = header_of(file, path);
  restore(file, "values", parameters.values(), path);
  restore(file, "first_moments", optimizer.first(), path);
  restore(file, "second_moments", optimizer.second(), path);
  try {
    optimizer.set_steps(header.at("optimizer_steps").get<int64_t>());
    scaler.restore(number(header, "scale"), header.at("good_steps").get<int64_t>());
  } catch (const nlohmann::json::exception& fault) {
    fail_for(path, fault);
  }
}

}  // namespace eida
