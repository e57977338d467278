/// The same tiny random model on the CPU and on a GPU.
#pragma once

#include <ATen/Context.h>

#include <memory>

#include "adapter/adapted_model.h"

namespace eida::testing {

/// Every family; skips where there is no GPU.
class GpuModel : public AdaptedModel {
 protected:
  void SetUp() override {
    if (!at::hasCUDA()) GTEST_SKIP() << "no GPU, or a LibTorch without CUDA";
    cpu_ = tiny_model(dir_.path(), GetParam());
    gpu_ = tiny_model(dir_.path(), GetParam(), at::kCUDA);
  }

  std::unique_ptr<PretrainedModel> cpu_, gpu_;
};

}  // namespace eida::testing
