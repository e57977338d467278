/// What every program opens as the configuration says: device, data, tokenizer, model.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "eida/config/config.h"
#include "eida/core/progress.h"
#include "eida/data/dataset.h"
#include "eida/data/tokenize.h"
#include "eida/model/pretrained_model.h"
#include "eida/parallel/communicator.h"

namespace eida {

/// Where and how a run computes.
struct ComputeSetting {
  at::Device device = at::kCPU;
  at::ScalarType precision = at::kFloat;  ///< of activations
  int threads = 1;
  const Communicator* processes = &Communicator::single();
};

/// Resolves device, precision and threads, and sets the number of threads: by default all cores,
/// shared with the processes on the same machine. \param scaled_loss the program scales its loss;
/// without it float16 is an error and `auto` is bfloat16 on every device.
/// \throws ConfigError
ComputeSetting set_up_compute(const RunOptions& run,
                              const Communicator& processes = Communicator::single(),
                              bool scaled_loss = false);

/// What an evaluation or a probe works with.
struct OpenedInputs {
  ComputeSetting compute;
  std::shared_ptr<const Dataset> data;
  ExampleTokenizer tokenizer;
  std::unique_ptr<PretrainedModel> model;  ///< adapters merged in
};

/// The reader's options of a task, from the configuration. \throws ConfigError
ReaderOptions reader_options(const DataOptions& data);

/// A file to learn from. \param class_names of an earlier file, so that this one maps labels as
/// that one; empty: its own, in config.json's order where both name them, and as many. \throws
/// DataError a file without labels or completions, or with other classes than the model
std::shared_ptr<const Dataset> open_training_data(const std::filesystem::path& path,
                                                  const Config& config,
                                                  const std::vector<std::string>& class_names = {});

/// \param name of the data, \param there its examples, \param heldout further examples to measure
/// on, \param heldout_key where their number stands. \throws DataError too few are there
void check_enough_examples(const std::string& name, int64_t there, int64_t examples,
                           int64_t heldout, const char* heldout_key);

/// The tokenizer of a task, as its recipe joins texts; the model's type has to fit it.
/// \throws FormatError
ExampleTokenizer open_example_tokenizer(const Config& config, TaskKind kind, int threads);

/// Names of the classes in config.json, by index; empty where it gives none or only numbers them.
std::vector<std::string> class_names_of(const ModelConfig& model);
/// Whether the data's labels are words and not indices.
bool names_classes(const Dataset& data);

/// Loads model and adapters. \param classes of the data; 0 for completions. \throws FormatError
std::unique_ptr<PretrainedModel> open_model(const Config& config, TaskKind kind, int64_t classes,
                                            const ComputeSetting& compute);

/// What pages and files say of the weights: "random, seed 0", or "from file".
std::string weights_origin(const Config& config);

/// Advances a display by the examples of each pass, and stops between passes after a signal.
std::function<void(int64_t)> advance_and_check(Progress& progress);

/// Fingerprint of the model that the configuration names, as adapter files record it. \throws
/// DataError
std::string model_fingerprint(const Config& config);

}  // namespace eida
