#include "eida/parallel/run_ranks.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <thread>

#include "eida/core/signals.h"
#include "launcher.h"

namespace eida {
namespace {

std::optional<int> number_of(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const std::string_view digits = text;
  int value = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (fault != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

struct Variables {
  const char *size, *rank;
  const char* needs;  ///< has to be there as well
};

/// Open MPI; MPICH, Intel MPI and Slurm's PMI; a step of Slurm (in its batch script SLURM_NTASKS
/// is there too, but no step). The innermost launcher first: mpirun may run inside a step.
constexpr Variables kLaunchers[] = {{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", nullptr},
                                    {"PMI_SIZE", "PMI_RANK", nullptr},
                                    {"SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "SLURM_STEP_ID"},
                                    {"SLURM_NTASKS", "SLURM_PROCID", "SLURM_STEP_ID"}};

/// What stops one process often stops all of them at once, a missing file for example. The first
/// one speaks; the others give it time to end them before they repeat it.
void let_the_first_speak(const Launched& launched, int code) {
  if (launched.rank == 0) return;
  const bool before = interrupted();
  for (int i = 0; i < (launched.rank == 1 ? 30 : 40); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (interrupted() && !before) std::_Exit(code);  // the launcher ends what is left
  }
}

}  // namespace

std::optional<Launched> find_launcher() {
  for (const Variables& launcher : kLaunchers) {
    if (launcher.needs != nullptr && std::getenv(launcher.needs) == nullptr) continue;
    const auto size = number_of(launcher.size);
    if (!size) continue;
    if (*size <= 1) return std::nullopt;
    return Launched{number_of(launcher.rank).value_or(0), *size, launcher.size};
  }
  return std::nullopt;
}

int run_ranks(const char* program, const std::function<int(const Communicator&)>& body,
              const DescribeError& describe) {
  const std::optional<Launched> launched = find_launcher();
  if (!launched)
    return run_main(
        program, [&] { return body(Communicator::single()); }, describe);
  // mpirun gives each process a terminal of its own, whatever its own output goes to.
  ::setenv("NO_COLOR", "1", /*overwrite=*/0);
  std::unique_ptr<Communicator> processes;
  FailureHooks hooks;
  hooks.before_line = [&](int code) {
    let_the_first_speak(*launched, code);
    return fmt::format("rank {} of {}: ", launched->rank, launched->size);
  };
  hooks.after_line = [&](int code) {
    if (processes) end_all(code);
  };
  return run_main(
      program,
      [&] {
        processes = connect(*launched);
        const int code = body(*processes);
        processes.reset();
        return code;
      },
      describe, hooks);
}

}  // namespace eida
