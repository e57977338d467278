// Puts updates into frozen weights.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "eida/adapter/method.h"
#include "eida/model/pretrained_model.h"

namespace eida {

/// Replaces a parameter's values by others, in its dtype and on its device. The old ones are not
/// written to (they may lie on a read-only map). \param values of the same shape
void replace_values(const at::Tensor& parameter, const at::Tensor& values);

std::map<std::string, at::Tensor> parameters_by_name(const PretrainedModel& model);

/// A float32 copy of a parameter's values; of its master values where the parameter has been
/// rounded.
at::Tensor float_values(const PretrainedModel& model, const std::string& name,
                        const at::Tensor& parameter);

/// Applies an update to W in place. \param rows of W as it is stored // [d_out, d_in]
void change_rows(const WeightUpdate& update, const at::Tensor& rows);

/// Sites that the tensors adapt, ascending. \throws FormatError as Method::update()
std::vector<PlaceId> adapted_sites(const Method& method, const AdapterTensors& tensors,
                                   const Places& places);

/// Updates the weight of every adapted site in float32. A bfloat16 W is its master weight with all
/// updates so far, rounded once; the model keeps the update for the next time. \throws NumericError
/// names a weight that would not be finite, FormatError; before anything has changed.
void merge_adapters(PretrainedModel& model, const Method& method, const AdapterTensors& tensors);

/// The weights of a method whose rounds all start from the same ones.
class OriginalWeights {
 public:
  /// Keeps those of the sites' layers, or puts them back where a merge has changed them.
  void restore(PretrainedModel& model, const std::vector<PlaceId>& sites);

 private:
  std::map<HookableLinear*, at::Tensor> weights_;
};

}  // namespace eida
