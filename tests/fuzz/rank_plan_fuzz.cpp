/// Any bytes as a rank plan: every place has a rank that fits, and the plan's text reads back the
/// same, or a DataError says why not.
#include "eida/subspace/rank_plan.h"
#include "support.h"

const size_t eida::fuzz::kOptions = 0;

namespace {

eida::Places two_layers() {
  eida::Places places;
  places.add_input("0:in", "q,v", 0, 8);
  places.add_site("0.q", "q", 8);
  places.add_site("0.v", "v", 4);
  places.add_input("1:in", "fc1", 1, 8);
  places.add_site("1.fc1", "fc1", 16);
  return places;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const eida::Places places = two_layers();
  eida::fuzz::expect_errors_only([&] {
    const auto plan =
        eida::parse_rank_plan({reinterpret_cast<const char*>(bytes), size}, "fuzzed", places);
    for (const eida::Place& place : places) {
      const int64_t rank = plan.ranks[places.id_of(place)];
      eida::fuzz::check(rank >= 1 && rank <= place.dim);
    }
    const auto again = eida::parse_rank_plan(plan.to_json(places), "written", places);
    eida::fuzz::check(again.ranks == plan.ranks && again.rule == plan.rule);
  });
  return 0;
}
