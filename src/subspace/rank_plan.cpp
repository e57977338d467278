#include "eida/subspace/rank_plan.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"

namespace eida {
namespace {

using Json = nlohmann::json;

constexpr size_t kLargestPlan = size_t{16} << 20;  // bytes

int64_t index_of(const std::string& key, const std::string& where) {
  int64_t index = -1;
  const auto [end, code] = std::from_chars(key.data(), key.data() + key.size(), index);
  const bool whole = code == std::errc() && end == key.data() + key.size() && index >= 0;
  if (!whole || std::to_string(index) != key) {
    throw DataError("{}: no index of a place (hint: \"0\", \"1\", …)", where);
  }
  return index;
}

/// A plan's JSON and where its lines are.
class PlanFile {
 public:
  PlanFile(std::string_view text, std::string source) : source_(std::move(source)) {
    JsonOptions options;
    options.max_bytes = kLargestPlan;
    options.lines = &lines_;
    json_ = parse_json(text, source_, options);
    check_keys("", {"rule", "inputs", "delta_outputs", "reasons"});
  }

  const Json& root() const { return json_; }

  /// "FILE:LINE: key" for errors.
  std::string where(const std::string& pointer) const {
    return fmt::format("{}:{}: {}", source_, std::max(1, lines_.at(pointer)),
                       pointer.empty() ? "rank plan" : pointer.substr(1));
  }

  const Json& object_at(const std::string& pointer) const {
    const Json::json_pointer path(pointer);
    if (!json_.contains(path)) throw DataError("{}: {}: is missing", source_, pointer.substr(1));
    if (!json_.at(path).is_object()) throw DataError("{}: no JSON object", where(pointer));
    return json_.at(path);
  }

  void check_keys(const std::string& pointer, const std::set<std::string>& known) const {
    for (const auto& [name, value] : object_at(pointer).items()) {
      if (known.contains(name)) continue;
      throw DataError("{}: unknown key, wanted {}", where(child(pointer, name)),
                      fmt::join(known, ", "));
    }
  }

  /// {"0": …, "1": …} at `pointer`, each read by take(value, where).
  template <typename Take>
  auto values_at(const std::string& pointer, const Take& take) const {
    using Value = decltype(take(json_, std::string()));
    std::map<int64_t, Value> values;
    for (const auto& [name, value] : object_at(pointer).items()) {
      const std::string at = where(child(pointer, name));
      Value taken = take(value, at);
      values.emplace(index_of(name, at), std::move(taken));
    }
    return values;
  }

  static std::string child(const std::string& pointer, const std::string& key) {
    return pointer + "/" + escape_json_pointer(key);
  }

 private:
  std::string source_;
  Json json_;
  LineMap lines_;
};

int64_t rank_of(const Json& value, const std::string& where) {
  const bool whole = value.is_number_integer() &&
                     !(value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX);
  if (!whole || value.get<int64_t>() < 1)
    throw DataError("{}: rank {}, wanted a whole number of at least 1", where, value.dump());
  return value.get<int64_t>();
}

std::string reason_of(const Json& value, const std::string& where) {
  if (!value.is_string()) throw DataError("{}: no text", where);
  return value.get<std::string>();
}

/// {"0": …, "1": …}, without places that have no value.
template <typename Value>
nlohmann::ordered_json by_index(std::span<const Place> places, const Places& all,
                                const PerPlace<Value>& values) {
  auto json = nlohmann::ordered_json::object();
  for (const Place& place : places) {
    const Value& value = values[all.id_of(place)];
    if (value != Value()) json[std::to_string(place.index)] = value;
  }
  return json;
}

/// Every place has a rank that fits, and there are no others.
void check_ranks(const std::map<int64_t, int64_t>& ranks, std::span<const Place> places,
                 const std::string& where) {
  const size_t last = places.size() - 1;
  for (const Place& place : places) {
    const auto found = ranks.find(place.index);
    if (found == ranks.end())
      throw DataError("{}: place {} has no rank, the model's places are 0 to {}", where,
                      place.index, last);
    if (found->second > place.dim) {
      throw DataError("{}.{}: rank {}, wanted 1 to {}, the place's dimension", where, place.index,
                      found->second, place.dim);
    }
  }
  for (const auto& [index, rank] : ranks) {
    if (index <= static_cast<int64_t>(last)) continue;
    throw DataError(
        "{}: place {} does not exist, the model's places are 0 to {} (hint: was the plan made for "
        "another model?)",
        where, index, last);
  }
}

}  // namespace

std::string RankPlan::to_json(const Places& places) const {
  const auto by_kind = [&](const auto& values) {
    return nlohmann::ordered_json{{"inputs", by_index(places.inputs(), places, values)},
                                  {"delta_outputs", by_index(places.sites(), places, values)}};
  };
  nlohmann::ordered_json json = {{"rule", rule}};
  json.update(by_kind(ranks));
  if (!reasons.empty()) json["reasons"] = by_kind(reasons);
  return json_text(json);
}

RankPlan parse_rank_plan(std::string_view text, const std::string& source, const Places& places) {
  const PlanFile file(text, source);
  const Json& root = file.root();
  if (!root.contains("rule") || !root["rule"].is_string())
    throw DataError("{}: rule: missing or no text", source);
  RankPlan plan{root["rule"].get<std::string>(), PerPlace<int64_t>(places.size()), {}};
  const auto inputs = file.values_at("/inputs", rank_of),
             outputs = file.values_at("/delta_outputs", rank_of);
  check_ranks(inputs, places.inputs(), source + ": inputs");
  check_ranks(outputs, places.sites(), source + ": delta_outputs");
  for (PlaceId id = 0; id < places.size(); ++id)
    plan.ranks[id] = (places[id].is_site() ? outputs : inputs).at(places[id].index);
  if (!root.contains("reasons")) return plan;
  file.check_keys("/reasons", {"inputs", "delta_outputs"});
  plan.reasons = PerPlace<std::string>(places.size());
  const auto of_inputs = file.values_at("/reasons/inputs", reason_of),
             of_outputs = file.values_at("/reasons/delta_outputs", reason_of);
  for (PlaceId id = 0; id < places.size(); ++id) {
    const auto& reasons = places[id].is_site() ? of_outputs : of_inputs;
    const auto found = reasons.find(places[id].index);
    if (found != reasons.end()) plan.reasons[id] = found->second;
  }
  return plan;
}

RankPlan read_rank_plan(const std::filesystem::path& file, const Places& places) {
  return parse_rank_plan(read_file(file, kLargestPlan), file.string(), places);
}

int64_t adapter_parameters(const PerPlace<int64_t>& ranks, const Places& places) {
  int64_t parameters = 0;
  for (const Place& site : places.sites())
    parameters += ranks[site.input] * ranks[places.id_of(site)];
  return parameters;
}

}  // namespace eida
