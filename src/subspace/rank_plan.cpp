#include "eida/subspace/rank_plan.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"

namespace eida {
namespace {

using Json = nlohmann::json;

constexpr size_t kLargestPlan = size_t{16} << 20;  // bytes

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

  const Json& at(const std::string& pointer) const { return json_.at(Json::json_pointer(pointer)); }
  bool has_reasons() const { return json_.contains("reasons"); }

  /// "FILE:LINE: key" for errors.
  std::string where(const std::string& pointer) const {
    const auto line = lines_.find(pointer);
    return fmt::format("{}:{}: {}", source_, line == lines_.end() ? 1 : line->second,
                       pointer.empty() ? "rank plan" : pointer.substr(1));
  }

  void check_keys(const std::string& pointer, const std::set<std::string>& known) const {
    const Json& object = at(pointer);
    if (!object.is_object()) throw DataError("{}: no JSON object", where(pointer));
    for (const auto& [name, value] : object.items()) {
      if (known.count(name)) continue;
      throw DataError("{}: unknown key, wanted {}", where(child(pointer, name)),
                      fmt::join(known, ", "));
    }
  }

  const Json& object_at(const std::string& pointer) const {
    const Json::json_pointer path(pointer);
    if (!json_.contains(path)) throw DataError("{}: is missing", where_missing(pointer));
    if (!json_.at(path).is_object()) throw DataError("{}: no JSON object", where(pointer));
    return json_.at(path);
  }

  static std::string child(const std::string& pointer, const std::string& key) {
    return pointer + "/" + escape_json_pointer(key);
  }

 private:
  std::string where_missing(const std::string& pointer) const {
    return source_ + ": " + pointer.substr(1);
  }

  std::string source_;
  Json json_;
  LineMap lines_;
};

int64_t index_of(const std::string& key, const std::string& where) {
  int64_t index = -1;
  const auto [end, code] = std::from_chars(key.data(), key.data() + key.size(), index);
  const bool whole = code == std::errc() && end == key.data() + key.size() && index >= 0;
  if (!whole || std::to_string(index) != key) {
    throw DataError("{}: no index of a place (hint: \"0\", \"1\", …)", where);
  }
  return index;
}

std::map<int64_t, int64_t> ranks_at(const PlanFile& file, const std::string& pointer) {
  std::map<int64_t, int64_t> ranks;
  for (const auto& [name, value] : file.object_at(pointer).items()) {
    const std::string where = file.where(PlanFile::child(pointer, name));
    const bool whole = value.is_number_integer() &&
                       !(value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX);
    if (!whole || value.get<int64_t>() < 1) {
      throw DataError("{}: rank {}, wanted a whole number of at least 1", where, value.dump());
    }
    ranks[index_of(name, where)] = value.get<int64_t>();
  }
  return ranks;
}

std::map<int64_t, std::string> reasons_at(const PlanFile& file, const std::string& pointer) {
  std::map<int64_t, std::string> reasons;
  for (const auto& [name, value] : file.object_at(pointer).items()) {
    const std::string where = file.where(PlanFile::child(pointer, name));
    if (!value.is_string()) throw DataError("{}: no text", where);
    reasons[index_of(name, where)] = value.get<std::string>();
  }
  return reasons;
}

template <typename Value>
nlohmann::ordered_json by_index(const std::map<int64_t, Value>& values) {
  auto json = nlohmann::ordered_json::object();
  for (const auto& [index, value] : values) json[std::to_string(index)] = value;
  return json;
}

void check_ranks(const std::map<int64_t, int64_t>& ranks, const std::vector<int64_t>& dims,
                 const std::string& where) {
  const auto places = static_cast<int64_t>(dims.size());
  for (int64_t i = 0; i < places; ++i) {
    const auto found = ranks.find(i);
    if (found == ranks.end())
      throw DataError("{}: place {} has no rank, the model's places are 0 to {}", where, i,
                      places - 1);
    if (found->second < 1 || found->second > dims[i]) {
      throw DataError("{}.{}: rank {}, wanted 1 to {}, the place's dimension", where, i,
                      found->second, dims[i]);
    }
  }
  for (const auto& [index, rank] : ranks) {
    if (index < 0 || index >= places) {
      throw DataError(
          "{}: place {} does not exist, the model's places are 0 to {} (hint: was the plan made "
          "for "
          "another model?)",
          where, index, places - 1);
    }
  }
}

}  // namespace

std::string RankPlan::to_json() const {
  nlohmann::ordered_json json;
  json["rule"] = rule;
  json["inputs"] = by_index(inputs);
  json["delta_outputs"] = by_index(delta_outputs);
  if (!input_reasons.empty() || !output_reasons.empty()) {
    json["reasons"] = {{"inputs", by_index(input_reasons)},
                       {"delta_outputs", by_index(output_reasons)}};
  }
  return json_text(json);
}

RankPlan parse_rank_plan(std::string_view text, const std::string& source) {
  const PlanFile file(text, source);
  const Json& root = file.at("");
  if (!root.contains("rule") || !root["rule"].is_string())
    throw DataError("{}: rule: missing or no text", source);
  RankPlan plan;
  plan.rule = root["rule"].get<std::string>();
  plan.inputs = ranks_at(file, "/inputs");
  plan.delta_outputs = ranks_at(file, "/delta_outputs");
  if (file.has_reasons()) {
    file.check_keys("/reasons", {"inputs", "delta_outputs"});
    plan.input_reasons = reasons_at(file, "/reasons/inputs");
    plan.output_reasons = reasons_at(file, "/reasons/delta_outputs");
  }
  return plan;
}

RankPlan read_rank_plan(const std::filesystem::path& file) {
  return parse_rank_plan(read_file(file, kLargestPlan), file.string());
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
