/// Any bytes as an index of METEOR's data: it opens and is looked up, or a DataError says why not.
/// The first byte chooses whether the checksum is made to fit, which chance would never do.
#include <cstring>

#include "../../src/metrics/meteor_data.h"
#include "support.h"

namespace {

void look_up(const eida::MeteorData& data, std::string_view word) {
  data.is_function_word(word);
  const auto synsets = data.synsets(word);
  for (size_t i = 1; i < synsets.size(); ++i) eida::fuzz::check(synsets[i - 1] < synsets[i]);
  std::vector<uint16_t> phrase;
  if (const auto number = data.table_word(word)) phrase.push_back(*number);
  phrase.push_back(1);
  for (size_t words = 1; words <= phrase.size(); ++words)
    data.each_paraphrase({phrase.data(), words},
                         [](const auto& found) { eida::fuzz::check(!found.empty()); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const eida::fuzz::Input<1> input(bytes, size, 1);
  std::string file(input.files[0]);
  eida::meteor::Header header{};
  if (input.options[0] % 4 != 0 && file.size() >= sizeof header) {
    std::memcpy(&header, file.data(), sizeof header);
    header.checksum = eida::meteor::checksum(std::string_view(file).substr(sizeof header));
    std::memcpy(file.data(), &header, sizeof header);
  }
  eida::fuzz::expect_errors_only([&] {
    const eida::MeteorData data(eida::fuzz::write("index", file));
    for (const char* word : {"a", "b", "houses", "went", "men", "", "\xff"}) look_up(data, word);
    look_up(data, std::string_view(file).substr(file.size() - std::min<size_t>(file.size(), 4)));
  });
  return 0;
}
