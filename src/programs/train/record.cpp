#include "record.h"

#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "../probe/results.h"
#include "eida/core/error.h"
#include "eida/core/json.h"
#include "eida/subspace/for_each_place.h"
#include "eida/subspace/subspace.h"

namespace eida {
namespace fs = std::filesystem;
namespace {

/// A folder of ours beside `dir`, with a name that nobody else gives: ".NAME.eida-WHAT".
fs::path beside(const fs::path& dir, const char* what) {
  return dir.parent_path() / fmt::format(".{}.eida-{}", dir.filename().string(), what);
}

using Json = nlohmann::ordered_json;

/// How far a place's subspace has turned; none where a round does not adapt it.
using Drifts = PerPlace<std::optional<SubspaceRelation>>;

Drifts drifts(const PlaceBases& before, const PlaceBases& after) {
  Drifts result(after.size());
  if (before.size() != after.size()) return result;
  for_each_place(after.size(), [&](PlaceId place) {
    if (before[place].defined() && after[place].defined())
      result[place] = relate(before[place], after[place]);
  });
  return result;
}

}  // namespace

MetricsLog::MetricsLog(fs::path file, int64_t keep) : file_(std::move(file)), bytes_(keep) {
  const auto size = fs::exists(file_) ? static_cast<int64_t>(fs::file_size(file_)) : 0;
  if (size < keep) {
    throw DataError("{}: has {} bytes, the saved state knows {} (hint: --overwrite starts afresh)",
                    file_.string(), size, keep);
  }
  if (size > keep) fs::resize_file(file_, static_cast<uintmax_t>(keep));
  if (keep > 0) hash_.update(read_file(file_, static_cast<uint64_t>(keep)));
  stream_.open(file_, std::ios::binary | std::ios::app);
  if (!stream_) throw DataError("{}: cannot be written", file_.string());
}

void MetricsLog::write(const nlohmann::ordered_json& line) {
  const std::string text = line.dump() + "\n";
  stream_ << text << std::flush;
  if (!stream_) throw DataError("{}: cannot be written (hint: is the disk full?)", file_.string());
  bytes_ += static_cast<int64_t>(text.size());
  hash_.update(text);
}

void write_folder(const fs::path& dir, const std::function<void(const fs::path&)>& write) {
  const fs::path made = beside(dir, "partial"), old = beside(dir, "old");
  fs::remove_all(made);
  write(made);
  fs::remove_all(old);
  if (fs::exists(dir)) fs::rename(dir, old);
  fs::rename(made, dir);
  fs::remove_all(old);
}

void save_model_folder(const PretrainedModel& model, const fs::path& tokenizer_source,
                       const fs::path& dir) {
  write_folder(dir, [&](const fs::path& made) { save_pretrained(model, made, tokenizer_source); });
}

void link_folder(const fs::path& from, const fs::path& to) {
  write_folder(to, [&](const fs::path& made) {
    make_folder(made);
    for (const auto& entry : fs::directory_iterator(from)) {
      std::error_code fault;
      fs::create_hard_link(entry.path(), made / entry.path().filename(), fault);
      if (fault) fs::copy_file(entry.path(), made / entry.path().filename());
    }
  });
}

std::string round_file(int64_t round, const char* name) {
  return fmt::format("rounds/{:02}/{}", round, name);
}

Json subspace_record(const Places& model, const RoundEstimate& estimate, const PlaceBases& bases,
                     const PlaceBases& previous) {
  const auto turned = drifts(previous, bases);
  Json places = Json::array();
  for (PlaceId id = 0; id < bases.size(); ++id) {
    if (!bases[id].defined()) continue;
    Json place = place_json(model[id]);
    place["rank"] = bases[id].size(0);
    place["fidelity"] = number_or_null(estimate.fidelity[id]);
    place["drift"] = nullptr;
    if (turned[id]) {
      place["drift"] = {{"mean_degrees", turned[id]->mean_degrees},
                        {"largest_degrees", turned[id]->largest_degrees}};
    }
    places.push_back(place);
  }
  return {{"fidelity_of", estimate.heldout ? "held-out vectors" : "the samples themselves"},
          {"places", places}};
}

SubspaceMeans subspace_means(const nlohmann::json& record) {
  const auto mean_of = [&](const char* kind, const char* key) {
    double sum = 0.0;
    int64_t count = 0;
    for (const nlohmann::json& place : record.at("places")) {
      const double value =
          number_or_nan(place.value(nlohmann::json::json_pointer(key), nlohmann::json()));
      if (place.at("kind") != kind || std::isnan(value)) continue;
      sum += value;
      ++count;
    }
    return sum / static_cast<double>(count);  // NaN: no place has one
  };
  const auto means_of = [&](const char* key) {
    return SubspaceMeans::Kinds{mean_of("input", key), mean_of("delta_output", key)};
  };
  return {means_of("/fidelity"), means_of("/drift/mean_degrees")};
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace eida
