#include "eida/text/tokenizer.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/utf8.h"
#include "pipeline.h"
#include "settings.h"

namespace eida {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json read_document(const fs::path& file) { return read_json(file, {.code = ExitCode::kFormat}); }

/// Lines without their ends. \throws FormatError on one that is not UTF-8.
std::vector<std::string> read_lines(const fs::path& path) {
  const std::string text = read_file(path, uint64_t{256} << 20);
  std::vector<std::string> lines;
  for (std::string_view line : lines_of(text)) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (find_invalid_utf8(line) != std::string_view::npos)
      throw FormatError("{}:{}: is not UTF-8", path.string(), lines.size() + 1);
    lines.emplace_back(line);
  }
  return lines;
}

/// The "model" of a tokenizer.json in vocab.json and merges.txt, of GPT-2 or RoBERTa. "merges.txt":
/// the numbers of that file's lines that are no merges.
json model_of_vocab_json(const fs::path& model_dir) {
  json merges = json::array(), skipped = json::array();
  int64_t number = 0;
  for (std::string& line : read_lines(model_dir / "merges.txt")) {
    ++number;
    if (line.empty() || line.starts_with("#version")) {
      skipped.push_back(number);
    } else {
      merges.push_back(std::move(line));
    }
  }
  return {{"merges", std::move(merges)},
          {"merges.txt", std::move(skipped)},
          {"vocab", read_document(model_dir / "vocab.json")}};
}

/// The same of vocab.txt, one token a line, of BERT.
json model_of_vocab_txt(const fs::path& model_dir) {
  json vocab = json::object();
  int32_t line = 0;
  for (const std::string& token : read_lines(model_dir / "vocab.txt")) vocab[token] = line++;
  return {{"vocab", std::move(vocab)}};
}

std::shared_ptr<const Tokenizer> load_json(const fs::path& file, text::Settings settings) {
  json document = read_document(file);
  if (!settings.family().has_value()) settings.guess(text::TokenizerKind::kFile);
  settings.apply(document, file.string(), true);
  return std::make_shared<text::Pipeline>(document, file.string());
}

/// vocab.json and merges.txt, or vocab.txt. \param fitting families that read the file; where the
/// settings name none: `with_s` for a vocabulary with RoBERTa's "<s>", else the first.
std::shared_ptr<const Tokenizer> load_vocabulary(const fs::path& file, json model,
                                                 text::Settings settings,
                                                 const std::vector<text::TokenizerKind>& fitting,
                                                 text::TokenizerKind with_s) {
  const auto family = settings.family();
  if (family.value_or(text::TokenizerKind::kFile) == text::TokenizerKind::kFile) {
    settings.guess(model["vocab"].contains("<s>") ? with_s : fitting.front());
  } else if (std::find(fitting.begin(), fitting.end(), *family) == fitting.end()) {
    throw FormatError("{}: is no file that {} reads", file.string(), settings.told_by());
  }
  json document;
  document["model"] = std::move(model);
  settings.apply(document, file.string(), false);
  return std::make_shared<text::Pipeline>(document, file.string());
}

/// The only *.model file of the folder; empty where there is none. \throws FormatError on several.
fs::path only_model_file(const fs::path& model_dir) {
  fs::path found;
  for (const auto& entry : fs::directory_iterator(model_dir)) {
    if (entry.path().extension() != ".model" || !entry.is_regular_file()) continue;
    if (!found.empty()) {
      throw FormatError("{}: has several SentencePiece models, {} and {} (hint: name one of them)",
                        model_dir.string(), found.filename().string(),
                        entry.path().filename().string());
    }
    found = entry.path();
  }
  return found;
}

}  // namespace

std::shared_ptr<const Tokenizer> load_tokenizer(const fs::path& model_dir) {
  if (fs::is_regular_file(model_dir)) {
    if (model_dir.extension() == ".model")
      return text::load_sentencepiece(model_dir, text::Settings(model_dir.parent_path()));
    return std::make_shared<text::Pipeline>(read_document(model_dir), model_dir.string());
  }
  if (!fs::is_directory(model_dir))
    throw DataError("{}: no such file or folder (wanted a model folder with tokenizer files)",
                    model_dir.string());
  const auto there = [&](const char* name) { return fs::exists(model_dir / name); };
  const text::Settings settings(model_dir);
  if (there("tokenizer.json")) return load_json(model_dir / "tokenizer.json", settings);
  if (there("vocab.json") && there("merges.txt")) {
    return load_vocabulary(
        model_dir / "vocab.json", model_of_vocab_json(model_dir), settings,
        {text::TokenizerKind::kGpt2, text::TokenizerKind::kQwen2, text::TokenizerKind::kRoberta},
        text::TokenizerKind::kRoberta);
  }
  if (there("vocab.txt")) {
    return load_vocabulary(model_dir / "vocab.txt", model_of_vocab_txt(model_dir), settings,
                           {text::TokenizerKind::kBert, text::TokenizerKind::kMpnet},
                           text::TokenizerKind::kBert);
  }
  const fs::path model = only_model_file(model_dir);
  if (!model.empty()) return text::load_sentencepiece(model, settings);
  throw FormatError(
      "{}: no tokenizer files (wanted tokenizer.json, or vocab.json and merges.txt, or vocab.txt, "
      "or a .model of SentencePiece)",
      model_dir.string());
}

std::vector<Encoding> Tokenizer::encode_batch(const std::vector<std::string_view>& texts,
                                              const EncodeOptions& options, int threads) const {
  constexpr size_t kChunk = 64;
  std::vector<Encoding> out(texts.size());
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;
  const auto work = [&] {
    try {
      for (size_t begin; (begin = next.fetch_add(kChunk)) < texts.size();) {
        const size_t end = std::min(begin + kChunk, texts.size());
        for (size_t i = begin; i < end; ++i) out[i] = encode(texts[i], options);
      }
    } catch (...) {
      next = texts.size();
      const std::lock_guard lock(mutex);
      if (error == nullptr) error = std::current_exception();
    }
  };
  const size_t chunks = (texts.size() + kChunk - 1) / kChunk;
  std::vector<std::jthread> helpers;
  for (size_t i = 1; i < std::min(chunks, static_cast<size_t>(std::max(threads, 1))); ++i)
    helpers.emplace_back(work);
  work();
  helpers.clear();  // joins
  if (error != nullptr) std::rethrow_exception(error);
  return out;
}

}  // namespace eida
