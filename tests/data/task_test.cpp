#include "eida/data/task.h"

#include <map>

#include "data/columns.h"
#include "data/reader_fixture.h"

namespace eida {
namespace {

using testing::ReaderTest;
using Tasks = ReaderTest;

/// A small file of each task, with its targets.
const std::map<TaskName, std::string> kSamples = {
    {TaskName::sst2, "sentence\tlabel\nfine \t1\ndull \t0\n"},
    {TaskName::e2e, "name : A||A is here .\nname : B||B is there .\n"},
    {TaskName::classification,
     "{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"b\", \"label\": \"y\"}\n"},
    {TaskName::prompt,
     "{\"prompt\": \"\", \"completion\": \"c\"}\n{\"prompt\": \"p\", \"completion\": \"d\"}\n"}};

TEST_F(Tasks, EveryTaskReadsItsSample) {
  for (const auto& [name, text, help] : Choices<TaskName>::kAll) {
    SCOPED_TRACE(text);
    const Task& task = task_of(name);
    const auto data =
        open(std::string(text) + ".txt", kSamples.at(name), testing::task_options(name));
    ASSERT_EQ(data->size(), 2);
    EXPECT_TRUE(data->has_targets());
    EXPECT_EQ(data->kind(), task.kind);
    EXPECT_EQ(data->class_names().size(), task.kind == TaskKind::kClassification ? 2U : 0U);
    EXPECT_FALSE(task.scores.empty());
    EXPECT_FALSE(task.metrics.empty());
  }
}

TEST_F(Tasks, SamplesAreNotThoseOfAnotherTask) {
  EXPECT_THROW(open("a.txt", kSamples.at(TaskName::e2e), testing::task_options(TaskName::prompt)),
               DataError);
  EXPECT_THROW(open("b.txt", kSamples.at(TaskName::prompt), testing::task_options(TaskName::e2e)),
               DataError);
}

/// A task is an object: what a new one says is enough for the reader.
TEST_F(Tasks, AnotherTaskIsReadAsItSays) {
  Task task = classification_task();
  task.columns = [](const Header& header, const ReaderOptions&) {
    return Columns{header.require({"premise"}), header.find({"hypothesis"}),
                   header.require({"gold"})};
  };
  task.class_names = {"no", "yes"};
  ReaderOptions options;
  options.task = &task;
  const auto data = open("a.tsv", "gold\thypothesis\tpremise\nyes\th\tp\n", options);
  EXPECT_EQ(data->at(0).first, "p");
  EXPECT_EQ(data->at(0).second, "h");
  EXPECT_EQ(data->at(0).label, 1);
  EXPECT_THROW(open("b.tsv", "gold\tpremise\nmaybe\tp\n", options), DataError);
}

TEST(Task, LossIsTheScoreThatFalls) {
  EXPECT_EQ(task_of(TaskName::sst2).scores.front().name, "accuracy");
  for (const auto& row : Choices<TaskName>::kAll) {
    for (const TaskScore& score : task_of(row.value).scores) {
      EXPECT_EQ(score.lower_is_better, score.name == "loss" || score.name == "perplexity");
    }
  }
}

}  // namespace
}  // namespace eida
