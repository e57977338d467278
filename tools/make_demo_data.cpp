/// Writes the demo data: reviews-{train,dev}.tsv and pairs-{train,dev}.txt.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/data/demo.h"

namespace {

void write_split(const std::filesystem::path& path, const std::string& content, size_t examples) {
  eida::write_file_atomic(path, content);
  fmt::print("{}: {} examples\n", path.string(), examples);
}

void write_all(const std::filesystem::path& folder, const eida::DemoOptions& options) {
  eida::make_folder(folder);
  const auto reviews = eida::make_demo_reviews(options);
  const auto pairs = eida::make_demo_pairs(options);
  write_split(folder / "reviews-train.tsv", eida::demo_review_file(reviews.train),
              reviews.train.size());
  write_split(folder / "reviews-dev.tsv", eida::demo_review_file(reviews.dev), reviews.dev.size());
  write_split(folder / "pairs-train.txt", eida::demo_pair_file(pairs.train), pairs.train.size());
  write_split(folder / "pairs-dev.txt", eida::demo_pair_file(pairs.dev), pairs.dev.size());
}

}  // namespace

int main(int argc, char** argv) {
  eida::DemoOptions options;
  std::filesystem::path folder;
  CLI::App app(
      "Writes review sentences (TSV) and meaning representation-text pairs (MR||text) from "
      "templates.");
  app.add_option("--output", folder, "folder to write to")->required();
  app.add_option("--seed", options.seed, "the same seed gives the same files")
      ->capture_default_str();
  app.add_option("--train", options.train, "training examples of each kind, even")
      ->capture_default_str();
  app.add_option("--dev", options.dev, "development examples of each kind, even")
      ->capture_default_str();
  try {
    app.parse(argc, argv);
    write_all(folder, options);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(eida::ExitCode::kConfig);
  } catch (const eida::Error& error) {
    fmt::print(stderr, "make_demo_data: {}\n", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    fmt::print(stderr, "make_demo_data: {}\n", error.what());
    return static_cast<int>(eida::ExitCode::kInternal);
  }
}
