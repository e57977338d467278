#include "exchange.h"

#include <cstring>
#include <optional>
#include <string>
#include <utility>

namespace eida {
namespace {

/// Every number of a PlaceMeasure, as float64, whose bits travel.
class NumberWriter {
 public:
  void operator()(double value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void operator()(int64_t value) { (*this)(static_cast<double>(value)); }
  void operator()(bool value) { (*this)(value ? 1.0 : 0.0); }
  void operator()(const std::optional<double>& value) {
    (*this)(value.has_value());
    (*this)(value.value_or(0.0));
  }
  void operator()(const std::vector<double>& values) {
    (*this)(static_cast<int64_t>(values.size()));
    for (const double value : values) (*this)(value);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class NumberReader {
 public:
  explicit NumberReader(const std::string& bytes) : bytes_(&bytes) {}
  void operator()(double& value) {
    std::memcpy(&value, bytes_->data() + at_, sizeof(value));
    at_ += sizeof(value);
  }
  void operator()(int64_t& value) { value = static_cast<int64_t>(next()); }
  void operator()(bool& value) { value = next() != 0.0; }
  void operator()(std::optional<double>& value) {
    const bool there = next() != 0.0;
    const double number = next();
    value = there ? std::optional<double>(number) : std::nullopt;
  }
  void operator()(std::vector<double>& values) {
    values.resize(static_cast<size_t>(next()));
    for (double& value : values) (*this)(value);
  }

 private:
  double next() {
    double value = 0.0;
    (*this)(value);
    return value;
  }
  const std::string* bytes_;
  size_t at_ = 0;
};

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
  numbers(measure.sketch.rows);
  numbers(measure.sketch.error);
  numbers(measure.sketch.energy_lost);
  numbers(measure.sketch.energy_missed);
  numbers(measure.sketch.largest_sine);
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
