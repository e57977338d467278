// Adds updates to frozen weights.
#pragma once

#include <functional>
#include <vector>

#include "eida/model/pretrained_model.h"

namespace eida {

/// C^T B A, associated from the left: the bits of a merge do not depend on where it is done.
/// \param A [k_in, d_in], B [k_out, k_in], C [k_out, d_out] float32 // [d_out, d_in]
at::Tensor eida_update(const at::Tensor& A, const at::Tensor& B, const at::Tensor& C);

/// scale * B A. \param A [r, d_in], B [d_out, r] float32 // [d_out, d_in]
at::Tensor lora_update(const at::Tensor& A, const at::Tensor& B, double scale);

/// Puts other values in the place of a parameter's, in its dtype and on its device. The old ones
/// are not written to (they may lie on a read-only map). \param values of the same shape
void replace_values(at::Tensor parameter, const at::Tensor& values);

/// Puts W + update in the place of W, for every layer of `sites`. \param update of a site, float32
/// // [d_out, d_in] \throws NumericError names a weight that would not be finite, before anything
/// has changed.
void add_updates(PretrainedModel& model, const std::vector<int64_t>& sites,
                 const std::function<at::Tensor(int64_t site)>& update);

}  // namespace eida
