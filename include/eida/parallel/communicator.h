/// The processes that work on one run together, and who does what.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace eida {

/// An operation that has begun. Its tensor belongs to it until wait() has returned; the destructor
/// waits too.
class Pending {
 public:
  Pending() = default;  ///< nothing to wait for
  explicit Pending(std::function<void()> finish) : finish_(std::move(finish)) {}
  Pending(Pending&& other) noexcept : finish_(std::exchange(other.finish_, nullptr)) {}
  Pending& operator=(Pending&&) = delete;
  ~Pending() { wait(); }
  void wait() {
    if (auto finish = std::exchange(finish_, nullptr)) finish();
  }

 private:
  std::function<void()> finish_;
};

/// One process alone: this class; every operation is free and leaves its tensor as it is. Several:
/// MPI's, where a launcher (mpirun, srun) started them. Operations are collective: all processes
/// call the same ones in the same order, from the main thread. Tensors are float32 or float64, of
/// any device and layout, and of the same shape in every process. Sums are added up in an order
/// that the number of processes decides, and reach every process with the same bits. A process
/// that dies, or an operation that fails, ends all processes.
class Communicator {
 public:
  Communicator() = default;
  virtual ~Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  int index() const { return index_; }                ///< 0 .. size() - 1
  int size() const { return size_; }                  ///< number of processes
  int size_on_node() const { return size_on_node_; }  ///< processes that share this one's machine
  int index_on_node() const { return index_on_node_; }
  /// Whether this process is the one that writes files and prints.
  bool is_root() const { return index_ == 0; }

  /// Sum over the processes, in place.
  void all_reduce(const at::Tensor& values) const { start_all_reduce(values).wait(); }
  /// The same, while this process goes on with something else.
  virtual Pending start_all_reduce(const at::Tensor& values) const { return {}; }
  /// Sum over the processes, in place on process `to`; elsewhere the values are undefined then.
  virtual void reduce(const at::Tensor& values, int to) const {}
  /// The values of process `from`, in place.
  virtual void broadcast(const at::Tensor& values, int from = 0) const {}
  /// The same of bytes; the other processes need not know the length.
  virtual void broadcast(std::string& bytes, int from = 0) const {}
  /// The bytes of each process, in order, on process `to`; empty elsewhere. \throws Error
  /// (internal) 2 GiB or more in all
  virtual std::vector<std::string> gather(const std::string& bytes, int to = 0) const {
    return {bytes};
  }
  /// Rows of all processes, those of process 0 first, on process `to`; no rows elsewhere.
  /// \param rows [n, d] on the CPU, n of each process's own. \return [sum of n, d]
  virtual at::Tensor gather_rows(const at::Tensor& rows, int to = 0) const { return rows; }
  /// The smallest of the processes' values.
  virtual double least(double value) const { return value; }
  /// The largest of the processes' values.
  double most(double value) const { return -least(-value); }
  /// Returns when all processes have called it.
  virtual void barrier() const {}

  /// This process alone.
  static const Communicator& single();

 protected:
  Communicator(int index, int size, int index_on_node, int size_on_node)
      : index_(index), size_(size), index_on_node_(index_on_node), size_on_node_(size_on_node) {}

 private:
  int index_ = 0, size_ = 1, index_on_node_ = 0, size_on_node_ = 1;
};

/// gather_rows() for every process.
at::Tensor all_gather_rows(const Communicator& processes, const at::Tensor& rows);
/// Asks in the first process only; every process gets its answer.
bool ask_root(const Communicator& processes, const std::function<bool()>& ask);
/// The bytes of each process, in order, for every process.
std::vector<std::string> all_gather(const Communicator& processes, const std::string& bytes);

/// Items begin .. end-1 of a list.
struct Shard {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
};

/// The consecutive items of process `index`: the shards follow each other in the order of the
/// processes and cost about the same. Fewer items than processes leave some without.
/// \param costs of each item, >= 0, for example its tokens
Shard shard_of(const std::vector<int64_t>& costs, int index, int size);

/// The process that does each item, where order does not matter: the most expensive item first,
/// each to the process that has least to do. \param costs of each item, >= 0
std::vector<int> share_out(const std::vector<double>& costs, int size);

/// Estimates the progress of all processes from this one's: `mine` of its steps count as `all`.
std::function<void(int64_t)> scaled_progress(std::function<void(int64_t)> progress, int64_t mine,
                                             int64_t all);

}  // namespace eida
