#include "legacy_files.h"

#include <string_view>
#include <vector>

#include "component.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/utf8.h"

namespace eida::text {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr uint64_t kMostBytes = uint64_t{256} << 20;

json read_format(const fs::path& path) {
  JsonOptions options;
  options.code = ExitCode::kFormat;
  return read_json(path, options);
}

/// An empty object where the file is not there.
json read_if_there(const fs::path& path) {
  return fs::exists(path) ? read_format(path) : json::object();
}

/// Lines without their ends. \throws FormatError on one that is not UTF-8.
std::vector<std::string> read_lines(const fs::path& path) {
  const std::string text = read_file(path, kMostBytes);
  std::vector<std::string> lines;
  for (std::string_view line : lines_of(text)) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (find_invalid_utf8(line) != std::string_view::npos)
      throw FormatError("{}:{}: is not UTF-8", path.string(), lines.size() + 1);
    lines.emplace_back(line);
  }
  return lines;
}

int32_t id_in(const json& vocab, const std::string& token, const Component& owner) {
  if (!vocab.contains(token)) owner.fail(fmt::format("token '{}' is missing", token));
  return checked_id(vocab[token], owner, fmt::format("id of token '{}'", token));
}

json read_merges(const fs::path& path) {
  json merges = json::array();
  for (std::string& line : read_lines(path)) {
    if (!line.empty() && !line.starts_with("#version")) merges.push_back(std::move(line));
  }
  return merges;
}

void add_roberta(json& document, const Component& vocab) {
  for (const char* token : {"<s>", "<pad>", "</s>", "<unk>", "<mask>"}) {
    if (vocab.value().contains(token)) {
      document["added_tokens"].push_back(special_token(token, id_in(vocab.value(), token, vocab),
                                                       std::string_view(token) == "<mask>"));
    }
  }
  document["post_processor"] = {{"type", "RobertaProcessing"},
                                {"cls", {"<s>", id_in(vocab.value(), "<s>", vocab)}},
                                {"sep", {"</s>", id_in(vocab.value(), "</s>", vocab)}}};
}

}  // namespace

json special_token(const std::string& content, int32_t id, bool lstrip) {
  return {{"content", content}, {"id", id}, {"special", true}, {"lstrip", lstrip}};
}

std::string model_type_of(const fs::path& model_dir) {
  const fs::path path = model_dir / "config.json";
  const json config = read_if_there(path);
  return Component(config, path.string(), "").text("model_type", "");
}

json document_of_vocab_json(const fs::path& model_dir) {
  const fs::path path = model_dir / "vocab.json", config_path = model_dir / "tokenizer_config.json";
  json vocab_json = read_format(path);
  const Component vocab(vocab_json, path.string(), "");
  const json config_json = read_if_there(config_path);
  const Component config(config_json, config_path.string(), "");
  const std::string type = model_type_of(model_dir);
  json document = {
      {"added_tokens", json::array()},
      {"pre_tokenizer",
       {{"type", "ByteLevel"}, {"add_prefix_space", config.flag("add_prefix_space", false)}}},
      {"decoder", {{"type", "ByteLevel"}}}};
  if (type == "roberta" || (type != "gpt2" && vocab_json.contains("<s>"))) {
    add_roberta(document, vocab);
  } else if (vocab_json.contains("<|endoftext|>")) {
    document["added_tokens"].push_back(
        special_token("<|endoftext|>", id_in(vocab_json, "<|endoftext|>", vocab)));
  }
  document["model"] = {{"type", "BPE"}, {"merges", read_merges(model_dir / "merges.txt")}};
  document["model"]["vocab"] = std::move(vocab_json);
  return document;
}

json document_of_vocab_txt(const fs::path& model_dir) {
  const fs::path path = model_dir / "vocab.txt", config_path = model_dir / "tokenizer_config.json";
  json vocab_json = json::object();
  int32_t line = 0;
  for (const std::string& token : read_lines(path)) vocab_json[token] = line++;
  const Component vocab(vocab_json, path.string(), "");
  const json config_json = read_if_there(config_path);
  const Component config(config_json, config_path.string(), "");
  const bool lowercase = config.flag("do_lower_case", true);
  json document = {{"added_tokens", json::array()},
                   {"normalizer",
                    {{"type", "BertNormalizer"},
                     {"lowercase", lowercase},
                     {"strip_accents", config.flag("strip_accents", lowercase)},
                     {"handle_chinese_chars", config.flag("tokenize_chinese_chars", true)}}},
                   {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
                   {"post_processor",
                    {{"type", "BertProcessing"},
                     {"cls", {"[CLS]", id_in(vocab_json, "[CLS]", vocab)}},
                     {"sep", {"[SEP]", id_in(vocab_json, "[SEP]", vocab)}}}},
                   {"decoder", {{"type", "WordPiece"}}},
                   {"model", {{"type", "WordPiece"}, {"unk_token", "[UNK]"}}}};
  for (const char* token : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"})
    document["added_tokens"].push_back(special_token(token, id_in(vocab_json, token, vocab)));
  document["model"]["vocab"] = std::move(vocab_json);
  return document;
}

}  // namespace eida::text
