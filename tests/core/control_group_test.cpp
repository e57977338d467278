#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>
#include <cstdlib>

#include "eida/core/error.h"
#include "eida/core/system_info.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

namespace eida {
namespace {

namespace fs = std::filesystem;

class ControlGroup : public ::testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((root() / file).parent_path());
    testing::write_text(root() / file, text);
  }
  double left(const std::string& membership) const {
    write("membership", membership);
    return control_group_memory_mib(root() / "membership", root());
  }
  fs::path root() const { return dir_.path(); }
  testing::TempDir dir_;
};

constexpr const char* kStat = "anon 5\nfile 900\ninactive_file 10485760\n";  // 10 MiB

TEST_F(ControlGroup, LeavesWhatItsLimitsDoAndThoseAboveIt) {
  write("slurm/memory.max", "104857600\n");  // 100 MiB
  write("slurm/memory.current", "41943040\n");
  write("slurm/memory.stat", kStat);
  write("slurm/job/memory.max", "max\n");
  EXPECT_DOUBLE_EQ(left("0::/slurm/job\n"), 70.0);
  write("slurm/job/memory.max", "31457280\n");
  write("slurm/job/memory.current", "20971520\n");
  EXPECT_DOUBLE_EQ(left("0::/slurm/job\n"), 10.0);
  write("slurm/job/memory.current", "41943040\n");  // over it
  EXPECT_DOUBLE_EQ(left("0::/slurm/job\n"), 0.0);
}

TEST_F(ControlGroup, OfTheFirstVersionHaveOtherNames) {
  write("memory/memory.limit_in_bytes", "104857600");
  write("memory/memory.usage_in_bytes", "52428800");
  write("memory/memory.stat", "inactive_file 7\ntotal_inactive_file 10485760\n");
  // A container names its group as the host does, but sees it as the root.
  EXPECT_DOUBLE_EQ(left("4:memory:/docker/0123\n3:cpu,cpuacct:/\n0::/\n"), 60.0);
}

TEST_F(ControlGroup, WithoutLimitsLeaveEverything) {
  EXPECT_TRUE(std::isinf(left("0::/\n")));
  EXPECT_TRUE(std::isinf(left("nonsense\n")));
  EXPECT_TRUE(std::isinf(control_group_memory_mib(root() / "missing", root())));
  EXPECT_GT(available_memory_mib(), 0.0);
}

TEST(Memory, MoreThanThereIsIsRefusedWithBothNumbers) {
  EXPECT_NO_THROW(require_memory(1.0, "a", "b"));
  const std::string said = testing::message_of<ConfigError>(
      [] { require_memory(std::ldexp(1.0, 60), "DIR: a model", "a smaller one"); });
  EXPECT_TRUE(testing::holds(said, "DIR: a model takes 1099511627776 MiB, "));
  EXPECT_TRUE(testing::holds(said, " are free (hint: a smaller one)"));
}

TEST(MemoryDeathTest, ALimitOfAddressSpaceCounts) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer takes address space of its own";
#endif
  const auto limited = [] {
    const rlimit limit{rlim_t{4} << 30, rlim_t{4} << 30};
    std::exit(::setrlimit(RLIMIT_AS, &limit) == 0 && available_memory_mib() < 4096.0 ? 0 : 1);
  };
  EXPECT_EXIT(limited(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace eida
