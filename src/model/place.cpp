#include "eida/model/place.h"

namespace eida {

void Places::add_input(std::string name, std::string role, int64_t layer, int64_t dim,
                       bool in_head) {
  const auto end = places_.begin() + static_cast<std::ptrdiff_t>(inputs_);
  places_.insert(end, Place{PlaceKind::kInput, static_cast<int64_t>(inputs_), std::move(name),
                            std::move(role), layer, in_head, dim, inputs_});
  ++inputs_;
}

void Places::add_site(std::string name, std::string role, int64_t dim, HookableLinear* linear,
                      int64_t out_begin) {
  const Place& input = places_[inputs_ - 1];
  places_.push_back({PlaceKind::kDeltaOutput, static_cast<int64_t>(sites().size()), std::move(name),
                     std::move(role), input.layer, input.in_head, dim, input.input, linear,
                     out_begin});
}

std::vector<PlaceId> Places::sites_of(PlaceId input) const {
  std::vector<PlaceId> found;
  for (const Place& site : sites()) {
    if (site.input == input) found.push_back(id_of(site));
  }
  return found;
}

}  // namespace eida
