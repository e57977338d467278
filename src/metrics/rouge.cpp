#include <algorithm>

#include "eida/metrics/rouge_cider.h"
#include "ngrams.h"

namespace eida {

using namespace metrics;  // code points, n-grams

namespace {

/// Word numbers of a text cut at single spaces; an empty text is one empty word.
std::vector<int32_t> words_of(std::string_view text, Vocabulary& vocabulary) {
  std::vector<int32_t> words;
  for (size_t begin = 0;;) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    words.push_back(vocabulary.intern(text.substr(begin, end - begin)));
    if (end == text.size()) return words;
    begin = end + 1;
  }
}

/// Length of the longest common subsequence.
int32_t common_subsequence(const std::vector<int32_t>& a, const std::vector<int32_t>& b,
                           std::vector<int32_t>& row) {
  row.assign(b.size() + 1, 0);
  for (const int32_t word : a) {
    int32_t diagonal = 0;
    for (size_t j = 0; j < b.size(); ++j) {
      const int32_t above = row[j + 1];
      row[j + 1] = word == b[j] ? diagonal + 1 : std::max(above, row[j]);
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::vector<double> rouge_l_items(const References& references,
                                  const std::vector<std::string>& predictions) {
  constexpr double kBetaSquared = 1.2 * 1.2;
  Vocabulary vocabulary;
  std::vector<double> scores;
  std::vector<int32_t> row;
  for (size_t i = 0; i < predictions.size(); ++i) {
    const std::vector<int32_t> prediction = words_of(predictions[i], vocabulary);
    double precision = 0.0, recall = 0.0;
    for (const std::string& text : references[i]) {
      const std::vector<int32_t> reference = words_of(text, vocabulary);
      const double common = common_subsequence(prediction, reference, row);
      precision = std::max(precision, common / static_cast<double>(prediction.size()));
      recall = std::max(recall, common / static_cast<double>(reference.size()));
    }
    const bool some = precision != 0.0 && recall != 0.0;
    scores.push_back(some ? (1.0 + kBetaSquared) * precision * recall /
                                (recall + kBetaSquared * precision)
                          : 0.0);
  }
  return scores;
}

}  // namespace eida
