#include "eida/training/flat_parameters.h"

#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <utility>

#include "eida/core/error.h"

namespace eida {
namespace {

constexpr int64_t kAlignment = 16;  ///< float32 entries, one cache line

bool same_treatment(const FlatParameters::Range& range, const TrainedTensor& tensor) {
  return range.decays == tensor.decays && range.head == (tensor.group == "head");
}

}  // namespace

FlatParameters::FlatParameters(std::vector<TrainedTensor> tensors) : tensors_(std::move(tensors)) {
  if (tensors_.empty()) throw Error(ExitCode::kInternal, "nothing to train");
  std::stable_sort(tensors_.begin(), tensors_.end(), [](const auto& a, const auto& b) {
    return std::pair(a.group == "head", !a.decays) < std::pair(b.group == "head", !b.decays);
  });
  int64_t end = 0;
  for (const TrainedTensor& trained : tensors_) {
    if (trained.tensor.scalar_type() != at::kFloat)
      throw Error(ExitCode::kInternal, trained.name + " is trained and not float32");
    begins_.push_back(end);
    if (ranges_.empty() || !same_treatment(ranges_.back(), trained))
      ranges_.push_back({end, 0, trained.decays, trained.group == "head"});
    end += (trained.tensor.numel() + kAlignment - 1) / kAlignment * kAlignment;
    ranges_.back().size = end - ranges_.back().begin;
  }
  const auto options = tensors_.front().tensor.options().requires_grad(false);
  values_ = at::zeros({end}, options);
  gradients_ = at::zeros({end}, options);
  const c10::AutoGradMode without_gradients(false);
  for (size_t i = 0; i < tensors_.size(); ++i) {
    at::Tensor& tensor = tensors_[i].tensor;
    const at::Tensor place = view_of(values_, i);
    place.copy_(tensor);
    tensor.set_data(place);
    tensor.unsafeGetTensorImpl()->bump_version();
    tensor.set_requires_grad(true);
    tensor.mutable_grad() = view_of(gradients_, i);
  }
}

int64_t FlatParameters::count() const {
  int64_t entries = 0;
  for (const TrainedTensor& trained : tensors_) entries += trained.tensor.numel();
  return entries;
}

at::Tensor FlatParameters::view_of(const at::Tensor& buffer, size_t index) const {
  const at::Tensor& tensor = tensors_[index].tensor;
  return buffer.narrow(0, begins_[index], tensor.numel()).view(tensor.sizes());
}

std::vector<TrainedTensor> trained_tensors(const PretrainedModel& model, const Method& method,
                                           const std::vector<std::string>& parameters) {
  std::vector<TrainedTensor> tensors;
  for (const auto& [name, tensor] : method.trainable())
    tensors.push_back({name, tensor, "adapter", method.decays(name)});
  for (const auto& [name, tensor] : model.parameters()) {
    if (std::count(parameters.begin(), parameters.end(), name) > 0)
      tensors.push_back(
          {name, tensor, group_name(model.parameter_info(name).group), tensor.dim() > 1});
  }
  return tensors;
}

}  // namespace eida
