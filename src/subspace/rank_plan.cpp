#include "eida/subspace/rank_plan.h"

#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "eida/core/error.h"

namespace eida {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uintmax_t kLargestFile = 16 << 20;

/// JSON with every key once: the parser itself would keep the last of two, silently.
Json parse_strict(std::string_view text, const std::string& source) {
  std::vector<std::set<std::string>> keys;
  const auto check = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second) {
      throw DataError("{}: key '{}' stands twice in one object", source, value.get<std::string>());
    }
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const Json::exception& error) {
    throw DataError("{}: no valid JSON: {}", source, error.what());
  }
}

int64_t index_of(const std::string& key, const std::string& where) {
  int64_t index = -1;
  const auto [end, code] = std::from_chars(key.data(), key.data() + key.size(), index);
  const bool whole = code == std::errc() && end == key.data() + key.size() && index >= 0;
  if (!whole || std::to_string(index) != key) {
    throw DataError("{}: '{}' is no index of a place (hint: \"0\", \"1\", …)", where, key);
  }
  return index;
}

const Json& object_at(const Json& json, const char* key, const std::string& source) {
  if (!json.contains(key)) throw DataError("{}: key '{}' is missing", source, key);
  if (!json[key].is_object()) throw DataError("{}: '{}' is no object", source, key);
  return json[key];
}

std::map<int64_t, int64_t> ranks_at(const Json& json, const char* key, const std::string& source) {
  std::map<int64_t, int64_t> ranks;
  const std::string where = source + ": " + key;
  for (const auto& [name, value] : object_at(json, key, source).items()) {
    const int64_t index = index_of(name, where);
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) ||
        value.get<int64_t>() < 1) {
      throw DataError("{}.{}: rank {}, wanted a whole number of at least 1", where, name,
                      value.dump());
    }
    ranks[index] = value.get<int64_t>();
  }
  return ranks;
}

std::map<int64_t, std::string> reasons_at(const Json& json, const char* key,
                                          const std::string& source) {
  std::map<int64_t, std::string> reasons;
  for (const auto& [name, value] : object_at(json, key, source).items()) {
    const int64_t index = index_of(name, source + "." + key);
    if (!value.is_string()) throw DataError("{}.{}.{}: no text", source, key, name);
    reasons[index] = value.get<std::string>();
  }
  return reasons;
}

void check_keys(const Json& json, const std::set<std::string>& known, const std::string& source) {
  if (!json.is_object()) throw DataError("{}: no JSON object", source);
  for (const auto& [name, value] : json.items()) {
    if (!known.count(name))
      throw DataError("{}: unknown key '{}', wanted {}", source, name, fmt::join(known, ", "));
  }
}

template <typename Value>
Json by_index(const std::map<int64_t, Value>& values) {
  Json json = Json::object();
  for (const auto& [index, value] : values) json[std::to_string(index)] = value;
  return json;
}

void check_ranks(const std::map<int64_t, int64_t>& ranks, const std::vector<int64_t>& dims,
                 const std::string& where) {
  const auto places = static_cast<int64_t>(dims.size());
  for (int64_t i = 0; i < places; ++i) {
    const auto found = ranks.find(i);
    if (found == ranks.end())
      throw DataError("{}: place {} has no rank, the model has {} places", where, i, places);
    if (found->second < 1 || found->second > dims[i]) {
      throw DataError("{}.{}: rank {}, wanted 1 to {}, the place's dimension", where, i,
                      found->second, dims[i]);
    }
  }
  for (const auto& [index, rank] : ranks) {
    if (index < 0 || index >= places) {
      throw DataError(
          "{}: place {} does not exist, the model has {} (hint: was the plan made for another "
          "model?)",
          where, index, places);
    }
  }
}

}  // namespace

std::string RankPlan::to_json() const {
  Json json = {
      {"rule", rule}, {"inputs", by_index(inputs)}, {"delta_outputs", by_index(delta_outputs)}};
  if (!input_reasons.empty() || !output_reasons.empty()) {
    json["reasons"] = {{"inputs", by_index(input_reasons)},
                       {"delta_outputs", by_index(output_reasons)}};
  }
  return json.dump(2) + "\n";
}

RankPlan parse_rank_plan(std::string_view text, const std::string& source) {
  const Json json = parse_strict(text, source);
  check_keys(json, {"rule", "inputs", "delta_outputs", "reasons"}, source);
  if (!json.contains("rule") || !json["rule"].is_string())
    throw DataError("{}: 'rule' is missing or no text", source);
  RankPlan plan;
  plan.rule = json["rule"].get<std::string>();
  plan.inputs = ranks_at(json, "inputs", source);
  plan.delta_outputs = ranks_at(json, "delta_outputs", source);
  if (json.contains("reasons")) {
    const Json& reasons = json["reasons"];
    check_keys(reasons, {"inputs", "delta_outputs"}, source + ": reasons");
    plan.input_reasons = reasons_at(reasons, "inputs", source + ": reasons");
    plan.output_reasons = reasons_at(reasons, "delta_outputs", source + ": reasons");
  }
  return plan;
}

RankPlan read_rank_plan(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) throw DataError("{}: cannot read the rank plan: {}", file.string(), error.message());
  if (size > kLargestFile)
    throw DataError("{}: {} bytes, too large for a rank plan", file.string(), size);
  std::ifstream stream(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream) throw DataError("{}: cannot read the rank plan", file.string());
  return parse_rank_plan(text, file.string());
}

void check_rank_plan(const RankPlan& plan, const PlaceShape& shape, const std::string& source) {
  check_ranks(plan.inputs, shape.inputs, source + ": inputs");
  check_ranks(plan.delta_outputs, shape.delta_outputs, source + ": delta_outputs");
}

int64_t adapter_parameters(const RankPlan& plan, const PlaceShape& shape) {
  int64_t parameters = 0;
  for (size_t site = 0; site < shape.site_inputs.size(); ++site) {
    parameters +=
        plan.inputs.at(shape.site_inputs[site]) * plan.delta_outputs.at(static_cast<int64_t>(site));
  }
  return parameters;
}

}  // namespace eida
