// What a training run leaves behind: adapters, models, the page, and the rounds for stdout.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "eida/config/command_line.h"
#include "eida/core/run_folder.h"
#include "eida/report/train_report.h"
#include "eida/run/checkpoint.h"
#include "inputs.h"
#include "record.h"

namespace eida {

/// Merges the update into W. \return how far logits changed on examples of data.dev, else of
/// the training file; nothing where the method has no update beside the weights
std::optional<MergeParity> merge(TrainInputs& inputs);

/// Scores on data.dev; none without it. \param progress called after every pass; may throw
Scores evaluate_on_dev(TrainInputs& inputs, const std::function<void(int64_t)>& progress = {});

/// \throws NumericError the merged model's logits are not the adapted one's
void check_parity(const RoundRecord& record);

/// Writes a round's adapter file and its merged model into model/. \param folder null: another
/// process does \throws DataError
void save_round(const Config& config, const TrainInputs& inputs, const RunFolder* folder,
                int64_t round);

/// Puts the model of the last round into best/ where it is the best one.
void save_best(const Config& config, const TrainInputs& inputs, const RunFolder* folder,
               const std::vector<RoundRecord>& rounds);

/// True where no better score came for train.early_stopping rounds; says so in the log.
bool stops_early(const Config& config, const std::vector<RoundRecord>& rounds);

/// report.html of what the run's folder holds, still without its manifest. What a resumed run shows
/// is what an uninterrupted one shows: nothing comes from memory but the finished rounds, which are
/// part of the checkpoint. \throws DataError a file that cannot be read
TrainReport read_train_report(const Config& config, const TrainInputs& inputs,
                              const std::filesystem::path& folder,
                              const std::vector<RoundRecord>& rounds);

/// The finished rounds of a summary.json, for stdout.
std::string result_text(const nlohmann::ordered_json& summary, OutputFormat format);

/// Prints the rounds of a run that has none left. \return exit code 0 \throws FormatError
int show_finished(const Config& config);

/// eida-train export: a run folder as a PEFT adapter or as a merged Hugging Face model.
int run_export(const ParsedCommand& command);
/// eida-train merge: adapter files added to the weights of a model.
int run_merge(const ParsedCommand& command);

}  // namespace eida
