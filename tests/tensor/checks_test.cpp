#include "eida/tensor/checks.h"

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "eida/core/error.h"

namespace eida {
namespace {

TEST(CheckShape, AcceptsWhatFitsAndNamesWhatDoesNot) {
  const at::Tensor x = at::zeros({2, 3});
  EXPECT_NO_THROW(check_shape("x", x, {2, 3}));
  EXPECT_NO_THROW(check_shape("x", x, {-1, 3}));
  EXPECT_THROW(check_shape("x", x, {2}), Error);
  EXPECT_THROW(check_shape("x", at::Tensor(), {2}), Error);
  try {
    check_shape("logits", x, {2, 4});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "logits: shape [2, 3], wanted [2, 4]");
  }
}

TEST(DescribeTorchError, IsOneLineWithoutBacktrace) {
  try {
    at::zeros({2, 3}).matmul(at::zeros({2, 3}));
    FAIL();
  } catch (const std::exception& error) {
    const auto text = describe_torch_error(error);
    ASSERT_TRUE(text.has_value());
    EXPECT_EQ(text->find('\n'), std::string::npos) << *text;
    EXPECT_EQ(text->find("Exception raised from"), std::string::npos) << *text;
    EXPECT_NE(text->find("2x3"), std::string::npos) << *text;
  }
}

TEST(DescribeTorchError, SaysWhatToDoWithoutMemory) {
  try {
    at::zeros({int64_t{1} << 50});
    FAIL();
  } catch (const std::exception& error) {
    const auto text = describe_torch_error(error);
    ASSERT_TRUE(text.has_value());
    EXPECT_NE(text->find("hint"), std::string::npos) << *text;
  }
}

TEST(DescribeTorchError, LeavesOtherClassesAlone) {
  EXPECT_EQ(describe_torch_error(std::runtime_error("x")), std::nullopt);
}

}  // namespace
}  // namespace eida
