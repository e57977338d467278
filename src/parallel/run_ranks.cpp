#include "eida/parallel/run_ranks.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <thread>

#include "eida/core/signals.h"
#include "launcher.h"

namespace eida {
namespace {

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
