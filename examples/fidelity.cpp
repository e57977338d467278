/// How much of a fresh token do 4 and 16 dimensions keep, at every input space of a GPT-2?
/// Usage: fidelity MODEL (a Hugging Face folder; without weights they are random)
#include <eida/core/run_main.h>
#include <eida/data/demo.h>
#include <eida/data/tokenize.h>
#include <eida/model/pretrained_model.h>
#include <eida/sampling/sampler.h>
#include <eida/subspace/fidelity.h>

#include <cstdio>
#include <filesystem>

int main(int argc, char** argv) {
  return eida::run_main("fidelity", [&] {
    const std::filesystem::path folder = argc > 1 ? argv[1] : "configs/demo-gpt2";
    constexpr auto kTask = eida::TaskKind::kCompletion;
    eida::LoadOptions load;
    load.random_init = !std::filesystem::exists(folder / "model.safetensors");
    const auto model = eida::load_pretrained(folder, kTask, load);

    const auto data = eida::make_dataset(eida::make_demo_pairs({.train = 64}).train, kTask);
    const eida::ExampleTokenizer tokenizer(eida::load_tokenizer(folder), kTask, {});
    const eida::TokenizedSet tokens = tokenizer.tokenize_all(*data);
    const auto all =
        tokens.pointers();  // the first half to estimate from, the second to measure on

    eida::SamplerOptions sampling;
    sampling.draw.task = kTask;
    const auto drawn = eida::collect_samples(*model, {all.begin(), all.begin() + 32}, sampling);
    const auto fresh = eida::collect_samples(*model, {all.begin() + 32, all.end()}, sampling);
    for (const eida::Place& place : model->places().inputs()) {
      const auto subspace =
          eida::estimate_subspace(drawn[place.input], {.k = 16}, place.name);  // A [16, d]
      const auto curve = eida::fidelity(fresh[place.input], subspace, {4, 16}, place.name);
      std::printf("%-32s %.3f %.3f\n", place.name.c_str(), curve.mean[0], curve.mean[1]);
    }
    return 0;
  });
}
