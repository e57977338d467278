#include "harmless_keys.h"

#include <algorithm>
#include <array>

namespace eida {
namespace {

constexpr std::array<std::string_view, 78> kHarmless = {
    // provenance and storage
    "_name_or_path", "architectures", "transformers_version", "torch_dtype", "dtype", "auto_map",
    "_commit_hash", "tokenizer_class", "finetuning_task", "language", "xla_device", "torchscript",
    "use_bfloat16", "tf_legacy_loss", "_attn_implementation_autoset", "attn_implementation",
    "_attn_implementation", "gradient_checkpointing", "chunk_size_feed_forward", "adapters",
    // labels
    "id2label", "label2id", "num_labels", "_num_labels",
    // what is returned
    "output_attentions", "output_hidden_states", "output_past", "return_dict", "use_cache",
    "output_scores", "return_dict_in_generate",
    // special tokens
    "sep_token_id", "cls_token_id", "mask_token_id", "unk_token_id", "decoder_start_token_id",
    "forced_bos_token_id", "forced_eos_token_id", "prefix",
    // BERT's old pooler description (always the first token) and GPT-2's other heads
    "directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers",
    "pooler_size_per_head", "pooler_type", "n_ctx", "n_special", "predict_special_tokens",
    "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type",
    "summary_use_proj",
    // defaults of generation
    "task_specific_params", "max_length", "min_length", "do_sample", "early_stopping", "num_beams",
    "num_beam_groups", "diversity_penalty", "temperature", "top_k", "top_p", "typical_p",
    "repetition_penalty", "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size",
    "bad_words_ids", "num_return_sequences", "exponential_decay_length_penalty", "suppress_tokens",
    "begin_suppress_tokens", "remove_invalid_values", "cross_attention_hidden_size",
    "classifier_activation", "reduction"};

}  // namespace

bool is_harmless_config_key(std::string_view key) {
  return std::find(kHarmless.begin(), kHarmless.end(), key) != kHarmless.end();
}

}  // namespace eida
