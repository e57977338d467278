#include "eida/adapter/adapter_file.h"

#include <fmt/ranges.h>

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
constexpr const char *kVersion = "2", *kVersionWithoutHash = "1";

/// What a file says of itself.
class Metadata {
 public:
  Metadata(const std::map<std::string, std::string>& values, const std::filesystem::path& path)
      : values_(values), path_(path.string()) {
    const std::string &format = text("format"), &version = text("version");
    if (format == kFormat && version == kVersionWithoutHash) return;
    if (format == kFormat && version == kVersion && !text(kSelfHash).empty()) return;
    throw FormatError("{}: format {} {}, wanted {} {}", path_, format, version, kFormat, kVersion);
  }

  const std::string& text(const std::string& key) const {
    const auto found = values_.find(key);
    if (found != values_.end()) return found->second;
    throw FormatError("{}: no '{}' in its metadata (hint: adapter.safetensors of eida-train)",
                      path_, key);
  }

  template <typename Number>
  Number number(const std::string& key) const {
    const std::string& digits = text(key);
    Number value{};
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (fault == std::errc() && end == digits.data() + digits.size()) return value;
    throw FormatError("{}: {} '{}' is not a number", path_, key, digits);
  }

  std::shared_ptr<const Method> method() const {
    try {
      return make_method(text("method"));
    } catch (const ConfigError& fault) {
      throw FormatError("{}: unknown method: {}", path_, fault.what());
    }
  }

 private:
  const std::map<std::string, std::string>& values_;
  const std::string path_;
};

/// Names of tensors that belong to the method's adapters on the model.
std::set<std::string> factor_names(const Method& method, const Places& places) {
  std::set<std::string> names;
  for (const Place& place : places) {
    for (const std::string& suffix : method.suffixes()) {
      names.insert(place.name + "." + suffix);
      if (place.is_site()) names.insert(place.linear->name() + "." + suffix);
    }
  }
  return names;
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
                     {"method", method.name()},
                     {"round", fmt::format("{}", info.round)},
                     {"scale", fmt::format("{}", method.scale())},
                     {"base", info.base},
                     {"parent", info.parent},
                     {kSelfHash, ""}});
}

AdapterFile::AdapterFile(std::filesystem::path file) : path(std::move(file)) {
  if (std::filesystem::is_directory(path)) {
    folder_ = path;
    tensors = read_peft_tensors(folder_);
    path /= "adapter_model.safetensors";
    source = path.string();
    method = make_method(MethodKind::lora);
    return;
  }
  source = path.string();
  const SafetensorsFile content(path);
  content.check_self_hash();
  const Metadata metadata(content.metadata(), path);
  method = metadata.method();
  scale = metadata.number<double>("scale");
  info = {metadata.number<int64_t>("round"), metadata.text("base"), metadata.text("parent")};
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

void AdapterFile::fit(const PretrainedModel& model) {
  if (folder_.empty()) return;
  PeftAdapter fitted = fit_peft_adapter(folder_, tensors, model);
  tensors = std::move(fitted.tensors);
  method = make_method(fitted.method);
}

int64_t AdapterFile::head_classes(const ModelConfig& config) const {
  if (!config.architecture->class_head) return 0;
  const at::Tensor* head = find(config.architecture->class_head->output.name + ".weight");
  return head != nullptr && head->dim() > 0 ? head->size(0) : 0;  // else merging says what is wrong
}

bool AdapterFile::brings_head(const ModelConfig& config) const {
  const auto& head = config.architecture->vocabulary_head;
  if (!head || head->tied_to.empty() || folder_.empty()) return head_classes(config) > 0;
  const at::Tensor *output = find(head->name + ".weight"), *table = find(head->tied_to + ".weight");
  const bool same = output != nullptr && table != nullptr && output->equal(*table);
  return !same && (output != nullptr || table != nullptr);
}

std::vector<PlaceId> AdapterFile::sites(const PretrainedModel& model) const {
  return adapted_sites(*method, *this, model.places());
}

std::vector<NamedTensor> AdapterFile::replaced(const PretrainedModel& model) const {
  const std::set<std::string> factors = factor_names(*method, model.places());
  const auto parameters = parameters_by_name(model);
  std::vector<NamedTensor> others;
  bool adapts = method->suffixes().empty();
  for (const auto& [name, tensor] : tensors) adapts = adapts || factors.contains(name);
  const std::string hint = adapts
                               ? "--model must be the base it was trained on"
                               : fmt::format("the file says method {}, whose tensors end in {}",
                                             method->name(), fmt::join(method->suffixes(), ", "));
  for (const auto& [name, tensor] : tensors) {
    if (factors.contains(name)) continue;
    const auto found = parameters.find(name);
    if (found == parameters.end() || found->second.sizes() != tensor.sizes()) {
      throw FormatError("{}: tensor '{}' {} fits nothing in the model (hint: {})", path.string(),
                        name, shape_text(tensor.sizes()), hint);
    }
    others.push_back({name, tensor});
  }
  return others;
}

void merge_adapter_files(PretrainedModel& model, const std::vector<std::filesystem::path>& files,
                         const std::string& base) {
  std::string previous;
  for (const auto& path : files) {
    AdapterFile file(path);
    file.fit(model);
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
    std::vector<std::string> newly_initialised =
        model.newly_initialised();  // but for what the file brings
    const auto parameters = parameters_by_name(model);
    for (const auto& [name, tensor] : file.replaced(model)) {
      std::erase(newly_initialised, name);
      replace_values(parameters.at(name), tensor);
    }
    model.set_newly_initialised(std::move(newly_initialised));
    merge_adapters(model, *file.method, file);
    previous = sha256_file(file.path);
  }
}

}  // namespace eida
