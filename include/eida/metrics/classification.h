/// Scores of predicted classes.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "eida/metrics/statistics.h"

namespace eida {

/// What scores need of a class that occurs.
struct ClassCounts {
  int64_t label = 0;
  int64_t gold = 0, predicted = 0, correct = 0;
};

/// How often each gold class was predicted as each class. Its size follows from the items, whatever
/// the number of classes.
class ConfusionMatrix {
 public:
  using Cells = std::map<std::pair<int64_t, int64_t>, int64_t>;

  /// \param gold,predicted class indices 0..classes-1, of equal size, at least one.
  /// \throws DataError sizes differ, nothing there, an index outside the classes: item, got, wanted
  ConfusionMatrix(std::span<const int64_t> gold, std::span<const int64_t> predicted,
                  int64_t classes);

  int64_t classes() const { return classes_; }
  int64_t at(int64_t gold, int64_t predicted) const;
  /// Counts by {gold, predicted}, ascending; others are 0.
  const Cells& cells() const { return cells_; }
  /// Of the classes that occur on either side, ascending.
  const std::vector<ClassCounts>& counts() const { return counts_; }
  int64_t items() const { return items_; }
  int64_t correct() const { return correct_; }

 private:
  int64_t classes_, items_ = 0, correct_ = 0;
  Cells cells_;
  std::vector<ClassCounts> counts_;
};

/// Two classes: F1 of class 1. More: mean over the classes that occur in gold or predicted (macro).
/// Source: scikit-learn's f1_score.
double f1_score(const ConfusionMatrix& matrix);
/// Matthews correlation for any number of classes, -1..1; 0 where one side is constant.
/// Source: Gorodkin 2004, Comput. Biol. Chem. 28.
double matthews_correlation(const ConfusionMatrix& matrix);

/// Items within a range of lengths.
struct LengthBucket {
  int64_t first = 0, last = 0;  ///< lengths in tokens, both ends included
  int64_t items = 0, correct = 0;
  double accuracy() const { return items == 0 ? 0.0 : static_cast<double>(correct) / items; }
};

struct ClassificationScores {
  double accuracy = 0.0, f1 = 0.0, matthews = 0.0;
  Interval accuracy_wilson{}, accuracy_bootstrap{}, f1_bootstrap{}, matthews_bootstrap{};
  ConfusionMatrix confusion;
  /// At most five ranges of length with about equally many items, ascending; items of equal length
  /// stay together. Empty without lengths.
  std::vector<LengthBucket> by_length{};
};

/// \param lengths of the items in tokens; empty: no breakdown. Otherwise as many as labels.
/// \throws DataError as ConfusionMatrix, or where the number of lengths differs
ClassificationScores score_classification(std::span<const int64_t> gold,
                                          std::span<const int64_t> predicted, int64_t classes,
                                          std::span<const int64_t> lengths = {},
                                          const ResamplingOptions& options = {});

/// Index of the largest logit, the lowest on ties. \param logits at least one, finite
/// \throws NumericError a logit is not finite
int64_t predicted_class(std::span<const float> logits);

}  // namespace eida
