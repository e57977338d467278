#include "eida/subspace/second_moments.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "eida/core/error.h"
#include "orthonormal.h"
#include "spread.h"

namespace eida {

SecondMoments::SecondMoments(int64_t dim) {
  if (dim < 1) throw ConfigError("second moments: dimension {}, wanted at least 1", dim);
  sum_ = at::zeros({dim}, at::kDouble);
  product_ = at::zeros({dim, dim}, at::kDouble);
}

void SecondMoments::add(const at::Tensor& samples, const std::string& place) {
  each_chunk(samples, dim(), count_, "second moments", place, [this](const at::Tensor& chunk) {
    sum_ += chunk.sum(0);
    add_symmetric_product(chunk.t(), product_);
  });
  count_ += samples.size(0);
}

void SecondMoments::reduce(const Communicator& processes, int to) {
  if (processes.size() == 1) return;
  const at::Tensor count = at::full({1}, static_cast<double>(count_), sum_.options());
  for (const at::Tensor& part : {product_, sum_, count}) processes.reduce(part, to);
  count_ = static_cast<int64_t>(count.item<double>());
}

void SecondMoments::merge(const SecondMoments& other) {
  if (other.dim() != dim()) {
    throw ConfigError("second moments: dimensions {} and {} cannot be merged", dim(), other.dim());
  }
  count_ += other.count_;
  sum_ += other.sum_;
  product_ += other.product_;
}

}  // namespace eida
