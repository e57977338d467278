#include "comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eida/core/csv.h"

namespace eida {
namespace {

std::string number(double value) { return std::isnan(value) ? "nan" : fmt::format("{}", value); }

double overlap_by_chance(const CurvePoint& place, int64_t k) {
  return static_cast<double>(k) / static_cast<double>(place.dim);
}

/// Calls `row` for every relation: the first run's place, k, the other run, the relation.
template <typename Row>
void for_each_relation(const Comparison& comparison, const Row& row) {
  for (const CurvePoint& place : comparison.places()) {
    for (const int64_t k : comparison.dims) {
      for (size_t r = 1; r < comparison.runs.size(); ++r) {
        const auto found = comparison.relations.find({place_key(place), k, r});
        if (found != comparison.relations.end()) row(place, k, comparison.runs[r], found->second);
      }
    }
  }
}

bool differs(const Comparison& comparison, size_t fact) {
  const auto& runs = comparison.runs;
  return std::any_of(runs.begin(), runs.end(), [&](const ComparedRun& run) {
    return run.facts[fact].second != runs.front().facts[fact].second;
  });
}

}  // namespace

std::vector<CurvePoint> Comparison::places() const {
  std::vector<CurvePoint> places;
  for (const CurvePoint& point : runs.front().points)
    if (point.k == largest()) places.push_back(point);
  return places;
}

Comparison open_comparison(const std::vector<std::string>& folders) {
  Comparison comparison;
  for (const auto& folder : folders) comparison.runs.push_back(open_compared_run(folder));
  const auto& runs = comparison.runs;
  comparison.dims = common_dims(runs);
  for (const CurvePoint& place : comparison.places()) {
    for (const int64_t k : comparison.dims) {
      for (size_t r = 1; r < runs.size(); ++r) {
        const auto relation = relate(runs.front(), runs[r], place_key(place), k);
        if (relation) comparison.relations[{place_key(place), k, r}] = *relation;
      }
    }
  }
  return comparison;
}

std::vector<std::string> differing_facts(const Comparison& comparison) {
  std::vector<std::string> names;
  const auto& facts = comparison.runs.front().facts;
  for (size_t i = 0; i < facts.size(); ++i)
    if (differs(comparison, i)) names.push_back(facts[i].first);
  return names;
}

Table fact_table(const Comparison& comparison) {
  std::vector<std::string> header = {"setting", ""};
  for (const auto& run : comparison.runs) header.push_back(run.name);
  Table table(header, std::vector<Align>(header.size(), Align::kLeft));
  const auto& facts = comparison.runs.front().facts;
  for (size_t i = 0; i < facts.size(); ++i) {
    std::vector<std::string> cells = {facts[i].first, differs(comparison, i) ? "differs" : ""};
    for (const auto& run : comparison.runs) cells.push_back(run.facts[i].second);
    table.add_row(cells);
  }
  return table;
}

Table fidelity_table(const Comparison& comparison) {
  const auto& runs = comparison.runs;
  const int64_t k = comparison.largest();
  std::vector<std::string> header = {"kind", "layer", "weights"};
  for (const auto& run : runs) header.push_back(run.name);
  for (size_t r = 1; r < runs.size(); ++r) header.push_back("distance of " + runs[r].name);
  Table table(header, {Align::kLeft, Align::kRight, Align::kLeft});
  for (const CurvePoint& place : comparison.places()) {
    const PlaceKey key = place_key(place);
    std::vector<std::string> cells = {place.kind, std::to_string(place.layer), place.weights};
    for (const auto& run : runs) {
      const CurvePoint* point = run.find(key, k);
      cells.push_back(point == nullptr ? "-" : fmt::format("{:.3f}", point->mean));
    }
    for (size_t r = 1; r < runs.size(); ++r) {
      const auto found = comparison.relations.find({key, k, r});
      cells.push_back(found == comparison.relations.end()
                          ? "-"
                          : fmt::format("{:.3f}", found->second.distance()));
    }
    table.add_row(cells);
  }
  return table;
}

Table angle_table(const Comparison& comparison) {
  Table table({"kind", "layer", "weights", "k", "run", "mean angle", "largest angle", "overlap",
               "overlap by chance"},
              {Align::kLeft, Align::kRight, Align::kLeft, Align::kRight, Align::kLeft});
  for_each_relation(comparison, [&](const CurvePoint& place, int64_t k, const ComparedRun& other,
                                    const SubspaceRelation& relation) {
    table.add_row({place.kind, std::to_string(place.layer), place.weights, std::to_string(k),
                   other.name, fmt::format("{:.2f}", relation.mean_degrees),
                   fmt::format("{:.2f}", relation.largest_degrees),
                   fmt::format("{:.4f}", relation.overlap),
                   fmt::format("{:.4f}", overlap_by_chance(place, k))});
  });
  return table;
}

std::string comparison_csv(const Comparison& comparison) {
  std::string text =
      "kind,place,layer,weights,dim,k,run,repeats,fidelity,fidelity_low,fidelity_high\n";
  for (const ComparedRun& run : comparison.runs) {
    for (const CurvePoint& point : run.points) {
      if (std::count(comparison.dims.begin(), comparison.dims.end(), point.k) == 0) continue;
      text += join_csv_row({point.kind, std::to_string(point.place), std::to_string(point.layer),
                            point.weights, std::to_string(point.dim), std::to_string(point.k),
                            run.name, std::to_string(run.repeats), number(point.mean),
                            number(point.low), number(point.high)}) +
              "\n";
    }
  }
  return text;
}

std::string angles_csv(const Comparison& comparison) {
  std::string text =
      "kind,place,layer,weights,dim,k,run,from_run,mean_degrees,largest_degrees,overlap,"
      "overlap_by_chance,distance\n";
  for_each_relation(comparison, [&](const CurvePoint& place, int64_t k, const ComparedRun& other,
                                    const SubspaceRelation& relation) {
    text += join_csv_row({place.kind, std::to_string(place.place), std::to_string(place.layer),
                          place.weights, std::to_string(place.dim), std::to_string(k), other.name,
                          comparison.runs.front().name, number(relation.mean_degrees),
                          number(relation.largest_degrees), number(relation.overlap),
                          number(overlap_by_chance(place, k)), number(relation.distance())}) +
            "\n";
  });
  return text;
}

}  // namespace eida
