/// The token sampler: representations X at every input space, and Delta W * X at every site.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "eida/core/choices.h"
#include "eida/data/example.h"
#include "eida/model/pretrained_model.h"
#include "eida/parallel/communicator.h"

namespace eida {

/// Which tokens are sampled: decided by seed and example alone, never by how examples are put into
/// passes.
struct DrawOptions {
  TaskKind task = TaskKind::kClassification;
  int64_t batch_size = 16;         ///< examples of one logical batch
  int64_t tokens_per_example = 2;  ///< classification: distinct tokens of each example
  double token_rate = 0.0075;      ///< completion: p
  TokenWeighting weighting = TokenWeighting::kPrefixCount;
  /// classifier_tokens first: one vector an example at the head's place.
  bool head_first_token = false;
  uint64_t seed = 0;
  uint64_t repeat = 0;
};

/// Token `token` of example `example` (its number in the list, see draw_tokens()).
struct TokenDraw {
  int64_t example;
  int64_t token;
};

/// Draws of one input space, ordered by example.
using SpaceDraws = std::vector<TokenDraw>;

/// Draws at every input space, independently; the head's place, if any, is the last one
/// (`has_head`). An example's draws depend on seed, repeat, its number in the list and
/// (kPrefixCountBatch) its logical batch only: never on how examples are put into passes or shared
/// among processes. \param first number of the first example where `examples` are a part of the
/// list; whole logical batches. \throws DataError when an example has fewer tokens than
/// tokens_per_example.
std::vector<SpaceDraws> draw_tokens(const std::vector<const TokenExample*>& examples,
                                    int64_t input_spaces, bool has_head, const DrawOptions& options,
                                    int64_t first = 0);

/// How many draws draw_tokens() gives each input space, without holding them.
std::vector<int64_t> count_draws(const std::vector<const TokenExample*>& examples,
                                 int64_t input_spaces, bool has_head, const DrawOptions& options,
                                 int64_t first = 0);

/// m_j for every token of one sequence of `length` tokens whose labelled positions are
/// context_length .. length-1: the number of labelled positions i > j.
std::vector<int64_t> prefix_counts(int64_t length, int64_t context_length);

/// Receives what is sampled, pass by pass, with autograd off. Rows of a place arrive in order.
class SampleSink {
 public:
  virtual ~SampleSink() = default;
  /// Whether the place is wanted; asked before the first pass. What is sampled at one place does
  /// not depend on the others.
  virtual bool wants(PlaceId place) const { return true; }
  /// \param vectors [n, d] float32: X at an input space, Delta W * X at a site.
  virtual void on_vectors(PlaceId place, const at::Tensor& vectors) = 0;
  /// Whether on_gradient is wanted; the same throughout a pass.
  virtual bool wants_gradient() const { return false; }
  /// One logical batch at one site: Delta W = delta^T x. x [t, d_in], delta [t, d_out], compute
  /// dtype.
  virtual void on_gradient(PlaceId site, const at::Tensor& x, const at::Tensor& delta) {}
};

struct SamplerOptions {
  DrawOptions draw;
  int64_t first_index = 0;  ///< of the first example, where they are a part of a list
  /// Logical batches are put into one pass until it holds this many tokens: larger matrix products,
  /// more memory. 0: one logical batch a pass. The result differs by rounding only.
  int64_t pass_tokens = 384;
  /// Called after every pass with the number of its examples.
  std::function<void(int64_t)> progress;
};

/// Vectors that each place will give, as many at a site as at its input space; needs no pass.
PerPlace<int64_t> count_samples(const PretrainedModel& model,
                                const std::vector<const TokenExample*>& examples,
                                const DrawOptions& options, int64_t first = 0);

/// The examples of process `index` of `size`: whole logical batches, about as many tokens as the
/// others have.
Shard shard_of_batches(const std::vector<const TokenExample*>& examples, int64_t batch_size,
                       int index, int size);

/// Tokens of the largest pass: of one logical batch, where that has more than pass_tokens.
int64_t largest_pass(const std::vector<const TokenExample*>& examples,
                     const SamplerOptions& options);

/// Runs the model over `examples` (evaluation mode, one forward and one backward pass) and hands X
/// and Delta W * X to the sink. Delta W is the gradient of the mean loss of the example's logical
/// batch: consecutive `batch_size` examples. With the batch's tokens x [t, d_in] and output
/// gradients delta [t, d_out], Delta W * X = (X x^T) delta; where so many vectors are drawn that it
/// takes fewer operations, Delta W = delta^T x is formed. \throws NumericError when the loss is
/// not finite.
void sample_tokens(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                   const SamplerOptions& options, SampleSink& sink);

/// sample_tokens into memory. // [n, d] per place, float32
PerPlace<at::Tensor> collect_samples(PretrainedModel& model,
                                     const std::vector<const TokenExample*>& examples,
                                     const SamplerOptions& options);

}  // namespace eida
