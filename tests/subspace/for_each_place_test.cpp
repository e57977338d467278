#include "eida/subspace/for_each_place.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "eida/core/error.h"

namespace eida {
namespace {

/// As many threads as a test wants, and those of before after it.
class Threads {
 public:
  explicit Threads(int count) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_ = at::get_num_threads();
};

TEST(ForEachPlace, EachIsVisitedOnce) {
  const Threads threads(3);
  std::vector<std::atomic<int>> visits(100);
  for_each_place(visits.size(), [&](size_t i) { ++visits[i]; });
  for (const auto& count : visits) EXPECT_EQ(count, 1);
  for_each_place(0, [&](size_t) { FAIL() << "there is none"; });
  EXPECT_EQ(at::get_num_threads(), 3);
}

TEST(ForEachPlace, AfterAFaultNothingBegins) {
  const Threads threads(2);
  std::atomic<int> visited{0};
  const auto work = [&](size_t i) {
    if (i == 0) throw NumericError("of one place");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ++visited;
  };
  EXPECT_THROW(for_each_place(10000, work), NumericError);
  EXPECT_LT(visited, 5000);
}

}  // namespace
}  // namespace eida
