#!/usr/bin/env python3
"""Makes tests/golden/generation/: tiny random decoders with what transformers' generate gives for them, float32, CPU.
The C++ test (tests/generation/golden_test.cpp) holds ours against it, token for token.

    .venv/bin/python scripts/make_golden_generation.py [folder]      # default: tests/golden/generation

One folder a model: config.json, model.safetensors, cases.json. A case is a set of options, prompts, and for each prompt
every returned output with its score, best first, and the margin: the smallest difference between two scores that a
decision of the search hung on. Where it is tiny, rounding may decide otherwise. Prompts of one length go through
transformers as one batch, so that finished ones wait for others. Running it again gives the same files.
"""
import json
import sys
from pathlib import Path

import torch
import transformers

BASE = dict(vocab_size=43, n_embd=12, n_layer=2, n_head=3, n_positions=40, bos_token_id=42, eos_token_id=42)
MODELS = {"plain": {}, "deep": dict(n_layer=3, n_head=2, scale_attn_by_inverse_layer_idx=True),
          "wide": dict(n_embd=16, n_head=1, n_inner=20, activation_function="relu", reorder_and_upcast_attn=True)}
LLAMA = dict(vocab_size=43, hidden_size=18, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=1, head_dim=6, intermediate_size=22,
             max_position_embeddings=40, bos_token_id=42, eos_token_id=42)
FAMILIES = {"llama": ("Llama", "Llama", dict(attention_bias=True)), "mistral": ("Mistral", "Mistral", dict(sliding_window=6)),
            "qwen2": ("Qwen2", "Qwen2", dict(num_key_value_heads=3, use_sliding_window=True, sliding_window=4, max_window_layers=1)),
            "qwen3": ("Qwen3", "Qwen3", {}),
            "gemma3": ("Gemma3Text", "Gemma3", dict(num_hidden_layers=3, sliding_window_pattern=2, sliding_window=5, query_pre_attn_scalar=9))}
LENGTHS = [3, 3, 3, 5, 5, 9]  # of the prompts of one case
COMMON = dict(max_length=24, early_stopping=True, length_penalty=1.0)
CHANGES = [dict(), dict(early_stopping=False), dict(length_penalty=0.0), dict(length_penalty=2.0, early_stopping=False),
           dict(length_penalty=-1.0, early_stopping=False), dict(no_repeat_ngram_size=2), dict(no_repeat_ngram_size=1),
           dict(min_length=14), dict(max_new_tokens=1), dict(max_new_tokens=7),
           dict(max_new_tokens=16, min_length=12, no_repeat_ngram_size=3, length_penalty=0.6, early_stopping=False)]
ENDED, NOTHING = -1e8, 1e9


class Watching:
    """Of a model of transformers: notes for each prompt of a batch the smallest difference that a decision of beam search hung on."""

    def watch(self, batch):
        self.margins, self.over = [NOTHING] * batch, [False] * batch

    def note(self, index, difference):
        if not self.over[index]:
            self.margins[index] = min(self.margins[index], difference)

    def note_continuations(self, index, scores, ends, beams):
        """Scores and whether they end an output, best first, one more than the search looks at."""
        running = [score for score, end in zip(scores, ends) if not end]
        if len(running) > beams and running[beams] > ENDED:
            self.note(index, running[beams - 1] - running[beams])
        for place, (score, end) in enumerate(zip(scores, ends)):
            if end and score > ENDED:  # it counts among the first `beams` only
                self.note(index, abs(score - scores[beams if place < beams else beams - 1]))

    def _get_top_k_continuations(self, accumulated_log_probs, beams_to_keep, num_beams, cur_len, **rest):
        count = min(beams_to_keep + 1, accumulated_log_probs.shape[1])
        top = torch.topk(accumulated_log_probs, count)
        tokens = top.indices % (accumulated_log_probs.shape[1] // num_beams)
        ends = (tokens == self.config.eos_token_id) | (cur_len + 1 >= self.limit)
        for index in range(len(self.margins)):
            self.note_continuations(index, top.values[index].tolist(), ends[index].tolist(), num_beams)
        return super()._get_top_k_continuations(
            accumulated_log_probs=accumulated_log_probs, beams_to_keep=beams_to_keep, num_beams=num_beams,
            cur_len=cur_len, **rest)

    def _check_early_stop_heuristic(self, is_early_stop_heuristic_unsatisfied, running_beam_scores, beam_scores,
                                    is_sent_finished, cur_len, decoder_prompt_len, early_stopping, length_penalty, **rest):
        result = super()._check_early_stop_heuristic(
            is_early_stop_heuristic_unsatisfied=is_early_stop_heuristic_unsatisfied,
            running_beam_scores=running_beam_scores, beam_scores=beam_scores, is_sent_finished=is_sent_finished,
            cur_len=cur_len, decoder_prompt_len=decoder_prompt_len, early_stopping=early_stopping,
            length_penalty=length_penalty, **rest)
        for index, full in enumerate(is_sent_finished.all(dim=1).tolist()):
            if full and not early_stopping and cur_len < self.limit:
                best = running_beam_scores[index, 0] / (cur_len - decoder_prompt_len) ** length_penalty
                self.note(index, abs(best - beam_scores[index].min()).item())
            if full and early_stopping or not result[index].item():
                self.over[index] = True
        return result

    def _update_finished_beams(self, beam_scores, topk_log_probs, next_token_hits_stopping_criteria, num_beams, cur_len,
                               decoder_prompt_len, length_penalty, **rest):
        new = topk_log_probs[:, :num_beams] / (cur_len + 1 - decoder_prompt_len) ** length_penalty
        new = torch.where(next_token_hits_stopping_criteria[:, :num_beams], new, torch.tensor(-1e9))
        merged = torch.sort(torch.cat([beam_scores, new], dim=1), dim=1, descending=True).values
        for index, scores in enumerate(merged.tolist()):
            if scores[num_beams] > ENDED:
                self.note(index, scores[num_beams - 1] - scores[num_beams])
        return super()._update_finished_beams(
            beam_scores=beam_scores, topk_log_probs=topk_log_probs,
            next_token_hits_stopping_criteria=next_token_hits_stopping_criteria, num_beams=num_beams, cur_len=cur_len,
            decoder_prompt_len=decoder_prompt_len, length_penalty=length_penalty, **rest)


class Watched(Watching, transformers.GPT2LMHeadModel):
    pass


def output_of(tokens, score, end):
    finished = end in tokens
    return {"tokens": tokens[:tokens.index(end)] if finished else tokens, "score": score, "finished": finished}


def search(model, ids, options, beams):
    """Every returned output of each prompt, and its margin."""
    model.watch(len(ids))
    result = model.generate(input_ids=ids, num_return_sequences=beams, output_scores=True, **options)
    sequences = result.sequences[:, ids.shape[1]:].view(len(ids), beams, -1).tolist()
    scores = result.sequences_scores.view(len(ids), beams).tolist()
    answers = []
    for index, margin in enumerate(model.margins):
        gaps = [a - b for a, b in zip(scores[index], scores[index][1:])]
        outputs = [output_of(tokens, score, model.config.eos_token_id)
                   for tokens, score in zip(sequences[index], scores[index])]
        answers.append({"outputs": outputs, "margin": min([margin, *gaps])})
    return answers


def choose(model, ids, options):
    """Greedy choice; transformers gives it no score, so it is made here as beam search would."""
    result = model.generate(input_ids=ids, output_scores=True, output_logits=True, **options)
    answers = []
    for index, row in enumerate(result.sequences[:, ids.shape[1]:].tolist()):
        end = model.config.eos_token_id
        count = row.index(end) + 1 if end in row else len(row)
        total = sum(torch.log_softmax(result.logits[t][index], 0)[row[t]].item() for t in range(count))
        tops = [torch.topk(result.scores[t][index], 2).values for t in range(count)]
        answers.append({"outputs": [output_of(row[:count], total / count ** options["length_penalty"], end)],
                        "margin": min((top[0] - top[1]).item() for top in tops)})
    return answers


def make_case(model, change, beams, generator):
    options = {**COMMON, **change, "num_beams": beams}
    if "max_new_tokens" in options:
        del options["max_length"]
    prompts = [torch.randint(0, model.config.vocab_size - 1, (length,), generator=generator) for length in LENGTHS]
    answers = []
    for length in sorted(set(LENGTHS)):
        ids = torch.stack([prompt for prompt in prompts if len(prompt) == length])
        model.limit = length + options["max_new_tokens"] if "max_new_tokens" in options else options["max_length"]
        settings = dict(options, do_sample=False, pad_token_id=model.config.eos_token_id, return_dict_in_generate=True,
                        attention_mask=torch.ones_like(ids))
        answers += search(model, ids, settings, beams) if beams > 1 else choose(model, ids, settings)
    return {"options": options, "prompts": [prompt.tolist() for prompt in prompts], "expected": answers}


def randomize(model):
    """Weights so large that the next token is neither certain nor anybody's guess."""
    one = 0.0 if model.config.model_type == "gemma3_text" else 1.0  # Gemma adds it
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            centre = one if parameter.dim() == 1 and name.endswith("weight") else 0.0
            parameter.copy_(centre + (0.5 if parameter.dim() == 2 else 0.3) * torch.randn_like(parameter))


def shortened(value):
    """Scores and margins to nine digits: more than float32 has."""
    return float(f"{value:.9g}")


def write_cases(path, cases):
    for case in cases:
        for answer in case["expected"]:
            answer["margin"] = shortened(answer["margin"])
            for output in answer["outputs"]:
                output["score"] = shortened(output["score"])
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else
                Path(__file__).resolve().parent.parent / "tests" / "golden" / "generation")
    answers = []
    gpt2 = transformers.GPT2Config
    plans = [(name, Watched, gpt2(**{**BASE, **changes}, attn_implementation="eager"), (1, 4, 10), CHANGES) for name, changes in MODELS.items()]
    for name, (config, model, changes) in FAMILIES.items():
        watched = type("Watched", (Watching, getattr(transformers, model + "ForCausalLM")), {})
        plans.append((name, watched, getattr(transformers, config + "Config")(**{**LLAMA, **changes}, attn_implementation="eager"), (1, 4),
                      [CHANGES[i] for i in (0, 3, 5, 10)]))
    for seed, (name, watched, config, widths, changes) in enumerate(plans):
        torch.manual_seed(seed)
        model = watched(config).eval()
        randomize(model)
        folder = root / name
        model.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        generator = torch.Generator().manual_seed(seed)
        cases = [make_case(model, change, beams, generator) for beams in widths for change in changes]
        write_cases(folder / "cases.json", cases)
        answers += [answer for case in cases for answer in case["expected"]]
    close = sum(answer["margin"] < 1e-4 for answer in answers)
    ended = sum(answer["outputs"][0]["finished"] for answer in answers)
    print(f"{len(answers)} prompts, {close} with a margin below 1e-4, {ended} ended by the end token, "
          f"transformers {transformers.__version__}, torch {torch.__version__}")


if __name__ == "__main__":
    main()
