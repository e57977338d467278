#include "cached_attention.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "eida/tensor/device.h"
#include "simd.h"

namespace eida {
namespace {

using simd::kLanes;
using simd::Lanes;

constexpr int64_t kWorthAThread = 32'768;  // keys times width: some ten microseconds

/// One row's attention. T is float or BFloat16.
template <typename T>
struct RowTask {
  const float* query;  ///< [h, d_h], scaled
  const T* cache;      ///< [slots, 2, key heads, d_h]
  const int32_t* slots;
  int64_t count, heads, group, width;  ///< group: queries of a key head; width: d_h
  float* weights;                      ///< [h, count] scratch
  float* context;                      ///< [h, d_h]

  int64_t dim() const { return heads * width; }
  const T* key(int64_t t) const { return cache + slots[t] * 2 * (dim() / group); }
  const T* value(int64_t t) const { return key(t) + dim() / group; }
};

template <typename T>
EIDA_INLINE float dot(const float* a, const T* b, int64_t size) {
  Lanes total = {}, x, y;
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    simd::load(a + i, x);
    simd::load(b + i, y);
    total += x * y;
  }
  float result = simd::sum(total);
  for (; i < size; ++i) result += a[i] * static_cast<float>(b[i]);
  return result;
}

template <typename T>
EIDA_INLINE void score_keys(const RowTask<T>& task) {
  for (int64_t t = 0; t < task.count; ++t) {
    const T* key = task.key(t);
    for (int64_t h = 0; h < task.heads; ++h) {
      task.weights[h * task.count + t] =
          dot(task.query + h * task.width, key + h / task.group * task.width, task.width);
    }
  }
}

/// In place. \param scores [count], any length.
EIDA_INLINE void softmax(float* scores, int64_t count) {
  float largest = -std::numeric_limits<float>::infinity(), total = 0.0F;
  for (int64_t t = 0; t < count; ++t) largest = std::max(largest, scores[t]);
  for (int64_t t = 0; t < count; t += kLanes) {
    const int64_t size = std::min(kLanes, count - t);
    float buffer[kLanes] = {};
    std::memcpy(buffer, scores + t, static_cast<size_t>(size) * sizeof(float));
    Lanes x, y;
    simd::load(buffer, x);
    simd::exponential(x - largest, y);
    simd::store(y, buffer);
    std::memcpy(scores + t, buffer, static_cast<size_t>(size) * sizeof(float));
  }
  for (int64_t t = 0; t < count; ++t) total += scores[t];
  for (int64_t t = 0; t < count; ++t) scores[t] /= total;
}

/// Adds the values of slots `from` .. `to`-1, few enough to stay in the nearest cache.
template <typename T>
EIDA_INLINE void add_values(const RowTask<T>& task, int64_t from, int64_t to) {
  for (int64_t h = 0; h < task.heads; ++h) {
    const float* weights = task.weights + h * task.count;
    float* context = task.context + h * task.width;
    const int64_t begin = h / task.group * task.width;  // of its values
    int64_t i = 0;
    for (; i + kLanes <= task.width; i += kLanes) {
      Lanes total, value;
      simd::load(context + i, total);
      for (int64_t t = from; t < to; ++t) {
        simd::load(task.value(t) + begin + i, value);
        total += weights[t] * value;
      }
      simd::store(total, context + i);
    }
    for (; i < task.width; ++i) {
      for (int64_t t = from; t < to; ++t)
        context[i] += weights[t] * static_cast<float>(task.value(t)[begin + i]);
    }
  }
}

template <typename T>
EIDA_INLINE void attend(const RowTask<T>& task) {
  constexpr int64_t kBlock = 8;
  score_keys(task);
  for (int64_t h = 0; h < task.heads; ++h) softmax(task.weights + h * task.count, task.count);
  std::fill_n(task.context, task.dim(), 0.0F);
  for (int64_t t = 0; t < task.count; t += kBlock)
    add_values(task, t, std::min(task.count, t + kBlock));
}

EIDA_EVERY_ISA void attend_row(const RowTask<float>& task) { attend(task); }
EIDA_EVERY_ISA void attend_row(const RowTask<c10::BFloat16>& task) { attend(task); }

template <typename T>
void attend_rows(const at::Tensor& q, const CachedRows& rows, const at::Tensor& cache,
                 const AttentionOptions& options, const at::Tensor& out) {
  const int64_t dim = q.size(1);
  const int64_t longest = *std::max_element(rows.count.begin(), rows.count.end());
  const T* queries = q.const_data_ptr<T>();
  T* contexts = out.mutable_data_ptr<T>();
  const int64_t grain = std::max<int64_t>(1, kWorthAThread / (longest * dim));
  at::parallel_for(0, rows.size(), grain, [&](int64_t from, int64_t to) {
    std::vector<float> query(static_cast<size_t>(dim)), context(query.size()),
        weights(static_cast<size_t>(options.heads * longest));
    for (int64_t n = from; n < to; ++n) {
      const T* row = queries + n * q.stride(0);
      for (int64_t i = 0; i < dim; ++i)
        query[static_cast<size_t>(i)] =
            static_cast<float>(row[i]) * static_cast<float>(options.scale);
      const auto index = static_cast<size_t>(n);
      const int64_t all = rows.count[index],
                    count = options.window > 0 ? std::min(all, options.window) : all;
      attend_row(RowTask<T>{query.data(), cache.const_data_ptr<T>(),
                            rows.visible.data() + rows.begin[index] + all - count, count,
                            options.heads, options.group(), dim / options.heads, weights.data(),
                            context.data()});
      for (int64_t i = 0; i < dim; ++i)
        contexts[n * dim + i] = static_cast<T>(context[static_cast<size_t>(i)]);
    }
  });
}

CachedChunk make_chunk(const CachedRows& rows, int64_t first, int64_t last, int64_t width) {
  std::vector<int64_t> slots, count;
  std::vector<float> bias;
  for (int64_t n = first; n < last; ++n) {
    const auto index = static_cast<size_t>(n);
    count.push_back(rows.count[index]);
    const int32_t* visible = rows.visible.data() + rows.begin[index];
    for (int64_t t = 0; t < width; ++t) {
      const bool padding = t >= rows.count[index];
      slots.push_back(padding ? rows.slots[index] : visible[t]);
      bias.push_back(padding ? -std::numeric_limits<float>::infinity() : 0.0F);
    }
  }
  return {first, last - first, long_tensor(slots),
          at::tensor(bias, at::TensorOptions(at::kFloat)).view({last - first, 1, 1, width}),
          long_tensor(count).view({last - first, 1, 1, 1})};
}

}  // namespace

KvCache make_kv_cache(const ModelConfig& config, int64_t slots, at::TensorOptions options) {
  KvCache layers;
  for (const BlockSpec& block : config.architecture->blocks)
    layers.push_back(at::empty({slots, 2 * block.attention.kv_width()}, options));
  return layers;
}

void CachedRows::add(int64_t id, int64_t position, int64_t visible_begin, int64_t visible_count) {
  ids.push_back(id);
  positions.push_back(position);
  begin.push_back(visible_begin);
  count.push_back(visible_count);
  slots.push_back(visible[static_cast<size_t>(visible_begin + visible_count - 1)]);
}

std::vector<CachedChunk> make_chunks(const CachedRows& rows, at::Device device,
                                     int64_t gathered_slots) {
  std::vector<CachedChunk> chunks;
  int64_t first = 0, width = 0;
  for (int64_t n = 0; n <= rows.size(); ++n) {
    const int64_t wider =
        n < rows.size() ? std::max(width, rows.count[static_cast<size_t>(n)]) : width;
    if (n == rows.size() || (n > first && (n - first + 1) * wider > gathered_slots)) {
      chunks.push_back(make_chunk(rows, first, n, width));
      chunks.back().slots = to_device(chunks.back().slots, device);
      chunks.back().bias = to_device(chunks.back().bias, device);
      chunks.back().count = to_device(chunks.back().count, device);
      first = n;
      width = n < rows.size() ? rows.count[static_cast<size_t>(n)] : 0;
    } else {
      width = wider;
    }
  }
  return chunks;
}

void store_rows(const at::Tensor& k, const at::Tensor& v, const CachedRows& rows,
                const at::Tensor& cache) {
  const auto store = [&](const at::Tensor& from, int64_t begin) {
    const at::Tensor columns = cache.narrow(1, begin, from.size(1));
    if (!cache.is_cpu()) {
      const at::Tensor index = long_tensor({rows.slots.begin(), rows.slots.end()}, cache.device());
      columns.index_copy_(0, index, from);
      return;
    }
    const auto* source = static_cast<const char*>(from.const_data_ptr());
    auto* to = static_cast<char*>(columns.mutable_data_ptr());
    const size_t element = cache.element_size();
    for (size_t n = 0; n < rows.slots.size(); ++n) {
      std::memcpy(to + static_cast<size_t>(rows.slots[n] * cache.stride(0)) * element,
                  source + n * static_cast<size_t>(from.stride(0)) * element,
                  static_cast<size_t>(from.size(1)) * element);
    }
  };
  store(k, 0);
  store(v, k.size(1));
}

at::Tensor attend_on_cpu(const at::Tensor& q, const CachedRows& rows, const at::Tensor& cache,
                         const AttentionOptions& options) {
  at::Tensor out = at::empty({q.size(0), q.size(1)}, q.options());
  if (q.scalar_type() == at::kFloat) {
    attend_rows<float>(q, rows, cache, options, out);
  } else {
    attend_rows<c10::BFloat16>(q, rows, cache, options, out);
  }
  return out;
}

at::Tensor attend_with_operators(const at::Tensor& q, const std::vector<CachedChunk>& chunks,
                                 const at::Tensor& cache, const AttentionOptions& options) {
  std::vector<at::Tensor> contexts;
  for (const CachedChunk& chunk : chunks) {
    const int64_t width = chunk.bias.size(3), head_dim = q.size(1) / options.heads;
    const auto pair = cache.index_select(0, chunk.slots)
                          .view({chunk.rows, width, 2, options.key_heads(), head_dim})
                          .permute({2, 0, 3, 1, 4});  // [2, r, key heads, T, d_h]
    const at::Tensor query =
        q.narrow(0, chunk.first, chunk.rows)
            .reshape({chunk.rows, options.key_heads(), options.group(), head_dim});
    const at::Tensor scores =
        at::matmul(query.to(at::kFloat) * options.scale, pair[0].transpose(2, 3).to(at::kFloat));
    at::Tensor bias = chunk.bias;
    if (options.window > 0 && width > options.window) {
      const at::Tensor place = at::arange(width, chunk.count.options());
      bias = bias.masked_fill(place < chunk.count - options.window,
                              -std::numeric_limits<float>::infinity());
    }
    const at::Tensor weights = (scores + bias).softmax(-1);  // [r, key heads, group, T]
    contexts.push_back(at::matmul(weights, pair[1].to(at::kFloat)).view({chunk.rows, q.size(1)}));
  }
  return at::cat(contexts).to(q.scalar_type());  // [N, d]
}

}  // namespace eida
