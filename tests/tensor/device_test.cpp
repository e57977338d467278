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

TEST(ParsePrecision, AutoIsBFloat16OnTheCpuAndFloat16OnGpus) {
  EXPECT_EQ(parse_precision("auto", at::kCPU), at::kBFloat16);
  EXPECT_EQ(parse_precision("auto", at::Device(at::kCUDA, 0)), at::kHalf);
  EXPECT_EQ(parse_precision("fp32", at::kCPU), at::kFloat);
  EXPECT_EQ(parse_precision("fp16", at::Device(at::kCUDA, 0)), at::kHalf);
  EXPECT_THROW(parse_precision("float32", at::kCPU), ConfigError);
}

TEST(ParsePrecision, NamesReadBack) {
  for (const char* name : {"fp32", "bf16"})
    EXPECT_EQ(precision_name(parse_precision(name, at::kCPU)), name);
  EXPECT_EQ(precision_name(at::kHalf), "fp16");
  EXPECT_THROW(precision_name(at::kDouble), ConfigError);
}

TEST(ParsePrecision, Float16OnTheCpuIsAnErrorWithAHint) {
  try {
    parse_precision("fp16", at::kCPU);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("--precision bf16"), std::string::npos)
        << error.what();
  }
}

TEST(ParseWeights, TakesTwoNames) {
  EXPECT_EQ(parse_weights("fp32"), at::kFloat);
  EXPECT_EQ(parse_weights("bf16"), at::kBFloat16);
  EXPECT_THROW(parse_weights("fp16"), ConfigError);
}

}  // namespace
}  // namespace eida
