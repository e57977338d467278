"""Runs one of the Python peers, which are written for the CPU, on a GPU.

gpu_peer.py PEERS PROGRAM [OPTION …]

Tensors and models are made on the GPU, autocast is the GPU's, and a clock waits for the GPU before it reads the time.
Batches are on the GPU before the clock starts. The peer's JSON line gets the GPU's peak memory.
"""
import runpy
import sys
from pathlib import Path

import torch

peers, program = Path(sys.argv[1]), sys.argv[2]
sys.path.insert(0, str(peers))
import common  # noqa: E402

torch.set_default_device("cuda")
autocast = torch.autocast
torch.autocast = lambda device, *args, **options: autocast("cuda", *args, **options)


def on_gpu(load):
    return lambda: load().cuda()


class Clock(common.Clock):
    def __enter__(self):
        torch.cuda.synchronize()
        return super().__enter__()

    def __exit__(self, *exception):
        torch.cuda.synchronize()
        return super().__exit__(*exception)


def report(**values):
    plain(peak_gpu_mib=torch.cuda.max_memory_allocated() / 2**20, device=torch.cuda.get_device_name(), **values)


plain, common.report = common.report, report
common.Clock = Clock
common.load_roberta, common.load_gpt2 = on_gpu(common.load_roberta), on_gpu(common.load_gpt2)
sys.argv = sys.argv[2:]
runpy.run_path(str(peers / program), run_name="__main__")
