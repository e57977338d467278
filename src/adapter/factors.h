// Reads, makes and keeps low-rank factors, for the methods that have them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eida/adapter/weight_update.h"
#include "eida/model/place.h"

namespace eida {

/// Tensors of a site on its weight's device, in the order of `names`, matrices or vectors. \param
/// own how many of the first belong to this site alone. \return nullopt where all of these are
/// missing. \throws FormatError some are missing
std::optional<std::vector<at::Tensor>> site_tensors(const AdapterTensors& tensors,
                                                    const Place& site,
                                                    const std::vector<std::string>& names,
                                                    size_t own);

/// The same factors. \throws FormatError their shapes do not make the site's weight
LowRank checked(LowRank factors, const AdapterTensors& tensors, const Place& site);

/// `owner`.lora_B times `owner`.lora_A as LoRA adds them to a site. \param owner the site, or the
/// whole layer, of whose lora_B the site has its rows
std::optional<LowRank> lora_factors(const AdapterTensors& tensors, const Place& site,
                                    const std::string& owner);

/// DoRA: the rows of W + lora, brought to the norms that `magnitude` says.
WeightChange dora_change(const PeftFactors& factors);

/// lora_A [r, d_in] of a seed: uniform on [-1/sqrt(d_in), 1/sqrt(d_in)], as peft's
/// kaiming_uniform_(a = sqrt(5)).
at::Tensor random_down_projection(int64_t rank, int64_t dim, uint64_t seed, int64_t site);

}  // namespace eida
