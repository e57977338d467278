// What the encoder and the decoder share: tables, norms and blocks, as they are declared.
#pragma once

#include <memory>
#include <vector>

#include "block.h"
#include "eida/model/pretrained_model.h"

namespace eida {

class Transformer : public PretrainedModel {
 protected:
  Transformer(const ModelConfig& config, std::vector<NamedTensor> parameters);

  /// \throws DataError a sequence that is too long or empty, an id outside its table
  void check(const PackedBatch& batch) const;
  at::Device device() const { return word_table_.device(); }
  at::Tensor embed(const PackedBatch& batch) const;  // [N, d]
  /// \param ids, positions, types [N] on the device; types undefined where there are none
  at::Tensor embed(const at::Tensor& ids, const at::Tensor& positions,
                   const at::Tensor& types) const;  // [N, d]
  /// Dropout as the mode has it.
  BlockPass new_pass() const;
  /// Whether blocks keep their input only.
  bool recomputes() const { return checkpointing_ && training_; }

  const Architecture& declared_;
  at::Tensor word_table_, position_table_, type_table_, relative_table_;
  Norm embedding_norm_, final_norm_;
  std::vector<std::unique_ptr<Block>> blocks_;
};

}  // namespace eida
