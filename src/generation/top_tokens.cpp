#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "../model/simd.h"
#include "eida/core/error.h"
#include "proposals.h"

namespace eida {
namespace {

using simd::IntLanes;
using simd::kLanes;
using simd::Lanes;

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();
/// Tokens of one chunk. Measured at [160, 768] x [768, 50257] on 2 cores: float32 181 GFLOP/s
/// against 93 in one product, bfloat16 385 against 377.
constexpr int64_t kChunk = 1024;
constexpr int64_t kWorthAThread = 16'384;  // logits to look at: some ten microseconds

struct Entry {
  float logit;
  int32_t token;
};

/// The best tokens and the sum of exponentials of sixteen rows, as far as the vocabulary was seen.
struct RowBlock {
  std::vector<Entry> best[kLanes];  ///< each the largest first
  const std::vector<int32_t>* banned[kLanes] = {};
  Lanes largest = Lanes{} + kMinusInfinity;    ///< of all logits, banned ones too
  Lanes threshold = Lanes{} + kMinusInfinity;  ///< smallest of `best` once there are `count`
  Lanes sum = {};                              ///< of exp(logit - largest)
  size_t count = 0;
  int64_t rows = kLanes;  ///< lanes in use

  void insert(int64_t lane, Entry entry) {
    auto& list = best[lane];
    const auto* forbidden = banned[lane];
    if (forbidden != nullptr &&
        std::binary_search(forbidden->begin(), forbidden->end(), entry.token))
      return;
    if (list.size() == count) list.pop_back();
    list.insert(std::upper_bound(list.begin(), list.end(), entry,
                                 [](const Entry& a, const Entry& b) { return a.logit > b.logit; }),
                entry);
    if (list.size() == count) threshold[lane] = list.back().logit;
  }
};

/// A chunk of the vocabulary for sixteen rows: element [v, l] at logits[v * stride + l].
template <typename T>
struct Chunk {
  const T* logits;
  int64_t stride, tokens;
  int32_t first_token;
};

template <typename T>
EIDA_INLINE void scan(const Chunk<T>& chunk, RowBlock& block) {
  Lanes x, largest = block.largest, factor, power;
  for (int64_t v = 0; v < chunk.tokens; ++v) {
    simd::load(chunk.logits + v * chunk.stride, x);
    simd::maximum(largest, x);
  }
  simd::exponential(block.largest - largest, factor);
  Lanes sum = block.sum * factor;
  const IntLanes better = largest > block.threshold;
  for (int64_t v = 0; v < chunk.tokens; ++v) {
    simd::load(chunk.logits + v * chunk.stride, x);
    simd::exponential(x - largest, power);
    sum += power;
  }
  block.largest = largest;
  block.sum = sum;
  if (!simd::any(better)) return;
  for (int64_t v = 0; v < chunk.tokens; ++v) {
    simd::load(chunk.logits + v * chunk.stride, x);
    const IntLanes above = x > block.threshold;
    if (!simd::any(above)) continue;
    for (int64_t l = 0; l < block.rows; ++l) {
      if (above[l] != 0) block.insert(l, {x[l], chunk.first_token + static_cast<int32_t>(v)});
    }
  }
}

EIDA_EVERY_ISA void scan_chunk(const Chunk<float>& chunk, RowBlock& block) { scan(chunk, block); }
EIDA_EVERY_ISA void scan_chunk(const Chunk<c10::BFloat16>& chunk, RowBlock& block) {
  scan(chunk, block);
}

std::vector<RowBlock> make_blocks(int64_t rows, int64_t count, const BannedTokens& banned) {
  std::vector<RowBlock> blocks(static_cast<size_t>((rows + kLanes - 1) / kLanes));
  for (int64_t m = 0; m < rows; ++m) {
    RowBlock& block = blocks[static_cast<size_t>(m / kLanes)];
    block.count = static_cast<size_t>(count);
    block.rows = m % kLanes + 1;
    if (!banned.empty()) block.banned[m % kLanes] = &banned[static_cast<size_t>(m)];
  }
  return blocks;
}

template <typename T>
void scan_vocabulary(const HeadInput& input, std::vector<RowBlock>& blocks) {
  const int64_t rows = input.hidden.size(0), width = kLanes * static_cast<int64_t>(blocks.size());
  // Rows become columns, so that sixteen of them lie side by side for every token.
  at::Tensor columns = at::zeros({input.hidden.size(1), width}, input.hidden.options());
  columns.narrow(1, 0, rows).copy_(input.hidden.t());
  at::Tensor buffer = at::empty({kChunk, width}, columns.options());
  const int64_t vocabulary = input.table.size(0);
  for (int64_t first = 0; first < vocabulary; first += kChunk) {
    const int64_t tokens = std::min(kChunk, vocabulary - first);
    at::Tensor logits = buffer.narrow(0, 0, tokens);  // [v, width]
    at::mm_out(logits, input.table.narrow(0, first, tokens), columns);
    const T* values = logits.const_data_ptr<T>();
    const int64_t grain = std::max<int64_t>(1, kWorthAThread / (kLanes * tokens));
    at::parallel_for(0, static_cast<int64_t>(blocks.size()), grain, [&](int64_t from, int64_t to) {
      for (int64_t b = from; b < to; ++b) {
        scan_chunk(Chunk<T>{values + b * kLanes, width, tokens, static_cast<int32_t>(first)},
                   blocks[static_cast<size_t>(b)]);
      }
    });
  }
}

void check_finite(float logsumexp, int64_t row) {
  if (!std::isfinite(logsumexp)) {
    throw NumericError(
        "the logits of row {} of a generation pass are not finite (hint: look at the model's "
        "weights)",
        row);
  }
}

Proposals to_proposals(const std::vector<RowBlock>& blocks) {
  Proposals proposals;
  for (const RowBlock& block : blocks) {
    for (int64_t l = 0; l < block.rows; ++l) {
      const float logsumexp = block.largest[l] + std::log(block.sum[l]);
      check_finite(logsumexp, static_cast<int64_t>(proposals.size()));
      auto& row = proposals.emplace_back();
      for (const Entry& entry : block.best[l])
        row.push_back({entry.token, entry.logit - logsumexp});
    }
  }
  return proposals;
}

}  // namespace

Proposals top_tokens_of_logits(const at::Tensor& logits, int64_t count,
                               const BannedTokens& banned) {
  const at::Tensor logsumexp = at::logsumexp(logits, 1).cpu();  // [M]
  // As many more as may be banned.
  size_t most_banned = 0;
  for (const auto& row : banned) most_banned = std::max(most_banned, row.size());
  const int64_t wanted = std::min(count + static_cast<int64_t>(most_banned), logits.size(1));
  const auto top = at::topk(logits, wanted, 1);
  const at::Tensor values = std::get<0>(top).cpu(), tokens = std::get<1>(top).cpu();
  Proposals proposals(static_cast<size_t>(logits.size(0)));
  for (int64_t m = 0; m < logits.size(0); ++m) {
    const float total = logsumexp.const_data_ptr<float>()[m];
    check_finite(total, m);
    auto& row = proposals[static_cast<size_t>(m)];
    for (int64_t k = m * wanted; k < (m + 1) * wanted; ++k) {
      const auto token = static_cast<int32_t>(tokens.const_data_ptr<int64_t>()[k]);
      const bool forbidden =
          !banned.empty() && std::binary_search(banned[static_cast<size_t>(m)].begin(),
                                                banned[static_cast<size_t>(m)].end(), token);
      if (!forbidden && static_cast<int64_t>(row.size()) < count)
        row.push_back({token, values.const_data_ptr<float>()[k] - total});
    }
  }
  return proposals;
}

Proposals top_tokens(const HeadInput& input, int64_t count, const BannedTokens& banned) {
  if (!input.hidden.is_cpu())
    return top_tokens_of_logits(at::linear(input.hidden, input.table).to(at::kFloat), count,
                                banned);
  auto blocks = make_blocks(input.hidden.size(0), count, banned);
  if (input.hidden.scalar_type() == at::kFloat) {
    scan_vocabulary<float>(input, blocks);
  } else {
    scan_vocabulary<c10::BFloat16>(input, blocks);
  }
  return to_proposals(blocks);
}

}  // namespace eida
