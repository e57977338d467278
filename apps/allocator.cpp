// The programs' allocator gets address space of its own. Blocks above 16 MiB (the logits of a
// batch, a weight) would otherwise go back to the system whenever they are freed, and every page of
// them would be asked for and cleared again: a sixth of a training step.
// It is C, which cannot throw: its own operator new ends the process where memory does.
#include <mimalloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <new>

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

void* or_throw(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

size_t bytes_of(std::align_val_t alignment) { return static_cast<size_t>(alignment); }

}  // namespace

void* operator new(size_t size) { return or_throw(mi_malloc(size)); }
void* operator new[](size_t size) { return or_throw(mi_malloc(size)); }
void* operator new(size_t size, std::align_val_t alignment) {
  return or_throw(mi_malloc_aligned(size, bytes_of(alignment)));
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return or_throw(mi_malloc_aligned(size, bytes_of(alignment)));
}
