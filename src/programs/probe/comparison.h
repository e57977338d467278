// Probes side by side: what eida-probe compare shows and writes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "compared_run.h"
#include "eida/report/table.h"

namespace eida {

/// The runs, the dimensions they share, and how their subspaces lie to the first run's.
struct Comparison {
  std::vector<ComparedRun> runs;
  std::vector<int64_t> dims;  ///< ascending
  /// Place, k and position of a later run -> its subspace and the first run's; without those that
  /// one of both did not keep.
  std::map<std::tuple<PlaceKey, int64_t, size_t>, SubspaceRelation> relations;

  int64_t largest() const { return dims.back(); }
  /// The first run's places, at the largest k.
  std::vector<CurvePoint> places() const;
};

/// \throws DataError a run did not finish, files are not sound, or the runs have no k in common
Comparison open_comparison(const std::vector<std::string>& folders);

/// Names of the facts in which not all runs are equal.
std::vector<std::string> differing_facts(const Comparison& comparison);
/// What was run: a row a fact, a column a run, and a mark where they differ.
Table fact_table(const Comparison& comparison);
/// Mean fidelity of every run at the largest common k, and the distance of each later run's
/// subspaces from the first's.
Table fidelity_table(const Comparison& comparison);
/// Principal angles between the first run's subspaces and every later one's, a place and k.
Table angle_table(const Comparison& comparison);

/// comparison.csv and angles.csv: docs/formats.md. Numbers read back equal.
std::string comparison_csv(const Comparison& comparison);
std::string angles_csv(const Comparison& comparison);

}  // namespace eida
