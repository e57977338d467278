#include "eida/model/model_config.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "architectures/families.h"
#include "eida/core/error.h"
#include "eida/core/hub_cache.h"

namespace eida {
namespace {

int64_t labels_of(const ConfigReader& reader) {
  const bool named = reader.has("id2label") && reader.json()["id2label"].is_object() &&
                     !reader.json()["id2label"].empty();
  // Where both are there and differ, the number counts, as in transformers.
  const auto names = named ? static_cast<int64_t>(reader.json()["id2label"].size()) : 2;
  return reader.integer_or("num_labels", names, 1, kMaxSize);
}

/// Keys of all families that would change the computation.
void refuse_what_changes_results(const ConfigReader& reader) {
  reader.must_be("is_encoder_decoder", false);
  reader.must_be("add_cross_attention", false);
  reader.must_be_unset("quantization_config");
  reader.must_be_unset("pruned_heads");
  reader.must_be_unset("per_layer_config");
  reader.one_of("transformers_weights", "", {"model.safetensors"});
  reader.one_of("problem_type", "", {"single_label_classification"});
}

void check_sizes(const ModelConfig& config, const std::string& file) {
  if (config.head_width == 0 && config.hidden_size % config.num_heads != 0) {
    throw FormatError("{}: hidden size {} is not a multiple of {} heads", file, config.hidden_size,
                      config.num_heads);
  }
  if (config.max_length() < 1) {
    throw FormatError("{}: the position table has {} rows, none for a token", file,
                      config.max_positions);
  }
  if (config.architecture->words.padding_row >= config.vocab_size) {
    throw FormatError("{}: pad_token_id: {} is not below vocab_size, {}", file, config.pad_token_id,
                      config.vocab_size);
  }
}

/// nullptr: not served.
const ServedTask* served_task(const ModelFamily& family, TaskKind task) {
  const auto found = std::find_if(family.tasks.begin(), family.tasks.end(),
                                  [&](const ServedTask& served) { return served.task == task; });
  return found == family.tasks.end() ? nullptr : &*found;
}

/// "RoBERTa and BERT classify"
std::string families_that(const char* verb, TaskKind task) {
  std::vector<std::string> titles;
  for (const ModelFamily& family : model_families()) {
    if (served_task(family, task) != nullptr) titles.push_back(family.title);
  }
  const size_t count = titles.size();
  if (count > 1) {
    titles[count - 2] += " and " + titles[count - 1];
    titles.pop_back();
  }
  return fmt::format("{} {}{}", fmt::join(titles, ", "), verb, count == 1 ? "s" : "");
}

void check_task(const FoundType& found, TaskKind task, const std::string& file) {
  if (served_task(*found.family, task) != nullptr) return;
  throw FormatError("{}: model_type: \"{}\" does not fit a {} task (hint: {}, {})", file,
                    found.type->name,
                    task == TaskKind::kClassification ? "classification" : "completion",
                    families_that("classify", TaskKind::kClassification),
                    families_that("complete", TaskKind::kCompletion));
}

/// DIR/config.json, which is there.
std::filesystem::path config_file_of(const std::filesystem::path& dir) {
  if (std::filesystem::is_regular_file(dir)) {
    throw FormatError("{}: is a file, --model takes a folder (hint: --model {})", dir.string(),
                      dir.has_parent_path() ? dir.parent_path().string() : ".");
  }
  if (!std::filesystem::is_directory(dir) && is_hub_name(dir)) {
    throw FormatError("{}: no such folder, nor a model in {} (hint: {})", dir.string(),
                      hub_cache().string(), download_command(dir));
  }
  if (!std::filesystem::is_directory(dir)) {
    throw FormatError(
        "{}: no such folder (hint: --model takes a Hugging Face folder with config.json; "
        "`hf download NAME --local-dir DIR` makes one)",
        dir.string());
  }
  std::filesystem::path file = dir / "config.json";
  if (!std::filesystem::exists(file)) refuse_gguf(dir);
  if (!std::filesystem::exists(file)) throw FormatError("{}: config.json is missing", dir.string());
  return file;
}

}  // namespace

void refuse_gguf(const std::filesystem::path& dir) {
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (entry.path().extension() != ".gguf") continue;
    throw FormatError(
        "{0}: has its weights as GGUF, which is not read (hint: in Python, d = '{0}'; "
        "AutoModelForCausalLM.from_pretrained(d, gguf_file='{1}').save_pretrained(d); "
        "AutoTokenizer.from_pretrained(d, gguf_file='{1}').save_pretrained(d))",
        dir.string(), entry.path().filename().string());
  }
}

void check_model_folder(const std::filesystem::path& dir, TaskKind task) {
  const std::filesystem::path file = config_file_of(dir);
  check_task(find_type(ConfigReader(file)), task, file.string());
}

std::vector<TaskKind> served_tasks(const std::filesystem::path& dir) {
  std::vector<TaskKind> tasks;
  for (const ServedTask& served : find_type(ConfigReader(config_file_of(dir))).family->tasks)
    tasks.push_back(served.task);
  return tasks;
}

std::vector<int64_t> eos_token_ids(const std::filesystem::path& dir) {
  std::vector<int64_t> ids;
  for (const auto& file : {config_file_of(dir), dir / "generation_config.json"}) {
    if (!std::filesystem::exists(file)) continue;
    for (const int64_t id : ConfigReader(file).token_ids("eos_token_id"))
      if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

int64_t word_table_rows(const std::filesystem::path& dir) {
  return ConfigReader(config_file_of(dir)).integer("vocab_size", 1, kMaxSize);
}

ModelConfig read_model_config(const std::filesystem::path& dir, TaskKind task) {
  const std::filesystem::path file = config_file_of(dir);
  const ConfigReader reader(file);
  const FoundType found = find_type(reader);
  ModelConfig config;
  config.original = std::make_shared<const nlohmann::json>(reader.json());
  config.model_type = found.type->name;
  config.task = task;
  config.vocab_size = reader.integer("vocab_size", 1, kMaxSize);
  config.initializer_range = reader.number_or("initializer_range", 0.02, 0.0, 100.0);
  config.num_labels = labels_of(reader);
  refuse_what_changes_results(reader);
  Architecture architecture = found.family->declare(reader, config);
  if (const ServedTask* served = served_task(*found.family, task))
    architecture.class_name = found.type->class_prefix + served->class_ending;
  config.architecture = std::make_shared<const Architecture>(std::move(architecture));
  check_sizes(config, file.string());
  check_task(found, task, file.string());
  check_computed(*config.architecture, file.string());
  reader.warn_unknown();
  return config;
}

}  // namespace eida
