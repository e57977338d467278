/// The three programs, as options belong to them.
#pragma once

#include <string>

namespace eida {

enum class Program : unsigned { kProbe = 1, kTrain = 2, kEval = 4 };

std::string program_name(Program program);  ///< "eida-probe", "eida-train", "eida-eval"

}  // namespace eida
