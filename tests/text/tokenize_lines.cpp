/// Encodes JSON lines for scripts/check_tokenizers.py.
///   eida_tokenize_lines MODEL < requests > ids
/// A request is a string, or {"text", "pair", "max_length", "special"} with any of the last three
/// left out, or {"ids", "skip"} to decode. An answer is [ids, type_ids], a string, or {"error"}.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "eida/core/error.h"
#include "eida/text/tokenizer.h"

namespace {

using nlohmann::json;

json answer(const eida::Tokenizer& tokenizer, const json& request) {
  eida::EncodeOptions options;
  if (request.is_string()) {
    const auto encoding = tokenizer.encode(request.get_ref<const std::string&>(), options);
    return {encoding.ids, encoding.type_ids};
  }
  if (request.contains("ids"))
    return tokenizer.decode(request["ids"].get<std::vector<int32_t>>(),
                            request.value("skip", true));
  options.max_length = request.value("max_length", 0);
  options.add_special_tokens = request.value("special", true);
  const std::string text = request.at("text");
  const auto encoding =
      request.contains("pair")
          ? tokenizer.encode_pair(text, request["pair"].get<std::string>(), options)
          : tokenizer.encode(text, options);
  return {encoding.ids, encoding.type_ids};
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) throw eida::ConfigError("usage: eida_tokenize_lines MODEL < requests");
  spdlog::set_level(spdlog::level::off);  // stdout is for answers
  const auto tokenizer = eida::load_tokenizer(argv[1]);
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << answer(*tokenizer, json::parse(line)).dump() << '\n';
    } catch (const eida::Error& error) {
      std::cout << json{{"error", error.what()}}.dump() << '\n';
    }
  }
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "eida_tokenize_lines: {}\n", error.what());
  return 2;
}
