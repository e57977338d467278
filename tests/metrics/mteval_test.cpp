#include "eida/metrics/bleu_nist.h"
#include <gtest/gtest.h>
namespace eida { TEST(X,Y){ EXPECT_EQ(mteval_tokens("a", MtevalConvention::kPerl).size(), 1u);} }
