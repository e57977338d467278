#include "launcher.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

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

}  // namespace eida
