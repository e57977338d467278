/// The examples of an epoch, read and tokenized ahead of their use.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "eida/data/batching.h"
#include "eida/data/dataset.h"
#include "eida/data/tokenize.h"

namespace eida {

struct StreamOptions {
  int64_t chunk = 800;      ///< examples that are read and handed out together
  int64_t first_chunk = 0;  ///< number of the chunk to begin with
  int workers = 1;          ///< threads that read and tokenize
};

/// Hands out an epoch a chunk at a time. Workers stay at most `workers` + 1 chunks ahead of
/// what was handed out, so that memory does not depend on the size of the dataset. Which examples a
/// chunk has depends on the order alone, never on the number of workers.
class ExampleStream {
 public:
  /// \throws ConfigError chunk or workers < 1.
  ExampleStream(std::shared_ptr<const Dataset> dataset, const ExampleTokenizer& tokenizer,
                EpochOrder order, StreamOptions options);
  ~ExampleStream();
  ExampleStream(const ExampleStream&) = delete;
  ExampleStream& operator=(const ExampleStream&) = delete;

  /// The next chunk; empty after the last one. An example without a labelled token is replaced
  /// by another one of the chunk. \throws DataError a row of the chunk is broken, or none
  /// of them has a labelled token.
  std::vector<TokenExample> next();

  int64_t truncated() const { return truncated_; }  ///< examples handed out truncated
  int64_t replaced() const { return replaced_; }    ///< examples without a labelled token

 private:
  struct Chunk {
    TokenizedSet set;
    std::exception_ptr error;
  };
  void work(const std::stop_token& stop);
  TokenizedSet read(int64_t chunk) const;

  std::shared_ptr<const Dataset> dataset_;
  ExampleTokenizer tokenizer_;
  EpochOrder order_;
  StreamOptions options_;
  int64_t count_ = 0;  ///< chunks of the epoch
  int64_t truncated_ = 0, replaced_ = 0;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<int64_t, Chunk> ready_;
  int64_t begun_ = 0, taken_ = 0;      ///< chunks that workers began, and that were handed out
  std::vector<std::jthread> workers_;  ///< last: they use all of the above
};

}  // namespace eida
