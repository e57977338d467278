/// Continues token ids for scripts/check_generation.py.
///   eida_generate_lines MODEL < requests > answers
/// A request is a line {"options", "prompts"}; its answer a line with a list for each prompt: every
/// output, best first, as {"tokens", "score", "finished"}.
#include <iostream>
#include <string>

#include "eida/core/error.h"
#include "eida/core/run_main.h"
#include "eida/tensor/checks.h"
#include "generation/request.h"

namespace {

using nlohmann::json;

json to_json(const eida::Output& output) {
  return {{"tokens", output.tokens}, {"score", output.score}, {"finished", output.finished}};
}

json answer(eida::PretrainedModel& model, const json& request) {
  const auto prompts = request.at("prompts").get<std::vector<std::vector<int32_t>>>();
  json answers = json::array();
  for (const auto& generated :
       eida::generate(model, prompts, eida::testing::generate_options(request.at("options")))) {
    json outputs = {to_json(generated)};
    for (const auto& output : generated.alternatives) outputs.push_back(to_json(output));
    answers.push_back(outputs);
  }
  return answers;
}

}  // namespace

int main(int argc, char** argv) {
  return eida::run_main(
      "eida_generate_lines",
      [&] {
        if (argc != 2) throw eida::ConfigError("usage: eida_generate_lines MODEL < requests");
        const auto model = eida::load_pretrained(argv[1], eida::TaskKind::kCompletion);
        for (std::string line; std::getline(std::cin, line);)
          std::cout << answer(*model, json::parse(line)).dump() << '\n';
        return 0;
      },
      eida::describe_torch_error);
}
