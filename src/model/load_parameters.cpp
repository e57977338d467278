#include "load_parameters.h"

#include <fmt/ranges.h>
#include <fnmatch.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "eida/core/error.h"
#include "eida/core/system_info.h"
#include "eida/tensor/checks.h"

namespace eida {
namespace {

/// "a, b, c and 4 more"
std::string listing(const std::vector<std::string>& names) {
  constexpr size_t kShown = 20;
  const auto shown = static_cast<std::ptrdiff_t>(std::min(kShown, names.size()));
  std::string text = fmt::format("{}", fmt::join(names.begin(), names.begin() + shown, ", "));
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return text;
}

std::string replace_suffix(const std::string& name, const std::string& from,
                           const std::string& to) {
  return name.ends_with(from) ? name.substr(0, name.size() - from.size()) + to : name;
}

/// The name that today's files have: some parts had other names once, and files saved from a bare
/// model have no "roberta.", "bert." or "transformer.".
std::string current_name(const std::string& name, const std::set<std::string>& expected,
                         const Architecture& model) {
  std::string renamed = name;
  for (const auto& [old_ending, ending] : model.renamed)
    renamed = replace_suffix(renamed, old_ending, ending);
  return expected.contains(renamed) || !expected.contains(model.prefix + renamed)
             ? renamed
             : model.prefix + renamed;
}

at::Tensor value_of(const CheckpointTensor& tensor) {
  return tensor.file->tensor(*tensor.entry).to(at::kFloat);
}

/// What a checkpoint holds under today's names, and what is wrong with it.
struct Matching {
  std::map<std::string, CheckpointTensor> tensors;
  std::vector<std::string> unexpected, missing, misshapen;
  bool other_classes = false;  ///< the head is among the misshapen
  bool one_output = false;     ///< and is that of a regression
};

void match_names(const Checkpoint& checkpoint, const ModelConfig& config,
                 const std::vector<ParameterSpec>& specs, Matching& matching) {
  std::set<std::string> expected;
  for (const auto& spec : specs) expected.insert(spec.name);
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    const std::string name = current_name(tensor.entry->name, expected, *config.architecture);
    if (!expected.contains(name)) {
      if (!is_ignored(tensor.entry->name, *config.architecture))
        matching.unexpected.push_back(tensor.entry->name);
    } else if (!matching.tensors.emplace(name, tensor).second) {
      throw FormatError("{}: tensor '{}' is there under two names", checkpoint.path().string(),
                        name);
    }
  }
}

/// A head that the file has under its table's name only.
void copy_table(const Architecture& model, Matching& matching) {
  const auto table = matching.tensors.find(model.words.name + ".weight");
  if (model.vocabulary_head && table != matching.tensors.end())
    matching.tensors.emplace(model.vocabulary_head->name + ".weight", table->second);
}

bool is_floating(const std::string& dtype) {
  return dtype == "F32" || dtype == "F16" || dtype == "BF16" || dtype == "F64";
}

void match_shapes(const std::vector<ParameterSpec>& specs, bool own_head, Matching& matching) {
  std::map<std::string, bool> part_found;
  for (const auto& spec : specs) {
    if (!spec.part.empty()) part_found[spec.part] |= matching.tensors.contains(spec.name);
  }
  for (const auto& spec : specs) {
    const auto found = matching.tensors.find(spec.name);
    if (found == matching.tensors.end()) {
      if (spec.part.empty() || part_found[spec.part]) matching.missing.push_back(spec.name);
      continue;
    }
    const SafetensorsEntry& entry = *found->second.entry;
    if (own_head && spec.group == ParameterGroup::kHead && entry.shape != spec.shape) {
      matching.tensors.erase(found);
    } else if (entry.shape != spec.shape || !is_floating(entry.dtype)) {
      matching.misshapen.push_back(fmt::format("{} ({} {}, wanted {})", entry.name, entry.dtype,
                                               shape_text(entry.shape), shape_text(spec.shape)));
      matching.other_classes |= spec.group == ParameterGroup::kHead;
      matching.one_output |= spec.group == ParameterGroup::kHead && entry.shape.size() == 1 &&
                             entry.shape != spec.shape && entry.shape.front() == 1;
    }
  }
}

void report_faults(const Matching& matching, const std::string& file, const ModelConfig& config) {
  if (!matching.missing.empty() || !matching.misshapen.empty()) {
    std::string what;
    if (!matching.missing.empty()) what += "missing: " + listing(matching.missing);
    if (!matching.misshapen.empty()) {
      what += (what.empty() ? "" : "; ") + std::string("misshapen: ") + listing(matching.misshapen);
    }
    throw FormatError("{}: tensors {}{}", file, what,
                      matching.other_classes
                          ? fmt::format(" (hint: the task has {} classes{})", config.num_labels,
                                        matching.one_output ? ", the file a regression head" : "")
                          : "");
  }
  if (!matching.unexpected.empty())
    spdlog::warn("{}: unexpected tensors: {}", file, listing(matching.unexpected));
}

/// A checkpoint, and which of its tensors are which parameters.
class ParameterFile {
 public:
  ParameterFile(const std::filesystem::path& dir, const ModelConfig& config,
                const std::vector<ParameterSpec>& specs, bool own_head)
      : checkpoint_(dir) {
    match_names(checkpoint_, config, specs, matching_);
    if (own_head) copy_table(*config.architecture, matching_);
    match_shapes(specs, own_head, matching_);
  }

  /// \throws FormatError what is missing or misshapen; warns of what is not expected
  void report(const ModelConfig& config) const {
    report_faults(matching_, checkpoint_.path().string(), config);
  }
  /// Whether its values stay in the file, which is mapped.
  bool stays(const ParameterSpec& spec) const {
    const auto found = matching_.tensors.find(spec.name);
    return found != matching_.tensors.end() && found->second.entry->dtype == "F32";
  }
  bool holds(const ParameterSpec& spec) const { return matching_.tensors.contains(spec.name); }
  /// As the file has it, or from the seed.
  at::Tensor value(const ParameterSpec& spec, uint64_t seed) const {
    const auto found = matching_.tensors.find(spec.name);
    return found == matching_.tensors.end() ? initial_value(spec, seed)
                                            : found->second.file->tensor(*found->second.entry);
  }

 private:
  Checkpoint checkpoint_;
  Matching matching_;
};

/// A matrix of the body that is kept as bfloat16.
bool is_narrow(const ParameterSpec& spec, const LoadOptions& options) {
  return spec.shape.size() > 1 && spec.part.empty() && options.weights != at::kFloat;
}

/// In the dtype and on the device that the options ask for.
at::Tensor placed(const at::Tensor& parameter, const ParameterSpec& spec,
                  const LoadOptions& options) {
  const bool matrix = parameter.dim() > 1;
  const at::Tensor moved =
      parameter.to(is_narrow(spec, options) ? options.weights : at::kFloat).to(options.device);
  // Vectors are small; left on the map, they would keep the whole file in memory.
  const bool may_stay = matrix && !options.writable;
  return may_stay || !moved.is_same(parameter) ? moved : moved.clone();
}

/// What loading takes beside the file's map: on a GPU the largest parameter alone.
void check_memory(const std::filesystem::path& dir, const std::vector<ParameterSpec>& specs,
                  const std::optional<ParameterFile>& file, const LoadOptions& options) {
  double sum = 0.0, largest = 0.0;
  for (const ParameterSpec& spec : specs) {
    const bool narrow = is_narrow(spec, options);
    if (file && file->stays(spec) && !narrow && !options.writable) continue;
    double bytes = narrow ? 2.0 : 4.0;
    for (const int64_t size : spec.shape) bytes *= static_cast<double>(size);
    sum += bytes;
    largest = std::max(largest, bytes);
  }
  require_memory(options.device.is_cpu() ? sum : largest,
                 fmt::format("{}: a model of the sizes in config.json", dir.string()),
                 "are hidden_size, vocab_size, num_labels and the others right? Else a machine "
                 "with more memory, or a higher limit");
}

}  // namespace

bool is_ignored(const std::string& name, const Architecture& model) {
  return std::any_of(model.ignored.begin(), model.ignored.end(), [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
  });
}

void settle_tied_head(const std::filesystem::path& dir, bool own_head, ModelConfig& config) {
  const auto& head = config.architecture->vocabulary_head;
  if (!head || head->tied_to.empty()) return;
  const Checkpoint checkpoint(dir);
  const std::string own = head->name + ".weight", shared = head->tied_to + ".weight";
  const std::set<std::string> both = {own, shared};
  CheckpointTensor weight, table;
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    const std::string name = current_name(tensor.entry->name, both, *config.architecture);
    if (name == own) weight = tensor;
    if (name == shared) table = tensor;
  }
  if (weight.entry == nullptr && !own_head) return;
  Architecture declared = *config.architecture;
  if (own_head) declared.vocabulary_head->tied_to.clear();
  if (table.entry == nullptr) {
    declared.renamed.emplace_back(own, shared);
  } else if (weight.entry != nullptr && !value_of(weight).equal(value_of(table))) {
    spdlog::warn(
        "{}: {} differs from {}: the head is not tied (hint: \"tie_word_embeddings\": false in "
        "config.json says so)",
        checkpoint.path().string(), own, shared);
    declared.vocabulary_head->tied_to.clear();
  }
  config.architecture = std::make_shared<const Architecture>(std::move(declared));
}

std::vector<NamedTensor> load_parameters(const std::filesystem::path& dir,
                                         const ModelConfig& config,
                                         const std::vector<ParameterSpec>& specs,
                                         const LoadOptions& options,
                                         std::vector<std::string>& newly_initialised) {
  std::optional<ParameterFile> file;
  if (!options.random_init) file.emplace(dir, config, specs, options.own_head).report(config);
  check_memory(dir, specs, file, options);
  std::vector<NamedTensor> parameters;
  for (const auto& spec : specs) {
    if (!file || !file->holds(spec)) newly_initialised.push_back(spec.name);
    const at::Tensor value =
        file ? file->value(spec, options.seed) : initial_value(spec, options.seed);
    parameters.push_back({spec.name, placed(value, spec, options)});
  }
  return parameters;
}

std::function<at::Tensor(const std::string&)> parameter_reader(
    const std::filesystem::path& dir, const ModelConfig& config,
    const std::vector<ParameterSpec>& specs, const LoadOptions& options) {
  std::map<std::string, ParameterSpec> by_name;
  for (const auto& spec : specs) by_name.emplace(spec.name, spec);
  auto file = std::shared_ptr<const ParameterFile>();
  return [=](const std::string& name) mutable {
    const ParameterSpec& spec = by_name.at(name);
    if (options.random_init) return initial_value(spec, options.seed);
    if (file == nullptr)
      file = std::make_shared<const ParameterFile>(dir, config, specs, options.own_head);
    return file->value(spec, options.seed).to(at::kFloat);
  };
}

}  // namespace eida
