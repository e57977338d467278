/// Prints what a Hugging Face folder's model gives for token ids: the other side of
/// scripts/check_models.py.
///   eida_dump_logits MODEL IDS OUTPUT [SAVE_TO]
/// IDS: safetensors with "ids" [N], "type_ids" [N] and "offsets" [S + 1], all int64. OUTPUT
/// receives "logits": [S, C], or [N, V] of GPT-2. SAVE_TO: where save_pretrained() writes the
/// model.
#include <ATen/ops/arange.h>
#include <c10/core/GradMode.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "eida/core/error.h"
#include "eida/core/json.h"
#include "eida/core/run_main.h"
#include "eida/model/pretrained_model.h"
#include "eida/tensor/checks.h"

int main(int argc, char** argv) {
  return eida::run_main(
      "eida_dump_logits",
      [&] {
        if (argc < 4) throw eida::ConfigError("usage: eida_dump_logits MODEL IDS OUTPUT [SAVE_TO]");
        const std::filesystem::path dir = argv[1];
        const bool decoder =
            eida::read_json(dir / "config.json").value("model_type", std::string()) == "gpt2";
        const auto model = eida::load_pretrained(
            dir, decoder ? eida::TaskKind::kCompletion : eida::TaskKind::kClassification);
        const eida::SafetensorsFile file(argv[2]);
        const auto tensor = [&](const char* name) { return file.tensor(*file.find(name)); };
        const at::Tensor offsets = tensor("offsets");
        eida::PackedBatch batch;
        batch.ids = tensor("ids");
        batch.type_ids = tensor("type_ids");
        batch.offsets.assign(offsets.const_data_ptr<int64_t>(),
                             offsets.const_data_ptr<int64_t>() + offsets.numel());
        batch.target_rows = at::arange(decoder ? batch.tokens() : batch.sequences());
        const c10::AutoGradMode without_gradients(false);
        eida::write_safetensors(argv[3], {{"logits", model->logits(batch)}});
        if (argc > 4) eida::save_pretrained(*model, argv[4], dir);
        return 0;
      },
      eida::describe_torch_error);
}
