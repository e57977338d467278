// Several processes over MPI. A failed call ends all processes by MPI's own error handler, so no
// result is looked at.
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>
#include <mpi.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "eida/core/error.h"
#include "launcher.h"

namespace eida {
namespace {

/// MPI counts in int: larger tensors go in parts.
constexpr int64_t kMostEntries = int64_t{1} << 30;

/// Two processes on one machine would copy through ptrace's rights, which containers refuse; Open
/// MPI then says so once a process, and copies through shared memory as it does with this setting.
constexpr const char* kSingleCopy = "OMPI_MCA_btl_vader_single_copy_mechanism";

MPI_Datatype type_of(const at::Tensor& tensor) {
  if (tensor.scalar_type() == at::kFloat) return MPI_FLOAT;
  if (tensor.scalar_type() == at::kDouble) return MPI_DOUBLE;
  throw Error(ExitCode::kInternal, "sent between processes: neither float32 nor float64");
}

/// A tensor's values in one block of host memory, and back into the tensor.
class HostCopy {
 public:
  explicit HostCopy(const at::Tensor& tensor)
      : tensor_(tensor.detach()),
        host_(tensor.device().is_cpu() && tensor.is_contiguous()
                  ? tensor_
                  : tensor_.to(at::kCPU).contiguous()),
        type_(type_of(tensor)) {}

  /// Calls `operation(data, count)` for parts of at most `most` entries, which fit into MPI's
  /// counts.
  template <typename Operation>
  void for_parts(const Operation& operation, int64_t most = kMostEntries) const {
    auto* data = static_cast<char*>(host_.data_ptr());
    for (int64_t begin = 0; begin < host_.numel(); begin += most) {
      operation(data + begin * static_cast<int64_t>(host_.element_size()),
                static_cast<int>(std::min(most, host_.numel() - begin)));
    }
  }
  void put_back() const {
    const c10::NoGradGuard no_grad;
    if (!host_.is_same(tensor_)) tensor_.copy_(host_);
  }
  MPI_Datatype type() const { return type_; }
  size_t bytes_of(int count) const { return static_cast<size_t>(count) * host_.element_size(); }

 private:
  at::Tensor tensor_, host_;
  MPI_Datatype type_;
};

int in_world(int (*ask)(MPI_Comm, int*), MPI_Comm comm) {
  int value = 0;
  ask(comm, &value);
  return value;
}

class MpiCommunicator : public Communicator {
 public:
  explicit MpiCommunicator(MPI_Comm node)
      : Communicator(in_world(MPI_Comm_rank, MPI_COMM_WORLD),
                     in_world(MPI_Comm_size, MPI_COMM_WORLD), in_world(MPI_Comm_rank, node),
                     in_world(MPI_Comm_size, node)),
        node_(node) {}
  ~MpiCommunicator() override {
    MPI_Comm_free(&node_);
    MPI_Finalize();
  }

  Pending start_all_reduce(const at::Tensor& values) const override {
    HostCopy copy(values);
    std::vector<MPI_Request> requests;
    copy.for_parts([&](void* data, int count) {
      requests.emplace_back();
      MPI_Iallreduce(MPI_IN_PLACE, data, count, copy.type(), MPI_SUM, MPI_COMM_WORLD,
                     &requests.back());
    });
    return Pending([copy, requests]() mutable {
      MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
      copy.put_back();
    });
  }

  void reduce(const at::Tensor& values, int to) const override {
    const HostCopy copy(values);
    std::vector<char> sum;
    const auto reduce_part = [&](void* data, int count) {
      // Not MPI_IN_PLACE, on which MPICH 4.0 and 4.1 crash unless `to` is the first process.
      // Source: pmodels/mpich, issue 6540.
      sum.resize(copy.bytes_of(count));
      MPI_Reduce(data, sum.data(), count, copy.type(), MPI_SUM, to, MPI_COMM_WORLD);
      if (index() == to) std::copy(sum.begin(), sum.end(), static_cast<char*>(data));
    };
    constexpr int64_t kSummedEntries = 1 << 20;  // bounds what `sum` takes
    copy.for_parts(reduce_part, kSummedEntries);
    if (index() == to) copy.put_back();
  }

  void broadcast(const at::Tensor& values, int from) const override {
    const HostCopy copy(values);
    copy.for_parts(
        [&](void* data, int count) { MPI_Bcast(data, count, copy.type(), from, MPI_COMM_WORLD); });
    if (index() != from) copy.put_back();
  }

  void broadcast(std::string& bytes, int from) const override {
    uint64_t length = bytes.size();
    MPI_Bcast(&length, 1, MPI_UINT64_T, from, MPI_COMM_WORLD);
    bytes.resize(length);
    for (uint64_t begin = 0; begin < length; begin += kMostEntries) {
      const auto count = static_cast<int>(std::min<uint64_t>(kMostEntries, length - begin));
      MPI_Bcast(bytes.data() + begin, count, MPI_CHAR, from, MPI_COMM_WORLD);
    }
  }

  std::vector<std::string> gather(const std::string& bytes, int to) const override {
    std::string all;
    const auto room_for = [&](int length) {
      all.resize(static_cast<size_t>(length));
      return all.data();
    };
    const auto starts =
        gather_parts(bytes.data(), static_cast<int64_t>(bytes.size()), MPI_CHAR, to, room_for);
    std::vector<std::string> parts;
    for (size_t r = 0; r + 1 < starts.size(); ++r)
      parts.push_back(all.substr(static_cast<size_t>(starts[r]),
                                 static_cast<size_t>(starts[r + 1] - starts[r])));
    return parts;
  }

  at::Tensor gather_rows(const at::Tensor& rows, int to) const override {
    const int64_t width = rows.size(1);
    const at::Tensor mine = rows.contiguous();
    at::Tensor all;
    const auto room_for = [&](int length) {
      all = at::empty({length / std::max<int64_t>(1, width), width}, mine.options());
      return all.data_ptr();
    };
    gather_parts(mine.const_data_ptr(), mine.numel(), type_of(mine), to, room_for);
    return all;
  }

  double least(double value) const override {
    MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_MIN, MPI_COMM_WORLD);
    return value;
  }

  void barrier() const override { MPI_Barrier(MPI_COMM_WORLD); }

 private:
  /// What the processes have, one after another on `to`, where `room_for(its length)` is.
  /// \return on `to`, where each one's part begins there, and behind them the whole length
  template <typename Room>
  std::vector<int> gather_parts(const void* mine, int64_t length, MPI_Datatype type, int to,
                                const Room& room_for) const {
    check_length(length);
    const int count = static_cast<int>(length);
    std::vector<int> counts(index() == to ? static_cast<size_t>(size()) : 0), starts(1, 0);
    MPI_Gather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, to, MPI_COMM_WORLD);
    for (const int part : counts) {
      check_length(int64_t{starts.back()} + part);
      starts.push_back(starts.back() + part);
    }
    MPI_Gatherv(mine, count, type, room_for(starts.back()), counts.data(), starts.data(), type, to,
                MPI_COMM_WORLD);
    return starts;
  }

  static void check_length(int64_t length) {
    if (length > std::numeric_limits<int>::max())
      throw Error(ExitCode::kInternal, "too much for one message between processes");
  }

  MPI_Comm node_;
};

std::unique_ptr<Communicator> begin_mpi(const Launched& launched) {
  ::setenv(kSingleCopy, "none", /*overwrite=*/0);
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  const int size = in_world(MPI_Comm_size, MPI_COMM_WORLD);
  if (size != launched.size) {
    MPI_Finalize();
    throw ConfigError(
        "the launcher started {} processes ({}), but MPI sees {}: it is not the launcher of the "
        "MPI that EIDA was built with (hint: that one's mpirun, or srun --mpi=pmix)",
        launched.size, launched.variable, size);
  }
  MPI_Comm node = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  return std::make_unique<MpiCommunicator>(node);
}

void abort_mpi(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

}  // namespace

extern "C" const MpiEntryPoint eida_mpi_entry_point = {begin_mpi, abort_mpi};

}  // namespace eida
