#include "eida/adapter/adapter_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/tensor/checks.h"
#include "eida/tensor/safetensors.h"
#include "merge_weights.h"
#include "peft_import.h"

namespace eida {
namespace {

constexpr const char* kFormat = "eida-adapter";
constexpr const char* kVersion = "1";

const std::string& required(const std::map<std::string, std::string>& metadata,
                            const std::string& key, const std::filesystem::path& path) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) {
    throw FormatError("{}: no '{}' in its metadata (hint: adapter.safetensors of eida-train)",
                      path.string(), key);
  }
  return found->second;
}

template <typename Number>
Number number(const std::map<std::string, std::string>& metadata, const std::string& key,
              const std::filesystem::path& path) {
  const std::string& text = required(metadata, key, path);
  Number value{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size())
    throw FormatError("{}: {} '{}' is not a number", path.string(), key, text);
  return value;
}

AdapterInfo read_info(const std::map<std::string, std::string>& metadata,
                      const std::filesystem::path& path) {
  const std::string& format = required(metadata, "format", path);
  const std::string& version = required(metadata, "version", path);
  if (format != kFormat || version != kVersion) {
    throw FormatError("{}: format {} {}, wanted {} {}", path.string(), format, version, kFormat,
                      kVersion);
  }
  AdapterInfo info;
  info.method = required(metadata, "method", path);
  const std::set<std::string> methods = {"eida", "lora", "full", "head"};
  if (!methods.contains(info.method))
    throw FormatError("{}: unknown method '{}'", path.string(), info.method);
  info.round = number<int64_t>(metadata, "round", path);
  info.scale = number<double>(metadata, "scale", path);
  info.base = required(metadata, "base", path);
  info.parent = required(metadata, "parent", path);
  return info;
}

/// Names of the factors that belong to the model's places.
std::set<std::string> factor_names(const PretrainedModel& model) {
  std::set<std::string> names;
  for (const Place& space : model.places().inputs()) names.insert(space.name + ".A");
  for (const Place& site : model.places().sites()) {
    for (const char* part : {".B", ".C", ".lora_A", ".lora_B"}) names.insert(site.name + part);
    for (const char* part : {".lora_A", ".lora_B"}) names.insert(site.linear->name() + part);
  }
  return names;
}

/// The output layer that is tied to a table: PEFT saves it with the table, as the same tensor.
bool is_tied_head(const AdapterFile& file, const std::string& name, const PretrainedModel& model) {
  const auto& head = model.config().architecture->vocabulary_head;
  if (!head || head->tied_to.empty() || name != head->name + ".weight") return false;
  const std::string tied_to = head->tied_to + ".weight";
  const at::Tensor* table = file.find(tied_to);
  if (table == nullptr || !table->equal(*file.find(name)))
    throw FormatError("{}: {} differs from {}, to which it is tied", file.path.string(), name,
                      tied_to);
  return true;
}

WeightUpdate update_of(const AdapterFile& file, const PretrainedModel& model, PlaceId site) {
  const AdapterFile::Factors factors = *file.factors(model, site);
  const at::Device device = model.places()[site].linear->weight().device();
  const at::Tensor left = factors.left.to(device), right = factors.right.to(device);
  return file.info.method == "lora" ? lora_update(right, left, file.info.scale)
                                    : eida_update(right, factors.core.to(device), left.t());
}

}  // namespace

std::string base_fingerprint(const std::filesystem::path& dir, bool random_init, uint64_t seed) {
  if (random_init) return fmt::format("random:{}:{}", seed, sha256_file(dir / "config.json"));
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::string hashes;
  for (const auto& file : files) hashes += sha256_file(file);
  return files.size() == 1 ? hashes : sha256(hashes);
}

void write_adapter_file(const std::filesystem::path& path, const Method& method,
                        const std::vector<NamedTensor>& trained, const AdapterInfo& info) {
  std::vector<NamedTensor> tensors = method.frozen();
  const auto add = [&](const std::vector<NamedTensor>& more) {
    for (const auto& [name, tensor] : more) tensors.push_back({name, tensor.detach()});
  };
  add(method.trainable());
  add(trained);
  write_safetensors(path, std::move(tensors),
                    {{"format", kFormat},
                     {"version", kVersion},
                     {"method", info.method},
                     {"round", fmt::format("{}", info.round)},
                     {"scale", fmt::format("{}", info.scale)},
                     {"base", info.base},
                     {"parent", info.parent}});
}

AdapterFile::AdapterFile(std::filesystem::path file) : path(std::move(file)) {
  if (std::filesystem::is_directory(path)) {
    tensors = read_peft_adapter(path);
    path /= "adapter_model.safetensors";
    info.method = "lora";
    return;
  }
  const SafetensorsFile content(path);
  info = read_info(content.metadata(), path);
  for (const auto& entry : content.entries()) {
    if (entry.dtype != "F32")
      throw FormatError("{}: tensor '{}' is {}, wanted F32", path.string(), entry.name,
                        entry.dtype);
    const at::Tensor tensor = content.tensor(entry).clone();
    if (!tensor.isfinite().all().item<bool>())
      throw FormatError("{}: tensor '{}' is not finite", path.string(), entry.name);
    tensors.emplace(entry.name, tensor);
  }
}

const at::Tensor* AdapterFile::find(const std::string& name) const {
  const auto found = tensors.find(name);
  return found == tensors.end() ? nullptr : &found->second;
}

int64_t AdapterFile::head_classes(const ModelConfig& config) const {
  if (!config.architecture->class_head) return 0;
  const at::Tensor* head = find(config.architecture->class_head->output.name + ".weight");
  return head != nullptr && head->dim() > 0 ? head->size(0) : 0;  // else merging says what is wrong
}

std::optional<AdapterFile::Factors> AdapterFile::factors(const PretrainedModel& model,
                                                         PlaceId id) const {
  const Place& site = model.places()[id];
  const Place& space = model.places()[site.input];
  const bool lora = info.method == "lora";
  // PEFT adapts the whole of c_attn: a slice has its rows of the layer's lora_B.
  const bool whole = lora && find(site.name + ".lora_B") == nullptr;
  const std::string& owner = whole ? site.linear->name() : site.name;
  const at::Tensor* right = find(lora ? owner + ".lora_A" : space.name + ".A");
  const at::Tensor* core = lora ? nullptr : find(site.name + ".B");
  const at::Tensor* left = find(owner + (lora ? ".lora_B" : ".C"));
  if (left == nullptr && (lora ? right : core) == nullptr) return std::nullopt;
  const auto wrong = [&](const std::string& what) {
    throw FormatError("{}: {} of {} {}", path.string(), info.method, site.name, what);
  };
  if (left == nullptr || right == nullptr || (!lora && core == nullptr)) wrong("lacks a factor");
  for (const at::Tensor* factor : {left, core, right}) {
    if (factor != nullptr && factor->dim() != 2)
      wrong(fmt::format("has a factor of shape {}", shape_text(factor->sizes())));
  }
  if (whole && left->size(0) != site.linear->out_features())
    wrong(fmt::format("has lora_B {}, the layer has {} outputs", shape_text(left->sizes()),
                      site.linear->out_features()));
  const at::Tensor rows = whole ? left->narrow(0, site.out_begin, site.dim) : *left;
  Factors factors{lora ? rows : left->t(), lora ? at::Tensor() : *core, *right};
  const int64_t inner = factors.left.size(1);
  const bool fits =
      factors.left.size(0) == site.dim && factors.right.size(1) == space.dim &&
      (lora ? factors.right.size(0) == inner
            : factors.core.size(0) == inner && factors.core.size(1) == factors.right.size(0));
  if (!fits) {
    wrong(fmt::format("has factors of shapes {} and {}, the weight is [{}, {}]",
                      shape_text(left->sizes()), shape_text(right->sizes()), site.dim, space.dim));
  }
  return factors;
}

std::vector<PlaceId> AdapterFile::sites(const PretrainedModel& model) const {
  std::vector<PlaceId> adapted;
  for (const Place& site : model.places().sites()) {
    const PlaceId id = model.places().id_of(site);
    if (factors(model, id)) adapted.push_back(id);
  }
  return adapted;
}

at::Tensor AdapterFile::update(const PretrainedModel& model, PlaceId site) const {
  return update_of(*this, model, site).dense();
}

std::vector<NamedTensor> AdapterFile::replaced(const PretrainedModel& model) const {
  const std::set<std::string> factors = factor_names(model);
  std::map<std::string, at::Tensor> parameters;
  for (const auto& [name, tensor] : model.parameters()) parameters.emplace(name, tensor);
  std::vector<NamedTensor> others;
  for (const auto& [name, tensor] : tensors) {
    if (factors.contains(name) || is_tied_head(*this, name, model)) continue;
    const auto found = parameters.find(name);
    if (found == parameters.end() || found->second.sizes() != tensor.sizes()) {
      throw FormatError(
          "{}: tensor '{}' {} fits nothing in the model (hint: --model must be the base "
          "it was trained on)",
          path.string(), name, shape_text(tensor.sizes()));
    }
    others.push_back({name, tensor});
  }
  return others;
}

void merge_adapter_files(PretrainedModel& model, const std::vector<std::filesystem::path>& files,
                         const std::string& base) {
  std::string previous;
  for (const auto& path : files) {
    const AdapterFile file(path);
    if (!base.empty() && !file.info.base.empty() && file.info.base != base) {
      throw FormatError(
          "{}: made for another base model (hint: --model must be the folder that "
          "training started from)",
          path.string());
    }
    if (file.info.parent != previous) {
      throw FormatError(
          "{}: applies on {}, not on {} (hint: give the files of all rounds in order; a lora file "
          "stands alone)",
          path.string(), file.info.parent.empty() ? "the base itself" : "the round before it",
          previous.empty() ? "the base itself" : "the file before it");
    }
    std::vector<std::string> seeded = model.seeded();  // but for what the file brings
    for (const auto& [name, tensor] : file.replaced(model)) {
      std::erase(seeded, name);
      for (const auto& parameter : model.parameters()) {
        if (parameter.name == name) replace_values(parameter.tensor, tensor);
      }
    }
    model.set_seeded(std::move(seeded));
    add_updates(model, file.sites(model),
                [&](PlaceId site) { return update_of(file, model, site); });
    previous = sha256_file(file.path);
  }
}

}  // namespace eida
