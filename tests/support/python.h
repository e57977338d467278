/// Python programs that tests compare with (CMake option EIDA_PYTHON).
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/program.h"

namespace eida::testing {

/// Whether EIDA_PYTHON is given and can import the modules ("numpy, pandas").
inline bool python_has(const std::filesystem::path& scratch, const std::string& modules) {
  const std::string python = EIDA_PYTHON_PROGRAM;
  return !python.empty() && run_program(scratch, {python, "-c", "import " + modules}).code == 0;
}

}  // namespace eida::testing

#define EIDA_NEED_PYTHON(scratch, modules)              \
  if (!::eida::testing::python_has((scratch), modules)) \
  GTEST_SKIP() << "needs EIDA_PYTHON with " << (modules)
