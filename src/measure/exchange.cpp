#include "exchange.h"

#include <string>
#include <utility>

#include "numbers.h"

namespace eida {
namespace {

/// Every number of a PlaceMeasure, as float64.
template <typename Numbers, typename Measure>
void each_number(Numbers& numbers, Measure& measure) {
  for (auto* curve : {&measure.fidelity, &measure.centred_fidelity}) {
    numbers(curve->mean);
    numbers(curve->tokens);
    numbers(curve->zero_vectors);
  }
  numbers(measure.samples);
  numbers(measure.mean.energy);
  numbers(measure.mean.cosine);
  numbers(measure.participation_ratio);
  numbers(measure.pair_cosine);
  numbers(measure.intrinsic.two_nn);
  numbers(measure.intrinsic.mle);
  numbers(measure.intrinsic.points);
  numbers(measure.intrinsic.duplicates);
  numbers(measure.explained);
  numbers(measure.mean_in_row0);
  SketchBound::each_number([&](const char*, auto field) { numbers(measure.sketch.*field); });
  numbers(measure.capture.captured);
  numbers(measure.capture.total);
  numbers(measure.capture.batches);
}

std::string to_bytes(const PerPlace<PlaceMeasure>& measures) {
  NumberWriter writer;
  for (const PlaceMeasure& measure : measures) each_number(writer, measure);
  return writer.take();
}

PerPlace<PlaceMeasure> from_bytes(const std::string& bytes, size_t places) {
  PerPlace<PlaceMeasure> measures(places);
  NumberReader reader(bytes);
  for (PlaceMeasure& measure : measures) each_number(reader, measure);
  return measures;
}

/// What the samples alone say of a place, without what is measured on held-out vectors.
void take_description(PlaceMeasure& total, const PlaceMeasure& from) {
  PlaceMeasure described = from;
  described.fidelity = std::move(total.fidelity);
  described.centred_fidelity = std::move(total.centred_fidelity);
  described.capture = std::move(total.capture);
  total = std::move(described);
}

}  // namespace

void merge_into(FidelityCurve& total, const FidelityCurve& part) {
  total.zero_vectors += part.zero_vectors;
  if (part.tokens == 0) return;
  if (total.tokens == 0) total.mean.assign(part.mean.size(), 0.0);
  const auto before = static_cast<double>(total.tokens), added = static_cast<double>(part.tokens);
  for (size_t i = 0; i < part.mean.size(); ++i) {
    total.mean[i] = (total.mean[i] * before + part.mean[i] * added) / (before + added);
  }
  total.tokens += part.tokens;
}

void merge_measures(PerPlace<PlaceMeasure>& measures, const Communicator& processes) {
  if (processes.size() == 1) return;
  const std::vector<std::string> parts = processes.gather(to_bytes(measures));
  PerPlace<PlaceMeasure> all(measures.size());
  for (const std::string& bytes : parts) {
    const PerPlace<PlaceMeasure> part = from_bytes(bytes, all.size());
    for (size_t place = 0; place < all.size(); ++place) {
      if (part[place].samples > 0) take_description(all[place], part[place]);
      merge_into(all[place].fidelity, part[place].fidelity);
      merge_into(all[place].centred_fidelity, part[place].centred_fidelity);
      all[place].capture.merge(part[place].capture);
    }
  }
  std::string merged = to_bytes(all);
  processes.broadcast(merged);
  measures = from_bytes(merged, measures.size());
}

}  // namespace eida
