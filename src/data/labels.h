/// Label texts -> class indices.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace eida {

/// Class names in index order, and the index of each label as it is written.
/// Integers are indices as they stand; other labels are indexed in byte order of their names.
class Labels {
 public:
  static constexpr int64_t kMostClasses = 65536;

  Labels() = default;
  /// Names known beforehand.
  /// \throws ConfigError a name is empty or there twice.
  explicit Labels(std::vector<std::string> names);

  /// Adds a label while names are not known. The first label decides whether all are integers.
  /// \throws RowError empty, negative, too large, or of the other sort than the first.
  void collect(const std::string& label);
  /// Ends collecting.
  void finish();

  /// \throws RowError the label is none of the classes; lists them.
  int64_t index_of(const std::string& label) const;
  const std::vector<std::string>& names() const { return names_; }
  /// Indices below the largest that no label had (integers only).
  int64_t unused() const { return unused_; }

 private:
  enum class Sort { kUnknown, kIntegers, kWords };
  Sort sort_ = Sort::kUnknown;
  std::map<std::string, int64_t> index_;
  std::set<int64_t> seen_;
  std::vector<std::string> names_;
  int64_t unused_ = 0;
};

}  // namespace eida
