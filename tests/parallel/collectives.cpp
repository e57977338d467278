// Run by communicator_test.cpp in several processes: collectives MODE.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sin.h>
#include <fmt/format.h>

#include <cmath>
#include <csignal>
#include <string>

#include "eida/core/error.h"
#include "eida/parallel/run_ranks.h"
#include "eida/subspace/place_statistics.h"

namespace {

void expect(bool fact, const char* what) {
  if (!fact) throw eida::DataError("{} does not hold", what);
}

at::Tensor numbers(int64_t count, at::ScalarType type, double factor) {
  return at::arange(count, at::TensorOptions(type)) * factor;
}

void check_sums(const eida::Communicator& processes) {
  const int rank = processes.index(), size = processes.size();
  const double factors = size * (size + 1) / 2.0;  // of the sum over 1 .. size
  for (const auto type : {at::kFloat, at::kDouble}) {
    const at::Tensor values = numbers(1000, type, rank + 1);
    processes.all_reduce(values);
    expect(values.equal(numbers(1000, type, factors)), "all_reduce is the sum");
    const at::Tensor first = numbers(1000, type, rank + 1), second = numbers(10, type, rank + 1);
    eida::Pending pending = processes.start_all_reduce(first);
    processes.all_reduce(second);  // while the other one is on its way
    pending.wait();
    expect(first.equal(numbers(1000, type, factors)) && second.equal(numbers(10, type, factors)),
           "two sums at a time keep apart");
    const at::Tensor strided = numbers(12, type, rank + 1).view({3, 4}).t();
    processes.all_reduce(strided);
    expect(strided.equal(numbers(12, type, factors).view({3, 4}).t()), "strides are honoured");
    for (const int64_t count : {10, 5000, (1 << 20) + 3}) {  // small, large, in parts
      const at::Tensor at_last = numbers(count, type, rank + 1);
      processes.reduce(at_last, size - 1);
      if (rank == size - 1)
        expect(at_last.equal(numbers(count, type, factors)), "reduce is the sum");
    }
  }
  // Sums that rounding makes depend on their order: the same bits in every process and every time.
  const at::Tensor rounded = at::full({4099}, 1.0 / (3 + rank), at::TensorOptions(at::kFloat));
  const at::Tensor again = rounded.clone();
  processes.all_reduce(rounded);
  processes.all_reduce(again);
  const at::Tensor of_root = rounded.clone();
  processes.broadcast(of_root);
  expect(rounded.equal(again) && rounded.equal(of_root), "sums have the same bits everywhere");
}

void check_messages(const eida::Communicator& processes) {
  const int rank = processes.index(), size = processes.size();
  std::string text = rank == size - 1 ? std::string("a\0b", 3) : "mine";
  processes.broadcast(text, size - 1);
  expect(text == std::string("a\0b", 3), "broadcast gives the bytes of its origin");
  const auto parts = processes.gather(std::string(static_cast<size_t>(rank), 'x'));
  expect(parts.size() == (rank == 0 ? static_cast<size_t>(size) : 0U), "gather is for one process");
  for (size_t r = 0; r < parts.size(); ++r) expect(parts[r].size() == r, "parts come in order");
  const auto all = eida::all_gather(processes, fmt::format("from {}", rank));
  for (size_t r = 0; r < all.size(); ++r)
    expect(all[r] == fmt::format("from {}", r), "all_gather has every part");
  expect(all.size() == static_cast<size_t>(size), "all_gather has as many parts as processes");
  // Rank r gives r rows.
  const at::Tensor rows = at::full({rank, 3}, static_cast<double>(rank), at::kDouble);
  const at::Tensor gathered = eida::all_gather_rows(processes, rows);
  expect(gathered.size(0) == size * (size - 1) / 2, "all rows are there");
  expect(gathered.sum().item<double>() == 3.0 * size * (size - 1) * (2 * size - 1) / 6,
         "each row is whole");
  expect(processes.least(5.0 - rank) == 5.0 - (size - 1), "least finds the smallest");
  expect(eida::ask_root(processes, [&] { return rank == 0; }), "the first process answers");
}

void check_hosts(const eida::Communicator& processes, int hosts) {
  const int on_node = processes.size() / hosts;
  expect(processes.size_on_node() == on_node, "a process knows who shares its machine");
  expect(processes.index_on_node() == processes.index() % on_node, "and its number among them");
}

/// Samples that come to several processes end in one as if it had seen them all.
void check_statistics(const eida::Communicator& processes, const eida::PlaceSize& size) {
  const int64_t rows = size.rows, dim = size.dim;
  const at::Tensor samples =  // of full rank
      at::sin(numbers(rows * dim, at::kFloat, 0.01).square()).view({rows, dim});
  const std::vector<int64_t> costs(static_cast<size_t>(rows), 1);
  const eida::Shard own = eida::shard_of(costs, processes.index(), processes.size());
  eida::PlaceStatistics part(size, "a place", own), whole(size, "a place");
  part.add(samples.narrow(0, own.begin, own.size()));
  whole.add(samples);
  const int owner = processes.size() - 1;
  part.gather(processes, owner);
  if (processes.index() != owner) return;
  expect(part.count() == rows, "all samples count");
  expect(part.samples().equal(whole.samples()), "the same samples are kept");
  expect(part.mean().allclose(whole.mean(), 1e-12, 1e-12), "the mean is that of all samples");
  expect(std::abs(part.mean_pair_cosine() - whole.mean_pair_cosine()) < 1e-6,
         "so are the directions");
  if (size.kept() == eida::Kept::kSketch) return;
  expect(std::abs(participation_ratio(part.view()) - participation_ratio(whole.view())) < 1e-9,
         "the spread is that of all samples");
}

/// A sketch of samples that come to several processes.
void check_sketch(const eida::Communicator& processes) {
  constexpr int64_t kRows = 5000, kDim = 40;
  const at::Tensor X =
      at::sin(numbers(kRows * kDim, at::kDouble, 0.01).square()).view({kRows, kDim});
  const eida::Shard own =
      eida::shard_of(std::vector<int64_t>(kRows, 1), processes.index(), processes.size());
  eida::MomentSketch sketch(kDim, 10);
  sketch.add(X.narrow(0, own.begin, own.size()));
  const int owner = processes.size() - 1;
  sketch.reduce(processes, owner);
  if (processes.index() != owner) return;
  expect(sketch.count() == kRows, "the sketches count all samples");
  const at::Tensor S = at::mm(X.t(), X), B = sketch.rows(),
                   missing = at::linalg_eigvalsh(S - at::mm(B.t(), B));
  const double trace = S.trace().item<double>(), rounding = 1e-12 * trace;
  expect(std::abs(sketch.trace() - trace) < 1e-9 * trace, "and all of their energy");
  expect(missing[0].item<double>() > -rounding &&
             missing[kDim - 1].item<double>() <= sketch.shrunk() + rounding,
         "together they miss no more than they say");
}

int run(const eida::Communicator& processes, const std::string& mode) {
  if (mode == "throw" && processes.index() == processes.size() - 1)
    throw eida::NumericError("on purpose");
  if (mode == "throw-all") throw eida::FormatError("everywhere");
  if (mode == "die" && processes.index() == processes.size() - 1) std::raise(SIGKILL);
  check_sums(processes);
  check_messages(processes);
  check_hosts(processes, mode == "two-hosts" ? 2 : 1);
  check_statistics(processes, {500, 6});           // few enough to be kept
  check_statistics(processes, {5000, 6});          // second moments
  check_statistics(processes, {5000, 40, 1, 10});  // a sketch of them
  check_sketch(processes);
  processes.barrier();
  if (processes.is_root()) fmt::print("{} processes\n", processes.size());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return eida::run_ranks("collectives", [&](const eida::Communicator& processes) {
    return run(processes, argc > 1 ? argv[1] : "");
  });
}
