#include "eida/tensor/device.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>

#include "eida/core/error.h"

namespace eida {
namespace {

TEST(ParseDevice, TakesFourForms) {
  EXPECT_TRUE(parse_device("cpu").is_cpu());
  EXPECT_EQ(parse_device("auto").is_cuda(), at::hasCUDA());
}

TEST(ParseDevice, RefusesAnythingElseAndGpusThatAreNotThere) {
  for (const char* text : {"", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:1x",
                           "cuda:99999999999", "cuda:127"}) {
    EXPECT_THROW(parse_device(text), ConfigError) << text;
  }
}

TEST(ScalarType, AutoIsBFloat16OnTheCpuAndFloat16OnGpus) {
  EXPECT_EQ(scalar_type(Precision::kAuto, at::kCPU), at::kBFloat16);
  EXPECT_EQ(scalar_type(Precision::kAuto, at::Device(at::kCUDA, 0)), at::kHalf);
  EXPECT_EQ(scalar_type(Precision::kFp16, at::Device(at::kCUDA, 0)), at::kHalf);
}

TEST(ScalarType, IsNamedAsItWasChosen) {
  for (const Precision precision : {Precision::kFp32, Precision::kBf16})
    EXPECT_EQ(precision_name(scalar_type(precision, at::kCPU)), to_string(precision));
  EXPECT_EQ(precision_name(at::kHalf), "fp16");
  EXPECT_THROW(precision_name(at::kDouble), ConfigError);
  for (const WeightsType weights : {WeightsType::kFp32, WeightsType::kBf16})
    EXPECT_EQ(precision_name(scalar_type(weights)), to_string(weights));
}

TEST(ScalarType, Float16OnTheCpuIsAnErrorWithAHint) {
  try {
    scalar_type(Precision::kFp16, at::kCPU);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("--precision bf16"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace eida
