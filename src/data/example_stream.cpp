#include "eida/data/example_stream.h"

#include <algorithm>
#include <utility>

#include "eida/core/error.h"

namespace eida {

ExampleStream::ExampleStream(std::shared_ptr<const Dataset> dataset,
                             const ExampleTokenizer& tokenizer, EpochOrder order,
                             StreamOptions options)
    : dataset_(std::move(dataset)),
      tokenizer_(tokenizer),
      order_(std::move(order)),
      options_(options),
      begun_(options.first_chunk),
      taken_(options.first_chunk) {
  if (options_.chunk < 1 || options_.workers < 1)
    throw ConfigError("stream of examples: chunk {} and {} workers, wanted at least 1",
                      options_.chunk, options_.workers);
  count_ = (order_.size() + options_.chunk - 1) / options_.chunk;
  for (int i = 0; i < options_.workers; ++i)
    workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

ExampleStream::~ExampleStream() {
  for (std::jthread& worker : workers_) worker.request_stop();
}

std::vector<TokenExample> ExampleStream::next() {
  std::unique_lock lock(mutex_);
  if (taken_ >= count_) return {};
  changed_.wait(lock, [this] { return ready_.contains(taken_); });
  Chunk chunk = std::move(ready_.extract(taken_++).mapped());
  lock.unlock();
  changed_.notify_all();
  if (chunk.error != nullptr) std::rethrow_exception(chunk.error);
  truncated_ += chunk.set.truncated;
  replaced_ += chunk.set.skipped;
  return std::move(chunk.set.examples);
}

void ExampleStream::work(const std::stop_token& stop) {
  const int64_t ahead = options_.workers + 1;
  std::unique_lock lock(mutex_);
  while (begun_ < count_) {
    if (!changed_.wait(lock, stop, [&] { return begun_ < std::min(count_, taken_ + ahead); }))
      return;
    const int64_t number = begun_++;
    lock.unlock();
    Chunk chunk;
    try {
      chunk.set = read(number);
    } catch (...) {
      chunk.error = std::current_exception();
    }
    lock.lock();
    ready_.emplace(number, std::move(chunk));
    changed_.notify_all();
  }
}

TokenizedSet ExampleStream::read(int64_t chunk) const {
  const auto rows_of = [this](int64_t number) {
    const int64_t begin = number * options_.chunk;
    return order_.part(begin, std::min(begin + options_.chunk, order_.size()));
  };
  const std::vector<int64_t> rows = rows_of(chunk);
  TokenizedSet set = tokenizer_.tokenize_quietly(*dataset_, rows);
  std::vector<TokenExample>& examples = set.examples;
  // A short last chunk may have none: a neighbour lends.
  constexpr int64_t kAsked = 8;
  for (int64_t back = 1; examples.empty() && back < std::min(kAsked, count_); ++back) {
    const int64_t lender = (chunk + count_ - back) % count_;
    examples = tokenizer_.tokenize_quietly(*dataset_, rows_of(lender)).examples;
  }
  if (examples.empty()) {
    throw DataError(
        "{}: none of {} examples has a labelled token within data.max_length (hint: raise it)",
        dataset_->name(), rows.size());
  }
  examples.resize(std::min(examples.size(), rows.size()));
  const size_t usable = examples.size();
  for (size_t i = 0; examples.size() < rows.size(); ++i) {
    TokenExample other = examples[i % usable];
    examples.push_back(std::move(other));
  }
  return set;
}

}  // namespace eida
