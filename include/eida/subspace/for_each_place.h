/// Work on many places at a time, with the same bits whatever the number of threads.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <future>
#include <vector>

namespace eida {

/// One intra-op thread for a scope, so that sums are taken in the same order whatever the thread
/// count. Concerns the calling thread; threads that start meanwhile see one thread too.
class SingleThreadScope {
 public:
  SingleThreadScope() : threads_(at::get_num_threads()) { at::set_num_threads(1); }
  ~SingleThreadScope() { at::set_num_threads(threads_); }
  SingleThreadScope(const SingleThreadScope&) = delete;
  SingleThreadScope& operator=(const SingleThreadScope&) = delete;
  int threads_before() const { return threads_; }

 private:
  int threads_;
};

/// Calls `work(i)` for i = 0..count-1 from as many threads as LibTorch was given, each of which has
/// one intra-op thread. `work` changes only what belongs to its place, and does not rely on the
/// caller's grad mode; what it throws is thrown here when all threads have ended, and nothing
/// begins after it. Not at::parallel_for: it is a plain loop without OpenMP, and with it BLAS uses
/// threads of its own.
template <typename Work>
void for_each_place(size_t count, const Work& work) {
  const SingleThreadScope single;
  std::atomic<size_t> next{0};
  const auto worker = [&] {
    at::set_num_threads(1);  // BLAS keeps this per thread
    try {
      for (size_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      next = count;
      throw;
    }
  };
  const size_t threads = std::min<size_t>(count, static_cast<size_t>(single.threads_before()));
  std::vector<std::future<void>> others;
  for (size_t t = 1; t < threads; ++t) others.push_back(std::async(std::launch::async, worker));
  worker();
  for (auto& other : others) other.get();  // rethrows
}

}  // namespace eida
