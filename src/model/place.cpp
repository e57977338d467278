#include "eida/model/place.h"

namespace eida {

void Places::add_input(std::string name, std::string role, int64_t layer, int64_t dim,
                       bool in_head) {
  Place place;
  place.index = static_cast<int64_t>(inputs_);
  place.name = std::move(name);
  place.role = std::move(role);
  place.layer = layer;
  place.in_head = in_head;
  place.dim = dim;
  place.input = inputs_;
  places_.insert(places_.begin() + static_cast<std::ptrdiff_t>(inputs_++), std::move(place));
}

void Places::add_site(std::string name, std::string role, int64_t dim, HookableLinear* linear,
                      int64_t out_begin) {
  Place place = places_[inputs_ - 1];  // layer, head and input space are shared
  place.kind = PlaceKind::kDeltaOutput;
  place.index = static_cast<int64_t>(sites().size());
  place.name = std::move(name);
  place.role = std::move(role);
  place.dim = dim;
  place.linear = linear;
  place.out_begin = out_begin;
  places_.push_back(std::move(place));
}

std::vector<PlaceId> Places::sites_of(PlaceId input) const {
  std::vector<PlaceId> found;
  for (const Place& site : sites()) {
    if (site.input == input) found.push_back(id_of(site));
  }
  return found;
}

}  // namespace eida
