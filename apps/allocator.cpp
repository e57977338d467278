// The programs' allocator gets address space of its own. Blocks above 16 MiB (the logits of a
// batch, a weight) would otherwise go back to the system whenever they are freed, and every page of
// them would be asked for and cleared again: a sixth of a training step.
#include <mimalloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>

namespace {

/// Half of the machine's memory, of which only what is used is ever taken. Nothing where address
/// space is limited.
int reserve() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY) return 0;
  const auto pages = static_cast<size_t>(::sysconf(_SC_PHYS_PAGES));
  return mi_reserve_os_memory(pages / 2 * static_cast<size_t>(::sysconf(_SC_PAGESIZE)),
                              /*commit=*/true, /*allow_large=*/false);
}

[[maybe_unused]] const int kReserved = reserve();

}  // namespace
