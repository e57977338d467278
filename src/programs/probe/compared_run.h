// What eida-probe compare knows of a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "eida/report/curves.h"
#include "eida/subspace/subspace.h"
#include "eida/tensor/safetensors.h"

namespace eida {

/// What is the same place in models of any depth: kind, layer, weights.
using PlaceKey = std::tuple<std::string, int64_t, std::string>;
PlaceKey place_key(const CurvePoint& point);

/// One run's curves, and its subspaces where it kept them.
struct ComparedRun {
  std::string name;  ///< its folder
  /// What was run (model, data, seed, …): equally many of equal names in every run; "-": not known.
  std::vector<std::pair<std::string, std::string>> facts;
  std::string weights;                      ///< "from file" or "random, seed 0"
  std::vector<std::string> random_tensors;  ///< names of those that the seed made
  int64_t repeats = 0;
  std::vector<CurvePoint>
      points;  ///< means over repeats with intervals, in the order of curves.csv
  std::map<std::pair<PlaceKey, int64_t>, size_t> index;  ///< place and k -> position in points
  std::unique_ptr<SafetensorsFile> subspaces;

  /// nullptr where the run has no such place or k.
  const CurvePoint* find(const PlaceKey& place, int64_t k) const;
};

/// \throws DataError the run did not finish, or its files are not sound
ComparedRun open_compared_run(const std::filesystem::path& folder);

/// Dimensions that every run measured, ascending. \throws DataError there is none
std::vector<int64_t> common_dims(const std::vector<ComparedRun>& runs);

/// Of the runs' subspaces of k dimensions at a place. nullopt where one of the runs kept no
/// subspace of that size at the place.
std::optional<SubspaceRelation> relate(const ComparedRun& a, const ComparedRun& b,
                                       const PlaceKey& place, int64_t k);

}  // namespace eida
