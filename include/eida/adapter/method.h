/// The ways to train a model, through one interface. Another one is one more file in
/// src/adapter/methods/ and a line in eida/core/methods.inc.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eida/adapter/weight_update.h"
#include "eida/core/choices.h"
#include "eida/data/example.h"
#include "eida/model/pretrained_model.h"
#include "eida/subspace/subspace.h"

namespace eida {

/// Which weights are adapted. Names as Place::role has them; "classifier" is the head's dense
/// layer, "fc1" also a gated MLP's gate and up, "fc2" its down.
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

struct MethodOptions {
  std::vector<PlaceId> sites;  ///< of choose_sites()
  int64_t lora_rank = 8;
  double lora_alpha = 16.0;
  uint64_t seed = 0;

  /// What LoRA and its kin multiply their update by.
  double lora_scale() const { return lora_alpha / static_cast<double>(lora_rank); }
};

/// Where the frozen bases of a method come from.
enum class BasisSource {
  kNone,       ///< it has none
  kSamples,    ///< A of input spaces and C of sites, estimated anew for every attach()
  kWeights,    ///< A and C of each site from its weight: attach() takes them
  kGradients,  ///< A and C of each site from its weight's gradient, estimated for attach()
};

/// One method attached to one model. A round is attach → train → merge. What concerns files works
/// for a method without options too.
class Method {
 public:
  explicit Method(MethodOptions options = {}) : options_(std::move(options)) {}
  virtual ~Method() = default;

  virtual MethodKind kind() const = 0;
  std::string name() const { return std::string(to_string(kind())); }
  virtual BasisSource basis_source() const { return BasisSource::kNone; }
  /// Whether attach() needs bases from its caller.
  bool needs_bases() const;
  /// True where a round goes on with the adapter of the round before, from the original weights.
  virtual bool continues() const { return false; }
  /// Whether all parameters of the model are trained.
  virtual bool trains_model() const { return false; }
  /// \param with_head whether the classification head's output layer is trained besides.
  /// \throws ConfigError nothing would be trained
  virtual void check(TaskKind task, bool with_head) const {}
  /// Entries of trainable(). \param ranks of all places; only a method that needs bases reads them
  virtual int64_t parameter_count(const Places& places, const PerPlace<int64_t>& ranks) const {
    return 0;
  }

  /// Attaches the adapters, which change no output yet (where it continues(): in the first round).
  /// \param round from 1.
  virtual void attach(PretrainedModel& model, const PlaceBases& bases, int64_t round) {}
  /// What is trained, under the names of the adapter file: leaves, float32.
  virtual std::vector<NamedTensor> trainable() const { return {}; }
  /// Whether weight decay acts on one of trainable().
  virtual bool decays(const std::string& name) const { return true; }
  /// What the adapter file holds besides: A and C, float32.
  virtual std::vector<NamedTensor> frozen() const { return {}; }
  /// Updates the weights in float32 and detaches the adapters.
  void merge(PretrainedModel& model);
  /// AdamW's moments of the round before, rotated into this round's bases. \param moments of all
  /// that is trained, by name, in the shapes of the round before. \param squared second moments.
  virtual std::map<std::string, at::Tensor> carry_moments(std::map<std::string, at::Tensor> moments,
                                                          bool squared) const {
    return moments;
  }

  /// What update() multiplies by and the file's metadata keep.
  virtual double scale() const { return 1.0; }
  /// Endings of the names of trainable() and frozen(), behind the name of a place or a layer.
  virtual std::vector<std::string> suffixes() const { return {}; }
  /// What becomes of a site's weight; nullopt: `tensors` do not adapt it. \throws FormatError
  /// tensors that are missing or do not fit the site
  virtual std::optional<WeightUpdate> update(const AdapterTensors& tensors, const Places& places,
                                             PlaceId site) const {
    return std::nullopt;
  }
  /// The update as peft holds it; nullopt: as update(), or peft has nothing like it.
  virtual std::optional<PeftFactors> peft_factors(const AdapterTensors& tensors,
                                                  const Places& places, PlaceId site) const;

 protected:
  MethodOptions options_;
};

/// A method by its kind, or by its name. \throws ConfigError lists the names.
std::unique_ptr<Method> make_method(MethodKind kind, MethodOptions options = {});
std::unique_ptr<Method> make_method(std::string_view name, MethodOptions options = {});

}  // namespace eida
