// Adds updates to frozen weights.
#pragma once

#include <functional>
#include <vector>

#include "eida/model/pretrained_model.h"

namespace eida {

/// What is added to a weight: left core right, or scale left right where there is no core. Float32;
/// products are associated from the left: the bits of a merge do not depend on where it is done.
struct WeightUpdate {
  at::Tensor left, core, right;  // [d_out, a], [a, b] or undefined, [b, d_in]
  double scale = 1.0;
  at::Tensor dense() const;  // [d_out, d_in]
};

/// C^T B A. \param A [k_in, d_in], B [k_out, k_in], C [k_out, d_out] float32
WeightUpdate eida_update(const at::Tensor& A, const at::Tensor& B, const at::Tensor& C);

/// scale * B A. \param A [r, d_in], B [d_out, r] float32
WeightUpdate lora_update(const at::Tensor& A, const at::Tensor& B, double scale);

/// Puts other values in the place of a parameter's, in its dtype and on its device. The old ones
/// are not written to (they may lie on a read-only map). \param values of the same shape
void replace_values(const at::Tensor& parameter, const at::Tensor& values);

/// Puts W + update in the place of W, for every layer of `sites`, summed in float32. A bfloat16 W
/// is its master weight with all updates so far, rounded once; the model keeps the update's factors
/// for the next time. \param update of a site \throws NumericError names a weight that would not
/// be finite, before anything has changed.
void add_updates(PretrainedModel& model, const std::vector<PlaceId>& sites,
                 const std::function<WeightUpdate(PlaceId site)>& update);

}  // namespace eida
