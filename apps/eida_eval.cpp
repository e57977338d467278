#include <fmt/format.h>

#include "eida/config/command_line.h"
#include "eida/core/run_main.h"
#include "eida/pipeline/eval.h"
#include "eida/tensor/checks.h"

int main(int argc, char** argv) {
  return eida::run_main(
      "eida-eval",
      [&] {
        const eida::ParsedCommand command =
            eida::parse_command_line(eida::Program::kEval, argc, argv);
        if (!command.text.empty()) {
          fmt::print("{}", command.text);
          return 0;
        }
        eida::setup_console(command);
        return eida::run_eval(command);
      },
      eida::describe_torch_error);
}
