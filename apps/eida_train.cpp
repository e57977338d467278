#include <fmt/format.h>

#include "eida/config/command_line.h"
#include "eida/parallel/run_ranks.h"
#include "eida/programs/programs.h"
#include "eida/tensor/checks.h"

int main(int argc, char** argv) {
  return eida::run_ranks(
      "eida-train",
      [&](const eida::Communicator& processes) {
        const eida::ParsedCommand command =
            eida::parse_command_line(eida::Program::kTrain, argc, argv);
        if (!command.text.empty()) {
          if (processes.is_root()) fmt::print("{}", command.text);
          return 0;
        }
        eida::setup_console(command, processes.index(), processes.size());
        return eida::run_train(command, processes);
      },
      eida::describe_torch_error);
}
