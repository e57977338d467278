/// The output folder of a run: never looks complete before the run is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eida/core/manifest.h"

namespace eida {

struct RunFolderOptions {
  bool overwrite = false;  ///< empty an earlier EIDA run folder first
  bool resume = false;     ///< go on in one; nothing there yet is a fresh start
  /// Files and folders the run reads: none of them may lie in a folder that is to be emptied.
  std::vector<std::filesystem::path> inputs = {};
};

/// From construction to finish() the folder holds a file INCOMPLETE that says why; manifest.json is
/// written last of all. When a run ends in an error the marker stays, with that error in it. A
/// folder is locked while it is in use.
class RunFolder {
 public:
  /// Creates the folder (parents too) or takes over an empty one.
  /// \throws ConfigError when it is there and not empty, and neither `overwrite` nor `resume`
  /// applies; when it is not an EIDA run folder; when another process works in it. DataError when
  /// it cannot be made.
  RunFolder(std::filesystem::path path, const RunFolderOptions& options);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// The checks of the constructor, nothing written (--dry-run). \throws as the constructor.
  static void check(const std::filesystem::path& path, const RunFolderOptions& options);

  const std::filesystem::path& path() const;
  /// Path of a file in it; its folders are made. \param name relative, for example "figures/a.svg".
  /// \throws DataError they cannot be made, or the run folder itself is no longer there
  std::filesystem::path file(std::string_view name) const;

  /// Writes manifest.json and removes INCOMPLETE: the run is complete. \throws DataError, also
  /// where an input or the folder is not what it was at the start
  void finish(Manifest manifest);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Compares a file of a run, or the first `bytes` of it, with the SHA-256 that it was written with.
/// \throws DataError it is another
void check_written(const std::filesystem::path& file, const std::string& sha256,
                   uint64_t bytes = UINT64_MAX);
/// The same of a file in a run's folder, with what its manifest says; nothing where the run is not
/// complete or the manifest does not name it.
void check_run_file(const std::filesystem::path& folder, const std::string& name);

/// Puts the reason into the INCOMPLETE file of the run that goes on, or whose scope an exception
/// has left. run_main() calls it.
void note_run_failure(std::string_view reason);

}  // namespace eida
