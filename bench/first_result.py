"""What a Python program does until its first classification: imports, model, tokenizer, one sentence.

first_result.py PEERS"""
import sys

sys.path.insert(0, sys.argv[1])
import common  # noqa: E402
import torch  # noqa: E402

torch.set_num_threads(2)
model = common.load_roberta().eval()
with torch.inference_mode():
    for ids, mask, _ in common.roberta_batches(common.sst2("dev")[:1], 1, None):
        print(model(input_ids=ids, attention_mask=mask).logits.argmax(dim=1).item())
