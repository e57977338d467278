/// Where token representations enter a weight, and where its gradient acts. Needs no LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace eida {

class HookableLinear;

/// Position in Places: input spaces first, then sites.
using PlaceId = size_t;

enum class PlaceKind { kInput, kDeltaOutput };  ///< an input space, or a site

/// An input space, whose vectors X enter one or more weights, or a site: one adapted weight W (or
/// the columns of a fused one), whose vectors are Delta W * X.
struct Place {
  PlaceKind kind = PlaceKind::kInput;
  int64_t index = 0;     ///< among the places of its kind, as files count them
  std::string name;      ///< Hugging Face's module name, with ":in" for an input space, ":q", ":k",
                         ///< ":v" for slices of a fused layer
  std::string role;      ///< of a site "q", "k", "v", "o", "fc1", "fc2" (or "gate", "up", "down"),
                         ///< "classifier.dense", …; of an input space those of its sites: "q,k,v"
  int64_t layer = 0;     ///< from 0; the number of layers for a place in the head
  bool in_head = false;  ///< belongs to the classification head and no layer
  int64_t dim = 0;       ///< of a vector: d_in of an input space, d_out of a site
  PlaceId input = 0;     ///< the input space of a site; of an input space itself
  HookableLinear* linear = nullptr;  ///< of a site: the layer whose weight it is
  int64_t out_begin = 0;             ///< the site is columns out_begin .. out_begin + dim - 1

  /// "input" or "delta_output", as files say it.
  const char* kind_name() const { return kind == PlaceKind::kInput ? "input" : "delta_output"; }
  bool is_site() const { return kind == PlaceKind::kDeltaOutput; }
};

/// All places of a model in their fixed order: docs/method.md, "Places".
class Places {
 public:
  /// Registers an input space; sites that are added next belong to it.
  void add_input(std::string name, std::string role, int64_t layer, int64_t dim,
                 bool in_head = false);
  void add_site(std::string name, std::string role, int64_t dim, HookableLinear* linear = nullptr,
                int64_t out_begin = 0);

  const Place& operator[](PlaceId id) const { return places_[id]; }
  size_t size() const { return places_.size(); }
  auto begin() const { return places_.begin(); }
  auto end() const { return places_.end(); }
  std::span<const Place> inputs() const { return {places_.data(), inputs_}; }
  std::span<const Place> sites() const { return std::span(places_).subspan(inputs_); }
  /// `index` among the sites.
  PlaceId site(size_t index) const { return inputs_ + index; }
  PlaceId id_of(const Place& place) const { return static_cast<PlaceId>(&place - places_.data()); }
  /// The sites that an input space feeds, ascending.
  std::vector<PlaceId> sites_of(PlaceId input) const;

 private:
  std::vector<Place> places_;
  size_t inputs_ = 0;
};

/// One value a place.
template <typename T>
class PerPlace {
 public:
  PerPlace() = default;
  explicit PerPlace(size_t places, const T& value = T()) : values_(places, value) {}

  T& operator[](PlaceId place) { return values_[place]; }
  const T& operator[](PlaceId place) const { return values_[place]; }
  size_t size() const { return values_.size(); }
  bool empty() const { return values_.empty(); }
  auto begin() { return values_.begin(); }
  auto end() { return values_.end(); }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }
  T* data() { return values_.data(); }
  bool operator==(const PerPlace&) const = default;

 private:
  std::vector<T> values_;
};

}  // namespace eida
