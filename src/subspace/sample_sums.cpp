#include "eida/subspace/sample_sums.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include "eida/core/error.h"
#include "orthonormal.h"

namespace eida {

SampleSums::SampleSums(int64_t dim, const char* what) : what_(what) {
  if (dim < 1) throw ConfigError("{}: dimension {}, wanted at least 1", what, dim);
  sum_ = at::zeros({dim}, at::kDouble);
}

void SampleSums::add(const at::Tensor& samples, const std::string& place) {
  const c10::NoGradGuard no_grad;
  if (samples.dim() != 2 || samples.size(1) != dim()) {
    throw ConfigError("{}{}: samples of shape {}, wanted [n, {}]", what_,
                      place.empty() ? "" : " of " + place, fmt::join(samples.sizes(), " x "),
                      dim());
  }
  const at::Tensor host = samples.detach().to(at::kCPU);
  check_finite(host, place, count_);
  constexpr int64_t kRows = 1024;
  for (int64_t begin = 0; begin < host.size(0); begin += kRows) {
    const at::Tensor chunk =
        host.narrow(0, begin, std::min(kRows, host.size(0) - begin)).to(at::kDouble);
    sum_ += chunk.sum(0);
    add_chunk(chunk);
  }
  count_ += samples.size(0);
}

void SampleSums::reduce(const Communicator& processes, int to) {
  const at::Tensor count = at::full({1}, static_cast<double>(count_), sum_.options());
  for (const at::Tensor& part : {sum_, count}) processes.reduce(part, to);
  count_ = static_cast<int64_t>(count.item<double>());
}

SecondMoments::SecondMoments(int64_t dim)
    : SampleSums(dim, "second moments"), product_(at::zeros({dim, dim}, at::kDouble)) {}

void SecondMoments::add_chunk(const at::Tensor& chunk) {
  add_symmetric_product(chunk.t(), product_);
}

void SecondMoments::reduce(const Communicator& processes, int to) {
  SampleSums::reduce(processes, to);
  processes.reduce(product_, to);
}

double SecondMoments::trace() const { return product_.trace().item<double>(); }

MomentSketch::MomentSketch(int64_t dim, int64_t rows) : SampleSums(dim, "sketch") {
  if (rows < 2) throw ConfigError("sketch: {} rows, wanted at least 2", rows);
  buffer_ = at::empty({2 * rows, dim}, at::kDouble);
}

void MomentSketch::add_chunk(const at::Tensor& chunk) {
  trace_ += chunk.square().sum().item<double>();
  append(chunk);
}

void MomentSketch::append(const at::Tensor& rows) {
  for (int64_t row = 0; row < rows.size(0);) {
    const int64_t size = std::min(rows.size(0) - row, buffer_.size(0) - filled_);
    buffer_.narrow(0, filled_, size).copy_(rows.narrow(0, row, size));
    row += size;
    filled_ += size;
    if (filled_ == buffer_.size(0)) shrink();
  }
}

/// With B = U^T diag(sigma) V, rows sigma_i v_i come from U B: the decomposition is that of the
/// small B B^T. The bound needs no accurate sigma: any orthogonal U gives rows within it.
void MomentSketch::shrink() {
  const int64_t l = most_rows(), m = filled_;
  if (m <= l) return;
  const at::Tensor B = rows();  // [m, d]
  at::Tensor gram = at::zeros({m, m}, B.options());
  add_symmetric_product(B, gram);
  const auto [ascending, columns] = at::linalg_eigh(gram);
  const at::Tensor squares = ascending.narrow(0, m - l, l).flip(0);     // [l]
  at::Tensor U = columns.t().narrow(0, m - l, l).flip(0).contiguous();  // [l, m]
  const double cut = std::max(0.0, ascending[m - l - 1].item<double>());
  if (cut > 0) {
    const at::Tensor shortened = squares.narrow(0, l / 2, l - l / 2);
    U.narrow(0, l / 2, l - l / 2).mul_((1 - cut / shortened).clamp_min_(0).sqrt_().unsqueeze(1));
  }
  buffer_.narrow(0, 0, l).copy_(at::mm(U, B));
  filled_ = l;
  shrunk_ += cut;
}

void MomentSketch::reduce(const Communicator& processes, int to) {
  if (processes.size() == 1) return;
  SampleSums::reduce(processes, to);
  shrink();  // l rows of each process are enough
  const at::Tensor own = rows().clone();
  const at::Tensor numbers = at::tensor({trace_, shrunk_}, own.options());
  processes.reduce(numbers, to);
  trace_ = numbers[0].item<double>();
  shrunk_ = numbers[1].item<double>();
  filled_ = 0;
  for (int process = 0; process < processes.size(); ++process) {  // one at a time
    const int64_t sent = process == processes.index() ? own.size(0) : 0;
    append(processes.gather_rows(own.narrow(0, 0, sent), to));
  }
}

double MomentSketch::lost() const {
  return std::max(0.0, trace_ - rows().square().sum().item<double>());
}

}  // namespace eida
