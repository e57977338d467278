/// Any bytes as what eida-probe compare reads of a run: curves, subspaces, probe.json. Tables and
/// files are made of it, or an Error says why not.
#include <ATen/Parallel.h>

#include "../../src/programs/probe/comparison.h"
#include "support.h"

const size_t eida::fuzz::kOptions = 0;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const bool alone = (at::set_num_threads(1), true);
  const eida::fuzz::Input<4> input(bytes, size, alone ? eida::fuzz::kOptions : 0);
  const auto folder = eida::fuzz::write("curves.csv", input.files[0]).parent_path();
  eida::fuzz::write("subspaces.safetensors", input.files[1]);
  eida::fuzz::write("probe.json", input.files[2].empty() ? "{}" : input.files[2]);
  eida::fuzz::write("manifest.json", input.files[3].empty() ? "{}" : input.files[3]);
  eida::fuzz::expect_errors_only([&] {
    const auto comparison = eida::open_comparison({folder.string(), folder.string()});
    eida::fuzz::check(eida::differing_facts(comparison).empty());
    eida::fact_table(comparison).render();
    eida::fidelity_table(comparison).render();
    eida::angle_table(comparison).render();
    eida::comparison_csv(comparison);
    eida::angles_csv(comparison);
  });
  return 0;
}
