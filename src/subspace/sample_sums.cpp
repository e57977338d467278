#include "eida/subspace/sample_sums.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
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

}  // namespace eida
