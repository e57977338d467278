/// What every run does around its computation, in all programs: folder, log, resume, manifest.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "eida/config/command_line.h"
#include "eida/core/manifest.h"
#include "eida/core/run_folder.h"
#include "eida/parallel/communicator.h"
#include "eida/run/open.h"

namespace eida {

/// What a command line asks for, before anything is opened. The same in every process.
class Run {
 public:
  /// \param inputs files and folders that the run reads beside its model; empty ones do not count
  /// \throws ConfigError an output folder that is not given, is occupied, or holds a run of another
  /// configuration; a subcommand in several processes
  Run(const ParsedCommand& command, const Communicator& processes,
      std::vector<std::filesystem::path> inputs);

  /// Whether --resume finds a run with nothing left to do; says in the log what it finds.
  bool finished() const { return finished_; }

  /// The run folder with its log and config.yaml; null in all processes but the first, and without
  /// an output folder. Every process calls it.
  std::unique_ptr<RunFolder> make_folder() const;

  /// What is known before the run, the inputs hashed in the first process. \throws DataError, also
  /// where one has changed since the run began
  Manifest manifest() const;
  /// The same of a run that computes with a model.
  Manifest manifest(const ComputeSetting& compute) const;

 private:
  void add_input(Manifest& manifest, const std::filesystem::path& path) const;

  const ParsedCommand* command_;
  const Communicator* processes_;
  std::vector<std::filesystem::path> inputs_;
  RunFolderOptions folder_;
  /// Files that the run reads, and when each was changed.
  std::map<std::filesystem::path, std::filesystem::file_time_type> opened_;
  bool finished_ = false;
};

/// \throws ConfigError a subcommand in several processes: each takes one
void check_processes(const ParsedCommand& command, const Communicator& processes);

/// What must not change while a run is stopped, but may move: the model's folder with what
/// identifies it in the place of a SHA-256, then every data file in order. \param base of the
/// model: model_fingerprint()
std::vector<InputFile> fixed_inputs(const Config& config, const std::string& base,
                                    const Manifest& manifest);

}  // namespace eida
