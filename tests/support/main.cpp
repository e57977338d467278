// main() of every test program. 77, which ctest shows as skipped, where no test ran to its end.
#include <gtest/gtest.h>

#include <cstdio>

int main(int argc, char** argv) {
  constexpr int kSkipped = 77;
  testing::InitGoogleTest(&argc, argv);
  const int failed = RUN_ALL_TESTS();
  if (failed != 0 || GTEST_FLAG_GET(list_tests)) return failed;
  const testing::UnitTest& tests = *testing::UnitTest::GetInstance();
  if (tests.test_to_run_count() == 0) {
    std::fputs("no test has the name that was asked for\n", stderr);
    return 1;
  }
  return tests.skipped_test_count() == tests.test_to_run_count() ? kSkipped : 0;
}
