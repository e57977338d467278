#include "eida/data/dataset.h"

#include <algorithm>
#include <utility>

#include "eida/core/error.h"
#include "eida/core/utf8.h"

namespace eida {
namespace {

class MemoryDataset : public Dataset {
 public:
  MemoryDataset(std::vector<TextExample> examples, TaskKind kind,
                std::vector<std::string> class_names)
      : examples_(std::move(examples)), kind_(kind), class_names_(std::move(class_names)) {
    if (examples_.empty()) throw DataError("<memory>: there is no example");
    for (size_t i = 0; i < examples_.size(); ++i) check_label(i);
  }

  int64_t size() const override { return static_cast<int64_t>(examples_.size()); }
  TextExample at(int64_t index) const override {
    if (index < 0 || index >= size()) {
      throw DataError("<memory>: example {} asked, there are {}", index, size());
    }
    return examples_[static_cast<size_t>(index)];
  }
  TaskKind kind() const override { return kind_; }
  bool has_targets() const override {
    return std::all_of(examples_.begin(), examples_.end(), [this](const TextExample& example) {
      return kind_ == TaskKind::kClassification ? example.label >= 0 : !example.second.empty();
    });
  }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  bool one_class() const override {
    return kind_ == TaskKind::kClassification && has_targets() &&
           std::all_of(examples_.begin(), examples_.end(),
                       [this](const TextExample& e) { return e.label == examples_.front().label; });
  }
  std::string name() const override { return "<memory>"; }

 private:
  void check_label(size_t i) const {
    const int64_t label = examples_[i].label;
    const auto classes = static_cast<int64_t>(class_names_.size());
    if (label < -1 || (label >= 0 && label >= classes)) {
      throw DataError("<memory>: label {} of example {} is not among {} classes", label, i,
                      classes);
    }
  }

  std::vector<TextExample> examples_;
  TaskKind kind_;
  std::vector<std::string> class_names_;
};

}  // namespace

std::shared_ptr<const Dataset> make_dataset(std::vector<TextExample> examples, TaskKind kind,
                                            std::vector<std::string> class_names) {
  return std::make_shared<MemoryDataset>(std::move(examples), kind, std::move(class_names));
}

}  // namespace eida
