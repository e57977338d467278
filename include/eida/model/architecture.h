/// What a family of models is made of, as data. Needs no LibTorch.
///
/// A family is one file in src/model/architectures/. It reads its keys of config.json and declares
/// names, sizes and the order of operations; one encoder and one decoder compute what is declared.
/// What can be declared and is not computed yet is refused by name when a model is opened.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eida/data/example.h"

namespace eida {

class ConfigReader;
struct ModelConfig;
enum class WeightLayout;

/// What a parameter is, for trainable_extra, weight decay and the audit. kWeight: of a linear layer
/// that can be adapted; kHead: of the layer whose outputs are classes.
enum class ParameterGroup { kEmbedding, kNorm, kBias, kWeight, kHead };
/// "embeddings", "layer_norm", "bias", "weight", "head": as options and files say it.
const char* group_name(ParameterGroup group);

/// One parameter under its Hugging Face name.
struct ParameterSpec {
  std::string name;
  std::vector<int64_t> shape;
  ParameterGroup group = ParameterGroup::kWeight;
  double std = 0.0;       ///< random initialisation: standard deviation around `mean`
  double mean = 0.0;      ///< 1 for weights of norms
  int64_t zero_row = -1;  ///< row of a table that starts at zero (padding token); -1: none
  /// "pooler" or "classifier": a base checkpoint may lack all parameters of that part; else empty.
  std::string part = {};
};

// In all parts below an empty name means that the architecture has no such part.

/// An embedding table, whose rows are looked up.
struct TableSpec {
  std::string name;
  int64_t rows = 0;
  int64_t padding_row = -1;  ///< starts at zero and gets no gradient; -1: none
};

/// kLayerNorm: weight and bias. kRmsNorm: the mean is not subtracted, and there is no bias.
enum class NormKind { kLayerNorm, kRmsNorm };

struct NormSpec {
  std::string name;
  NormKind kind = NormKind::kLayerNorm;
  double eps = 1e-5;
  double offset = 0.0;  ///< kRmsNorm: added to the weight, which starts at 1 - offset
  bool bias = true;     ///< of kLayerNorm
};

struct LinearSpec {
  std::string name;
  int64_t in = 0, out = 0;
  bool bias = true;
  double std_factor = 1.0;  ///< of the initial values, times initializer_range
  std::string part = {};    ///< as in ParameterSpec
};

/// How a token's position reaches the scores, beside a table of positions.
enum class PositionEncoding { kNone, kRotary, kRelativeBias };

/// One table [buckets, heads] that all layers add to their scores. With n = query - key, one half
/// of the buckets is for keys after the query; in each half as many are exact as logarithmic, the
/// latter up to `max_distance`. Source: Raffel et al. (2020), as MPNet has it.
struct RelativeBiasSpec {
  std::string name;
  int64_t buckets = 0, max_distance = 128;
};

/// Rotary positions: entries i and i + d_h / 2 of a head turn together by position * base^(-2 i /
/// d_h), that angle scaled. Source: Su et al. (2021), in the halves of GPT-NeoX.
struct RotarySpec {
  /// kLinear: angles divided by `factor`. kLlama3: those of waves longer than original_positions /
  /// low_factor are; those of waves shorter than original_positions / high_factor stay; between
  /// them it goes over smoothly.
  enum class Scaling { kNone, kLinear, kLlama3 };
  double base = 1e4;
  Scaling scaling = Scaling::kNone;
  double factor = 1.0, low_factor = 1.0, high_factor = 4.0;
  int64_t original_positions = 0;
  bool operator==(const RotarySpec&) const = default;
};

struct AttentionSpec {
  int64_t heads = 1, kv_heads = 1, head_dim = 0;
  LinearSpec fused;              ///< makes q, k and v side by side
  LinearSpec query, key, value;  ///< or one layer each
  std::string input;             ///< of separate layers: the module that X enters, for places
  LinearSpec output;
  NormSpec query_norm, key_norm;  ///< over each head
  PositionEncoding positions = PositionEncoding::kNone;
  RotarySpec rotary;
  /// Causal: tokens that a token sees, itself the last. Else: those at most window / 2 away. 0: all
  int64_t window = 0;
  double scale = 1.0;   ///< factor of the scores, usually 1 / sqrt(head_dim)
  bool upcast = false;  ///< scores and softmax in float32

  int64_t query_width() const { return heads * head_dim; }
  int64_t kv_width() const { return kv_heads * head_dim; }
};

/// down(activation(up(x))), or down(activation(gate(x)) * up(x)).
struct MlpSpec {
  LinearSpec up, down;
  LinearSpec gate;
  LinearSpec fused;   ///< gate and up side by side
  std::string input;  ///< of separate layers: the module that X enters, for places
  std::string activation;
};

/// Norms around attention or MLP f: y = after(x + branch(f(before(x)))).
struct NormPlaces {
  NormSpec before, branch, after;
};

struct BlockSpec {
  AttentionSpec attention;
  MlpSpec mlp;
  NormPlaces attention_norms, mlp_norms;
};

/// Which row of a sequence a classification head reads.
enum class Pooling { kFirst, kLast, kMean };

/// output(dropout(norm(activation(dense(x))))), x with or without dropout; without a dense layer
/// output(x).
struct ClassHeadSpec {
  Pooling pooling = Pooling::kFirst;
  bool dropout_first = false;
  LinearSpec dense;
  std::string role;  ///< of the dense layer as a place: "classifier.dense", "pooler.dense"
  std::string activation;
  NormSpec norm;
  LinearSpec output;  ///< `out` is the number of classes, which the task may change
};

/// The output layer that scores the next token.
struct VocabularyHeadSpec {
  std::string name;     ///< of the module
  std::string tied_to;  ///< table that is its weight; empty: its own
};

/// One model's declaration.
struct Architecture {
  std::string class_name;            ///< transformers' class, written into config.json
  std::string prefix;                ///< of every name but the head's; files of bare models lack it
  std::vector<std::string> ignored;  ///< shell patterns of tensors that no layer needs
  std::vector<std::pair<std::string, std::string>> renamed;  ///< old endings of names, new ones
  WeightLayout layout{};
  bool causal = false;

  TableSpec words, positions, types;
  int64_t first_position = 0;  ///< row of a sequence's first token in the position table
  double embedding_scale = 1.0;
  NormSpec embedding_norm;
  RelativeBiasSpec relative_bias;
  std::vector<BlockSpec> blocks;
  NormSpec final_norm;
  std::optional<ClassHeadSpec> class_head;
  std::optional<VocabularyHeadSpec> vocabulary_head;
};

/// "roberta", and what its classes begin with in transformers, "Roberta".
struct ModelType {
  std::string name, class_prefix;
};

/// A task, and the ending of transformers' class for it: "ForSequenceClassification".
struct ServedTask {
  TaskKind task;
  std::string class_ending;
};

/// One family, as its file registers it.
struct ModelFamily {
  std::string title;  ///< for messages: "RoBERTa"
  std::vector<ModelType> types;
  std::vector<ServedTask> tasks;
  /// Reads the family's keys, fills in `config` (model_type, vocab_size, num_labels,
  /// initializer_range and task are there) and declares the model. \throws FormatError names file,
  /// key and value.
  Architecture (*declare)(const ConfigReader& reader, ModelConfig& config) = nullptr;
  /// Whether a config.json without model_type is of the family's first type; may be nullptr.
  bool (*recognises)(const ConfigReader& reader) = nullptr;
};

/// All families, in the order in which files without model_type are offered to them.
const std::list<ModelFamily>& model_families();
/// Adds a family from outside the library, before any model is opened. \throws Error (internal) a
/// model type that is there already
void register_family(const ModelFamily& family);

}  // namespace eida
