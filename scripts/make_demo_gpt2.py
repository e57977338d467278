#!/usr/bin/env python3
"""Makes configs/demo-gpt2/: configuration and tokenizer of the demo's small GPT-2, a byte-level BPE of 512 tokens trained on
the demo's own generated pairs.

    build/release/bin/make_demo_data --output runs/demo-data
    .venv/bin/python scripts/make_demo_gpt2.py runs/demo-data/pairs-train.txt [folder]
"""
import json
import sys
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

END, VOCABULARY = "<|endoftext|>", 512
CONFIG = dict(architectures=["GPT2LMHeadModel"], model_type="gpt2", activation_function="gelu_new", vocab_size=VOCABULARY,
              n_positions=160, n_embd=128, n_layer=4, n_head=4, embd_pdrop=0.1, attn_pdrop=0.1, resid_pdrop=0.1,
              layer_norm_epsilon=1e-5, initializer_range=0.02, bos_token_id=VOCABULARY - 1, eos_token_id=VOCABULARY - 1,
              tie_word_embeddings=True)


def train_tokenizer(pairs):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY - 1, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                  show_progress=False)
    # A reference follows its separator with a space in front, as in training.
    texts = [part for line in pairs for part in line.replace("||", "|| ").split("||")]
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens([AddedToken(END, special=True)])
    return tokenizer


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    folder = Path(sys.argv[2] if len(sys.argv) == 3 else Path(__file__).resolve().parent.parent / "configs" / "demo-gpt2")
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    tokenizer = train_tokenizer(lines)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n", encoding="utf-8")
    lengths = [len(tokenizer.encode(line.replace("||", END + " ") + END).ids) for line in lines]
    print(f"{tokenizer.get_vocab_size()} tokens, {END} is {tokenizer.token_to_id(END)}, longest pair {max(lengths)} tokens, "
          f"mean {sum(lengths) / len(lengths):.1f}")


if __name__ == "__main__":
    main()
