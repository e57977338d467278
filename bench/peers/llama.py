"""A random model of Llama's shape, 114 million parameters over GPT-2's vocabulary: made, trained by peft's LoRA, or generating.

    cd PEERS && python …/bench/peers/llama.py make|train|generate [OPTIONS]      with common.py of the Python peers
"""
import os
import shutil
import sys

sys.path.insert(0, os.getcwd())
import common  # noqa: E402

p = common.parser(__doc__)
p.add_argument("job", choices=("make", "train", "generate"))
p.add_argument("--bf16", action="store_true", help="train: autocast; generate: model weights in bfloat16")
p.add_argument("--steps", type=int, default=8)
p.add_argument("--batch", type=int, default=16)
p.add_argument("--mrs", type=int, default=32)
p.add_argument("--beams", type=int, default=10)
p.add_argument("--new-tokens", type=int, default=30)
args = p.parse_args()
torch = common.start(args)
import transformers  # noqa: E402

folder = f"{common.MODELS}/llama-random"
eos, warm = 50256, 1


def make():
    config = transformers.LlamaConfig(vocab_size=50257, hidden_size=768, num_hidden_layers=12, num_attention_heads=12, num_key_value_heads=4,
                                      intermediate_size=2048, max_position_embeddings=1024, tie_word_embeddings=True, bos_token_id=eos, eos_token_id=eos)
    model = transformers.LlamaForCausalLM(config)
    model.save_pretrained(folder)
    for file in ("tokenizer.json", "vocab.json", "merges.txt"):
        shutil.copy(f"{common.DATA}/gpt2/{file}", folder)
    with open(f"{folder}/tokenizer_config.json", "w", encoding="utf-8") as out:
        out.write('{"tokenizer_class": "GPT2Tokenizer"}\n')
    common.report(model=folder, parameters=sum(x.numel() for x in model.parameters()))


def train():
    """The batches of train_gpt2.py --grouped: 2 x 8 examples a step, of like length."""
    import adapters
    import peft
    model = transformers.LlamaForCausalLM.from_pretrained(folder, attn_implementation="sdpa", dtype=torch.float32)
    model = peft.get_peft_model(model, peft.LoraConfig(task_type="CAUSAL_LM", r=8, lora_alpha=8, target_modules=["q_proj", "v_proj"]))
    rows = common.length_grouped(common.e2e("train"), 8, 2 * (args.steps + warm), args.seed, "gpt2")
    batches = [dict(input_ids=i, labels=l, use_cache=False) for i, l in common.gpt2_batches(rows, 8, None)]
    times, trainable = adapters.train(model, batches, 2, 5e-5, 0.01, args.bf16, warm)
    common.report(dtype="bf16" if args.bf16 else "fp32", steps=args.steps, seconds_per_step=sum(times) / len(times), trainable=trainable,
                  threads=args.threads)


def generate():
    """Beam search of generate_gpt2.py: the stop token is suppressed."""
    model = transformers.LlamaForCausalLM.from_pretrained(folder, dtype=torch.bfloat16 if args.bf16 else torch.float32).eval()
    tok = common.tokenizer("gpt2")
    contexts = list(dict.fromkeys(c for c, _ in common.e2e("test")))[:args.mrs]
    prompts = [tok.encode(c).ids + [eos] for c in contexts]
    with common.Clock() as clock:
        for k in range(0, len(prompts), args.batch):
            part = prompts[k:k + args.batch]
            width = max(map(len, part))
            ids = torch.tensor([[eos] * (width - len(x)) + x for x in part])
            mask = torch.tensor([[0] * (width - len(x)) + [1] * len(x) for x in part])
            length = width + args.new_tokens
            model.generate(input_ids=ids, attention_mask=mask, max_length=length, min_length=length, num_beams=args.beams, early_stopping=True,
                           do_sample=False, eos_token_id=eos, pad_token_id=eos)
    common.report(batch=args.batch, beams=args.beams, dtype="bf16" if args.bf16 else "fp32", mrs=len(prompts),
                  seconds_per_mr=clock.seconds / len(prompts), threads=args.threads)


{"make": make, "train": train, "generate": generate}[args.job]()
