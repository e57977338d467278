/// The LibTorch part from outside: the subspace of samples on one line is that line.
#include <ATen/ops/outer.h>
#include <ATen/ops/tensor.h>
#include <eida/subspace/subspace.h>

#include <cstdio>

int main() {
  const at::Tensor direction = at::tensor({0.6F, 0.0F, 0.8F});                      // [d]
  const at::Tensor samples = at::outer(at::tensor({1.0F, 2.0F, 3.0F}), direction);  // [n, d]
  const eida::Subspace line = eida::estimate_subspace(samples, {.k = 1}, "outside");
  // float32: the rows are short, the error is a few units in the last place.
  const double cosine = line.basis[0].dot(direction).abs().item<double>();
  if (cosine < 1.0 - 1e-5) {
    std::fprintf(stderr, "estimate_subspace: cosine %.8f with the only direction\n", cosine);
    return 1;
  }
  return 0;
}
