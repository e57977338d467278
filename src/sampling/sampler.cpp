#include "eida/sampling/sampler.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "../model/layers.h"
#include "eida/core/error.h"
#include "eida/data/batching.h"
#include "eida/model/pretrained_model.h"
#include "eida/tensor/device.h"

namespace eida {
namespace {

/// Whole logical batches that run through the model together.
struct Pass {
  Shard examples;
  std::vector<Shard> batches;  ///< example numbers of each logical batch
  PackedBatch packed;

  Shard tokens_of(const Shard& batch) const {
    return {packed.offsets[static_cast<size_t>(batch.begin - examples.begin)],
            packed.offsets[static_cast<size_t>(batch.end - examples.begin)]};
  }
};

struct LogicalBatches {
  std::vector<Shard> examples;
  std::vector<int64_t> tokens;
};

LogicalBatches logical_batches(const std::vector<const TokenExample*>& examples,
                               int64_t batch_size) {
  LogicalBatches batches;
  const auto total = static_cast<int64_t>(examples.size());
  for (int64_t begin = 0; begin < total; begin += batch_size) {
    const Shard batch{begin, std::min(total, begin + batch_size)};
    batches.examples.push_back(batch);
    batches.tokens.push_back(0);
    for (int64_t e = batch.begin; e < batch.end; ++e)
      batches.tokens.back() += static_cast<int64_t>(examples[static_cast<size_t>(e)]->ids.size());
  }
  return batches;
}

/// Cuts the examples into passes of whole logical batches, each of about `pass_tokens` tokens.
std::vector<std::vector<Shard>> plan_passes(const std::vector<const TokenExample*>& examples,
                                            const SamplerOptions& options) {
  const auto [batches, tokens] = logical_batches(examples, options.draw.batch_size);
  std::vector<std::vector<Shard>> passes;
  for (const auto& together : group_consecutive(tokens, options.pass_tokens)) {
    passes.emplace_back();
    for (const int64_t b : together) passes.back().push_back(batches[static_cast<size_t>(b)]);
  }
  return passes;
}

Pass make_pass(const std::vector<const TokenExample*>& examples, std::vector<Shard> batches,
               TaskKind task) {
  Pass pass{{batches.front().begin, batches.back().end}, std::move(batches), {}};
  std::vector<int64_t> logical;
  for (size_t b = 0; b < pass.batches.size(); ++b) {
    logical.insert(logical.end(), static_cast<size_t>(pass.batches[b].size()),
                   static_cast<int64_t>(b));
  }
  pass.packed = pack({examples.begin() + pass.examples.begin, examples.begin() + pass.examples.end},
                     task, logical);
  return pass;
}

/// What Delta W * X of one logical batch is made of, once its output gradients are there.
struct BatchProduct {
  at::Tensor gram;     // X x^T [n, t], or undefined: Delta W itself is formed from what follows
  at::Tensor samples;  // X [n, d_in]
  at::Tensor inputs;   // x [t, d_in]; also kept when the sink wants gradients

  /// \param delta [t, d_out] // [n, d_out]
  at::Tensor times(const at::Tensor& delta) const {
    if (gram.defined()) return affine(gram, delta.t());
    return affine(samples, affine(delta.t(), inputs.to(at::kFloat).t()));
  }
};

/// One input space during one pass: draws X, and keeps for the backward pass what every logical
/// batch needs.
class SpaceRecorder {
 public:
  /// \param head the head sees one row a sequence instead of one a token. \param d_out of all
  /// sites that the space feeds. \param wants_outputs whether one of these is wanted.
  SpaceRecorder(PlaceId space, bool head, int64_t d_out, bool wants_outputs, SampleSink& sink)
      : space_(space), head_(head), d_out_(d_out), wants_outputs_(wants_outputs), sink_(&sink) {}

  /// `draws` are those of the pass's examples only.
  void start(const Pass& pass, SpaceDraws draws, bool first_token_only) {
    pass_ = &pass;
    draws_ = std::move(draws);
    drawn_ = at::Tensor();
    products_.clear();
    from_sequence_output_ = head_ && !first_token_only;
  }

  /// The encoder's whole output, of which the head's weight sees only first tokens.
  void on_sequence_output(const at::Tensor& hidden) {  // [N, d]
    if (from_sequence_output_) draw(hidden, /*row_per_sequence=*/false);
  }

  void on_input(const at::Tensor& x) {  // [N, d], or [S, d] at the head
    if (!wants_outputs_ && !sink_->wants(space_)) return;
    if (!from_sequence_output_) draw(x, head_);
    if (!wants_outputs_) return;
    int64_t row = 0;
    for (const Shard& batch : pass_->batches) {
      const Shard rows = rows_of(batch);
      const at::Tensor batch_x = x.narrow(0, rows.begin, rows.size());  // [t, d]
      const int64_t n = draws_in(batch);
      const at::Tensor samples = drawn_.narrow(0, row, n);
      BatchProduct product;
      if (forms_weight(n, rows.size(), x.size(1))) {
        product.samples = samples;
        product.inputs = batch_x;
      } else {
        product.gram = affine(samples, batch_x.to(at::kFloat));
      }
      if (sink_->wants_gradient()) product.inputs = batch_x;
      products_.push_back(std::move(product));
      row += n;
    }
  }

  /// Delta W * X batch by batch; the sites of one layer are columns of delta.
  void on_output_gradient(const at::Tensor& delta,
                          const std::vector<std::pair<PlaceId, Shard>>& sites) const {
    std::vector<at::Tensor> parts;
    for (size_t b = 0; b < pass_->batches.size(); ++b) {
      const Shard rows = rows_of(pass_->batches[b]);
      const at::Tensor batch_delta = delta.narrow(0, rows.begin, rows.size());  // [t, d_out]
      parts.push_back(products_[b].times(batch_delta.to(at::kFloat)));
      if (!sink_->wants_gradient()) continue;
      for (const auto& [site, columns] : sites) {
        sink_->on_gradient(site, products_[b].inputs,
                           batch_delta.narrow(1, columns.begin, columns.size()));
      }
    }
    const at::Tensor y = at::cat(parts);  // [n of the pass, d_out]
    for (const auto& [site, columns] : sites) {
      sink_->on_vectors(site, y.narrow(1, columns.begin, columns.size()));
    }
  }

 private:
  Shard rows_of(const Shard& batch) const {
    if (!head_) return pass_->tokens_of(batch);
    return {batch.begin - pass_->examples.begin, batch.end - pass_->examples.begin};
  }

  /// Whether forming Delta W takes fewer operations for a logical batch than X x^T does, with n
  /// vectors drawn from t rows. For all sites of the space, wanted or not: a place's bits do not
  /// depend on the others.
  bool forms_weight(int64_t n, int64_t t, int64_t d_in) const {
    return n * t * (d_in + d_out_) > (n + t) * d_in * d_out_;
  }

  int64_t draws_in(const Shard& batch) const {
    return std::count_if(draws_.begin(), draws_.end(), [&](const TokenDraw& draw) {
      return draw.example >= batch.begin && draw.example < batch.end;
    });
  }

  void draw(const at::Tensor& x, bool row_per_sequence) {
    std::vector<int64_t> rows;
    for (const TokenDraw& draw : draws_) {
      const int64_t sequence = draw.example - pass_->examples.begin;
      rows.push_back(row_per_sequence
                         ? sequence
                         : pass_->packed.offsets[static_cast<size_t>(sequence)] + draw.token);
    }
    drawn_ = x.index_select(0, long_tensor(rows, x.device())).to(at::kFloat);  // [n, d_in]
    if (sink_->wants(space_)) sink_->on_vectors(space_, drawn_);
  }

  PlaceId space_;
  bool head_;
  int64_t d_out_;
  bool wants_outputs_;
  SampleSink* sink_;
  const Pass* pass_ = nullptr;
  SpaceDraws draws_;
  bool from_sequence_output_ = false;
  at::Tensor drawn_;  // [n, d_in]
  std::vector<BatchProduct> products_;
};

/// Tap on one layer; the first layer of a space feeds the recorder.
class SiteTap : public Tap {
 public:
  SiteTap(SpaceRecorder& recorder, bool leads) : recorder_(&recorder), leads_(leads) {}
  void add_site(PlaceId site, Shard columns) { sites_.emplace_back(site, columns); }

  void on_sequence_output(const at::Tensor& hidden) override {
    recorder_->on_sequence_output(hidden);
  }
  void on_input(const at::Tensor& x) override {
    if (leads_) recorder_->on_input(x);
  }
  void on_output_gradient(const at::Tensor& delta) override {
    if (!sites_.empty()) recorder_->on_output_gradient(delta, sites_);
  }

 private:
  SpaceRecorder* recorder_;
  bool leads_;
  std::vector<std::pair<PlaceId, Shard>> sites_;
};

/// Recorders and taps of all places, attached for the life of the object: of those too that the
/// sink does not want, so that gradients are summed in the same order whatever it wants.
class TappedModel {
 public:
  TappedModel(PretrainedModel& model, SampleSink& sink) : mode_(model, /*training=*/false) {
    const Places& places = model.places();
    for (const Place& space : places.inputs()) {
      const auto sites = places.sites_of(space.input);
      const bool outputs =
          std::any_of(sites.begin(), sites.end(), [&](PlaceId site) { return sink.wants(site); });
      int64_t d_out = 0;
      for (const PlaceId site : sites) d_out += places[site].dim;
      wants_outputs_ |= outputs;
      recorders_.push_back(
          std::make_unique<SpaceRecorder>(space.input, space.in_head, d_out, outputs, sink));
      HookableLinear* last = nullptr;
      for (const PlaceId id : sites) {
        const Place& site = places[id];
        if (site.linear != last) {
          taps_.push_back(std::make_unique<SiteTap>(*recorders_.back(), last == nullptr));
          scopes_.push_back(tap_for_scope(*site.linear, taps_.back().get()));
          last = site.linear;
        }
        if (sink.wants(id)) taps_.back()->add_site(id, {site.out_begin, site.out_begin + site.dim});
      }
    }
  }

  SpaceRecorder& recorder(size_t space) { return *recorders_[space]; }
  size_t spaces() const { return recorders_.size(); }
  bool wants_outputs() const { return wants_outputs_; }  ///< else nobody waits for gradients

 private:
  ModeScope mode_;
  bool wants_outputs_ = false;
  std::vector<std::unique_ptr<SpaceRecorder>> recorders_;
  std::vector<std::unique_ptr<SiteTap>> taps_;
  std::vector<TapScope> scopes_;
};

/// Puts the rows of every place into one matrix, allocated once.
class Collector : public SampleSink {
 public:
  /// \param rows of each place that will come
  Collector(const Places& places, const PerPlace<int64_t>& rows)
      : samples_(places.size()), filled_(places.size(), 0) {
    for (PlaceId place = 0; place < places.size(); ++place)
      samples_[place] = at::empty({rows[place], places[place].dim}, at::TensorOptions(at::kFloat));
  }
  void on_vectors(PlaceId place, const at::Tensor& vectors) override {
    samples_[place].narrow(0, filled_[place], vectors.size(0)).copy_(vectors);
    filled_[place] += vectors.size(0);
  }
  PerPlace<at::Tensor> take() { return std::move(samples_); }

 private:
  PerPlace<at::Tensor> samples_;
  PerPlace<int64_t> filled_;
};

bool has_head(const PretrainedModel& model) { return model.places().inputs().back().in_head; }

}  // namespace

PerPlace<int64_t> count_samples(const PretrainedModel& model,
                                const std::vector<const TokenExample*>& examples,
                                const DrawOptions& options, int64_t first) {
  const Places& places = model.places();
  const auto draws = count_draws(examples, static_cast<int64_t>(places.inputs().size()),
                                 has_head(model), options, first);
  PerPlace<int64_t> counts(places.size());
  for (PlaceId place = 0; place < places.size(); ++place)
    counts[place] = draws[places[place].input];
  return counts;
}

Shard shard_of_batches(const std::vector<const TokenExample*>& examples, int64_t batch_size,
                       int index, int size) {
  const auto [batches, tokens] = logical_batches(examples, batch_size);
  const Shard own = shard_of(tokens, index, size);
  const auto total = static_cast<int64_t>(examples.size());
  return {std::min(total, own.begin * batch_size), std::min(total, own.end * batch_size)};
}

int64_t largest_pass(const std::vector<const TokenExample*>& examples,
                     const SamplerOptions& options) {
  const auto tokens = logical_batches(examples, options.draw.batch_size).tokens;
  int64_t largest = 0;
  for (const auto& together : group_consecutive(tokens, options.pass_tokens)) {
    int64_t sum = 0;
    for (const int64_t b : together) sum += tokens[static_cast<size_t>(b)];
    largest = std::max(largest, sum);
  }
  return largest;
}

void sample_tokens(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                   const SamplerOptions& options, SampleSink& sink) {
  const auto spaces = static_cast<int64_t>(model.places().inputs().size());
  TappedModel tapped(model, sink);
  for (auto& batches : plan_passes(examples, options)) {
    const Pass pass = make_pass(examples, std::move(batches), options.draw.task);
    auto draws = draw_tokens(
        {examples.begin() + pass.examples.begin, examples.begin() + pass.examples.end}, spaces,
        has_head(model), options.draw, options.first_index + pass.examples.begin);
    for (SpaceDraws& space : draws) {
      for (TokenDraw& draw : space) draw.example -= options.first_index;
    }
    for (size_t s = 0; s < tapped.spaces(); ++s)
      tapped.recorder(s).start(pass, std::move(draws[s]), options.draw.head_first_token);
    const c10::AutoGradMode with_gradients(true);
    const at::Tensor loss = model.loss(pass.packed);
    if (!std::isfinite(loss.item<float>())) {
      throw NumericError(
          "sampling: the loss of examples {}..{} is not finite (hint: --precision fp32)",
          options.first_index + pass.examples.begin, options.first_index + pass.examples.end - 1);
    }
    if (tapped.wants_outputs()) loss.backward();
    if (options.progress) options.progress(pass.examples.size());
  }
}

PerPlace<at::Tensor> collect_samples(PretrainedModel& model,
                                     const std::vector<const TokenExample*>& examples,
                                     const SamplerOptions& options) {
  Collector collector(model.places(),
                      count_samples(model, examples, options.draw, options.first_index));
  sample_tokens(model, examples, options, collector);
  return collector.take();
}

}  // namespace eida
