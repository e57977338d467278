#include "eida/model/master_weights.h"

namespace eida {

at::Tensor MasterWeights::values(const std::string& parameter) const {
  at::Tensor values = original_(parameter).to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  const auto found = additions_.find(parameter);
  if (found == additions_.end()) return values;
  for (const WeightAddition& addition : found->second) addition(values);
  return values;
}

}  // namespace eida
