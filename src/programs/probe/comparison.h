// Probes side by side: what eida-probe compare reads, shows and writes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eida/config/command_line.h"
#include "eida/parallel/communicator.h"
#include "eida/report/curves.h"
#include "eida/report/table.h"
#include "eida/subspace/subspace.h"
#include "eida/tensor/safetensors.h"

namespace eida {

/// One run's curves, and its subspaces where it kept them.
struct ComparedRun {
  std::string name;  ///< its folder
  /// What was run (model, data, seed, …): equally many of equal names in every run; "-": not known.
  std::vector<std::pair<std::string, std::string>> facts;
  std::string weights;                      ///< "from file" or "random, seed 0"
  std::vector<std::string> random_tensors;  ///< names of those that the seed made
  int64_t repeats = 0;
  std::vector<CurvePoint> points;  ///< means over repeats, in the order of curves.csv
  std::unique_ptr<SafetensorsFile> subspaces;

  /// Its point at the same place, which in models of any depth has the same kind, layer and
  /// weights; nullptr where the run has no such place or k.
  const CurvePoint* find(const CurvePoint& place, int64_t k) const;
};

/// How the first run's subspace of k dimensions at a place lies to that of a later run.
struct PlaceRelation {
  CurvePoint place;  ///< the first run's
  int64_t k;
  size_t run;  ///< the later one
  SubspaceRelation relation;
};

/// The runs, the dimensions they share, and how their subspaces differ from the first run's.
struct Comparison {
  std::vector<ComparedRun> runs;
  std::vector<int64_t> dims;             ///< ascending
  std::vector<PlaceRelation> relations;  ///< without those that one of both runs did not keep

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

/// eida-probe compare: reads curves.csv (and subspaces.safetensors, where saved) of each run;
/// prints a table of mean fidelities at the largest common k with the distance of the subspaces.
/// Into --output, if given: comparison.csv, angles.csv, report.html and figures of the overlaid
/// curves, and what every run folder has. \return exit code 0. \throws DataError, FormatError
int run_compare(const ParsedCommand& command, const Communicator& processes);

}  // namespace eida
