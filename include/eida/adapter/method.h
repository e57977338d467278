/// The ways to train a model, through one interface. Another one is one more file and a line in
/// make_method().
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eida/model/pretrained_model.h"
#include "eida/subspace/subspace.h"

namespace eida {

/// Which weights are adapted. Names as Site::weight has them; "classifier" is the head's dense
/// layer.
struct SiteSelection {
  std::vector<std::string> weights = {"q", "k", "v", "o", "fc1", "fc2", "classifier"};
  bool all_layers = true;
  std::vector<int64_t> layers;  ///< from 0; the head's dense layer belongs to none
};

/// The chosen sites, ascending. \throws ConfigError nothing is left, or no such layer.
std::vector<PlaceId> choose_sites(const PretrainedModel& model, const SiteSelection& selection);

/// A of each input space [k_in, d_in] and C of each site [k_out, d_out] in one round; undefined
/// where a place is not adapted.
using PlaceBases = PerPlace<at::Tensor>;

/// Truncates subspaces to `ranks`, for the chosen sites and what enters them. \param subspaces each
/// with at least as many rows.
PlaceBases make_bases(const Places& places, const PerPlace<Subspace>& subspaces,
                      const PerPlace<int64_t>& ranks, const std::vector<PlaceId>& sites);

/// One method attached to one model. A round is attach → train → merge.
class Method {
 public:
  virtual ~Method() = default;
  virtual const char* name() const = 0;
  /// Whether attach() needs bases.
  virtual bool needs_bases() const { return false; }
  /// True where a round goes on with the adapter of the round before, from the original weights.
  virtual bool continues() const { return false; }
  /// Whether all parameters of the model are trained.
  virtual bool trains_model() const { return false; }

  /// Hangs the adapters on the model; they change nothing yet (first round of a continued one).
  /// \param round from 1.
  virtual void attach(PretrainedModel& model, const PlaceBases& bases, int64_t round) {}
  /// What is trained, under the names of the adapter file: leaves, float32.
  virtual std::vector<NamedTensor> trainable() const { return {}; }
  /// What the adapter file holds besides: A and C, float32.
  virtual std::vector<NamedTensor> frozen() const { return {}; }
  /// Adds the update to the weights in float32 and takes the adapters off.
  virtual void merge(PretrainedModel& model) {}
  /// AdamW's moments of the round before, rotated into this round's bases. \param moments one for
  /// each of trainable(), shaped like it in the round before. \param squared second moments.
  virtual std::vector<at::Tensor> carry_moments(const std::vector<at::Tensor>& moments,
                                                bool squared) const {
    return moments;
  }
};

struct MethodOptions {
  std::vector<PlaceId> sites;  ///< of choose_sites()
  int64_t lora_rank = 8;
  double lora_alpha = 16.0;
  uint64_t seed = 0;
};

std::unique_ptr<Method> make_method(MethodKind kind, const MethodOptions& options);

}  // namespace eida
