#include "eida/report/train_report.h"

namespace eida {

void ThinnedSteps::add(const TrainStepPoint& point) {
  if (sums_.empty() || last_ == stride_) {
    if (sums_.size() == kMost) halve();
    sums_.emplace_back();
    last_ = 0;
  }
  TrainStepPoint& sum = sums_.back();
  sum.step += point.step;
  sum.loss += point.loss;
  sum.lr += point.lr;
  sum.grad_norm += point.grad_norm;
  ++last_;
}

/// Adds each pair of full neighbours up.
void ThinnedSteps::halve() {
  for (size_t i = 0; i < sums_.size(); i += 2) {
    const TrainStepPoint &a = sums_[i], &b = sums_[i + 1];
    sums_[i / 2] = {a.step + b.step, a.loss + b.loss, a.lr + b.lr, a.grad_norm + b.grad_norm};
  }
  sums_.resize(sums_.size() / 2);
  stride_ *= 2;
}

std::vector<TrainStepPoint> ThinnedSteps::points() const {
  std::vector<TrainStepPoint> means = sums_;
  for (size_t i = 0; i < means.size(); ++i) {
    const auto count = static_cast<double>(i + 1 == means.size() ? last_ : stride_);
    TrainStepPoint& mean = means[i];
    mean = {mean.step / count, mean.loss / count, mean.lr / count, mean.grad_norm / count};
  }
  return means;
}

}  // namespace eida
