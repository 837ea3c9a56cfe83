"""The benchmark in one run of at most some minutes, for when a GPU is at hand for a short while.

    python benchmarks/gpu.py                           # on a GPU: 10 minutes, about 8 billion parameters in bfloat16
    python benchmarks/gpu.py --minutes 5 --width 2048 --layers 24 --heads 16
    python benchmarks/gpu.py --quick                   # on the CPU, a tiny model: to see that it runs

A LLaVA of random weights is made and written to a temporary folder (at the default sizes 16 GB), and then

- one question in four conditions, ten samples each, is answered with answers of 3, 64 and 256 tokens, by the engine, by
  `generate(num_return_sequences)` and by a repeated cache with its columns reserved beforehand (see `engine.py`). Peak
  memory is that of the GPU beyond what it held before;
- the sampler is timed beside one step of the model: as it was (on the CPU), as it is where the logits are, and as it is
  on the CPU after the logits were copied there (see `sampler.py`).

In bfloat16 the order of sums moves log-probs in their third digit. Random weights make many tokens about equally
likely, so that answers part soon, and the count of changed texts says little here; whether evidence is the same is
tested in float32.

When the time is used up, or a part would probably not end in it, the part is left out and named. Each part's figures
are printed when it ends; the last line is a JSON object with all of them and with the parts that were left out.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sampler
import torch
from budget import Part, run_within
from contest import Setting
from lengths import compare_lengths
from workload import Shape, Sizes, save_model

LONGEST = 256


def main() -> None:
    args = _arguments()
    with TemporaryDirectory() as folder:
        setting = Setting(Path(folder), args.sizes, args.device, args.dtype, args.threads)
        found, left_out = run_within(60 * args.minutes, _parts(setting, args))
    print(json.dumps({"device": _name(args.device), "parts": found, "left_out": left_out}))


def _parts(setting: Setting, args: Namespace) -> Sequence[Part]:
    *short, longest = args.lengths
    contests = [Part(f"answers of {n} tokens", partial(_compare, setting, args, n)) for n in short]
    samplers = [
        Part(f"sampler, {n} lines", partial(sampler.measure, setting, n, args.repeats)) for n in args.lines
    ]
    # Last, since it may be left out; a step takes about as long whatever the answer's length.
    last = Part(
        f"answers of {longest} tokens", partial(_compare, setting, args, longest), longest / short[-1]
    )
    return [Part("making the model", partial(_make, setting)), *contests, *samplers, last]


def _make(setting: Setting) -> dict[str, int]:
    n = save_model(setting.folder, setting.sizes, setting.device, setting.dtype)
    if setting.device != "cpu":
        torch.cuda.empty_cache()
    told = f"{n / 1e6:.1f} M parameters, {setting.sizes.patches**2} image tokens, {setting.dtype}"
    print(f"{told}, {_name(setting.device)}", flush=True)
    return {"parameters": n}


def _compare(setting: Setting, args: Namespace, n_tokens: int) -> dict[str, Any]:
    return dict(compare_lengths(setting, args.shape, [n_tokens], args.repeats, 1)[str(n_tokens)])


def _name(device: str) -> str:
    return "CPU" if device == "cpu" else torch.cuda.get_device_name(device)


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tiny model on the CPU")
    parser.add_argument("--minutes", type=float, default=10, help="after so many, no further part is begun")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2)
    large = {"width": 4096, "layers": 32, "heads": 32, "patches": 24, "vocabulary": 151_936}
    for size, value in large.items():
        parser.add_argument(f"--{size}", type=int, default=value)
    args = parser.parse_args()
    args.sizes = Sizes(args.width, args.layers, args.heads, 256, 4, args.patches, args.vocabulary)
    args.shape, args.lengths, args.lines = Shape(), (3, 64, LONGEST), sampler.LINES
    if args.quick:
        args.sizes, args.shape = Sizes(64, 2, 4, 64, 1, patches=4, vocabulary=500), Shape(3, 1, 3)
        args.device, args.lengths, args.lines, args.repeats, args.threads = "cpu", (3, 8), (11,), 1, 1
    return args


if __name__ == "__main__":
    main()
