"""How fast the engine is: the same evidence, got in the ways that others get it.

    python benchmarks/engine.py                       # about three quarters of an hour on two cores
    python benchmarks/engine.py --quick               # a tiny model, seconds; the test runs this
    python benchmarks/engine.py --shapes 4x1 4x12     # conditions x questions about one image
    python benchmarks/engine.py --lengths 64 256      # tokens of longer answers, at the first shape; none: --lengths
    python benchmarks/engine.py --plot growth.svg     # and how time grows; --axes "answer tokens": with these alone
    python benchmarks/engine.py --device cuda --dtype bfloat16 --width 4096 --layers 32 --heads 32

The model is a LLaVA of random weights, by default of 62 million parameters and 576 image tokens. Random
answers seldom name an option and hardly ever end, so in every path a checksum of the text stands in for the option
named (P(True) is then always asked, and a changed text shows), and nearly every answer has its full length. Printed
is how many sampled answers are distinct: an engine that merges equal samples gains where a model is surer.

All paths draw a sample's tokens with the same numbers, so every field of evidence must agree, sample by
sample. Loading and the engine's self-check are left out by a first batch that is not timed. Each turn has a
new image, so nothing is remembered from the last. Given is the fastest turn. `generate` shares nothing between
prompts, so of several questions it answers one and its time is multiplied. `repeated cache` is the library's
`DynamicCache` and `reorder_cache`; `reserved` allocates the columns to come beforehand, which the library does
not do by itself. `pipeline("decision")` reads letters only, one prompt a pass; the engine cannot leave out
P(True) and one verbalized token, so that is what it is timed with there. Greedy, sampled and verbalized answers
may have equally many tokens, in every path.

The last line is a JSON object of wall-time ratios at the first shape (`vs_prefill`: the engine's time as a
multiple of a lone prefill; the others: their time as a multiple of the engine's), the largest difference of any
number, and how many texts and choices differ; and under `lengths` the same for longer answers, with the engine's
peak memory as a share of that of reserved rows (null where the system does not tell it).
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import peak
from comparison import Difference, over_turns
from contest import (
    DECISION,
    ENGINE,
    GENERATE,
    LETTERS,
    PACKED,
    PREFILL,
    REPEATED,
    RESERVED,
    SEQUENCES,
    Contest,
    Setting,
    Timing,
    peak_memory,
)
from growth import AXES, plot_growth
from lengths import compare_lengths
from workload import Shape, Sizes, save_model

LENGTHS, QUICK_LENGTHS = (64, 256), (8, 16)
RIVALS = (GENERATE, SEQUENCES, REPEATED, RESERVED)


def main() -> None:
    args = _arguments()
    with TemporaryDirectory() as folder:
        setting = Setting(Path(folder), args.sizes, args.device, args.dtype, args.threads, args.reading)
        parameters = save_model(setting.folder, setting.sizes, setting.device, setting.dtype)
        print(
            f"{parameters / 1e6:.1f} M parameters, {args.sizes.patches**2} image tokens, {args.dtype}, ",
            end="",
        )
        print(f"{args.device}, {args.threads} threads; {args.shapes[0].samples} samples of ", end="")
        print(f"{args.shapes[0].new_tokens} tokens", flush=True)
        results = [
            compare(setting, shape, args.repeats, args.user_repeats, memory=shape == args.shapes[0])
            for shape in args.shapes
        ]
        longer = compare_lengths(setting, args.shapes[0], args.lengths, args.repeats, args.user_repeats)
        if args.plot:
            plot_growth(setting, args.shapes[0], args.repeats, args.plot, args.axes, args.alone)
    print(json.dumps(results[0] | {"lengths": longer}))


def compare(
    setting: Setting, shape: Shape, repeats: int, user_repeats: int, memory: bool
) -> dict[str, float]:
    """Race all contestants at one shape, print the table, and give the figures of the last line.

    `memory` says whether their peak memory is printed, too.
    """
    turns = dict.fromkeys((ENGINE, REPEATED, RESERVED, PREFILL, PACKED, LETTERS, DECISION), repeats)
    contest = Contest(setting, shape)
    timings = contest.race(turns | dict.fromkeys((GENERATE, SEQUENCES), user_repeats))
    engine = timings[ENGINE]
    apart = {name: over_turns(engine.made, timings[name].made) for name in RIVALS}
    print(f"\n{shape.conditions} conditions, {shape.questions} questions about one image")
    print(
        f"{'':31}{'wall s':>9}{'CPU s':>9}{'wall, of engine':>17}{'CPU':>7}{'largest diff':>14}{'changed':>9}"
    )
    for name in (ENGINE, *RIVALS, PREFILL, PACKED, LETTERS, DECISION):
        ratios = timings[name].wall / engine.wall, timings[name].cpu / engine.cpu
        line = f"{name:31}{timings[name].wall:9.3f}{timings[name].cpu:9.3f}{ratios[0]:17.2f}{ratios[1]:7.2f}"
        told = f"{apart[name].largest:14.1e}{apart[name].changed:9}" if name in apart else ""
        print(line + told, flush=True)
    print(f"the engine's reading: {contest.reading}")
    _print_controls(timings)
    for name in (ENGINE, REPEATED, RESERVED) if memory else ():
        growth = peak_memory(setting, shape, name, timings[name])
        print(f"peak memory at {shape}, beyond the model: {name}: {peak.told(growth)}", flush=True)
    every = sum(apart.values(), Difference())
    return {
        "vs_generate": timings[GENERATE].wall / engine.wall,
        "vs_num_return_sequences": timings[SEQUENCES].wall / engine.wall,
        "vs_repeated_cache": timings[REPEATED].wall / engine.wall,
        "vs_reserved": timings[RESERVED].wall / engine.wall,
        "vs_prefill": engine.wall / timings[PREFILL].wall,
        "max_abs_diff": every.largest,
        "changed_choices": every.changed,
    }


def _print_controls(timings: dict[str, Timing]) -> None:
    """Whether the letters of the decision pipeline agree, and what a wrong image would have done."""
    engine = timings[ENGINE].made
    ours = [np.exp(one.option_logprobs) for made in engine for one in made]
    theirs = [one for made in timings[DECISION].made for one in made]
    gap = _largest(np.abs(p / p.sum() - q) for p, q in zip(ours, theirs, strict=True))
    print(f"letter probabilities of the decision pipeline differ by {gap:.1e} at most")
    samples = [[sample.text for sample in one.samples] for made in engine for one in made]
    distinct = sum(len({*texts}) for texts in samples)
    print(f"{distinct} of {sum(map(len, samples))} sampled answers are distinct within their prompt")
    if len(engine) > 1:
        pairs = zip(engine[0], engine[1], strict=True)
        moved = _largest(np.abs(np.subtract(a.option_logprobs, b.option_logprobs)) for a, b in pairs)
        print(f"another image moves letter log-probs by {moved:.2f} at most")


def _largest(arrays: Iterable[np.ndarray]) -> float:
    return float(np.max([array.max() for array in arrays]))  # NaN stays NaN


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tiny model and shape")
    shapes = ["4x1", "4x4", "4x12", "10x1", "10x4", "10x12"]
    parser.add_argument("--shapes", nargs="+", default=shapes, help="conditions x questions about one image")
    parser.add_argument("--lengths", nargs="*", type=int, help="tokens of longer answers; default: 64 256")
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--new-tokens", type=int, default=3)
    parser.add_argument(
        "--reading", default="tree", help="of the engine: tree, packed tree, repeated cache or full prompts"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--user-repeats", type=int, default=1, help="turns of the paths by `generate`")
    parser.add_argument("--plot", type=Path, help="file for the plot of growth (.svg, .png)")
    parser.add_argument("--axes", nargs="+", choices=AXES, default=[*AXES], help="of that plot; default: all")
    parser.add_argument("--alone", action="store_true", help="of that plot: the engine without its rivals")
    for size in ("width", "layers", "heads", "patches", "vocabulary"):
        parser.add_argument(f"--{size}", type=int, default=getattr(Sizes(), size))
    args = parser.parse_args()
    args.sizes = Sizes(args.width, args.layers, args.heads, 256, 4, args.patches, args.vocabulary)
    one = Shape(samples=args.samples, new_tokens=args.new_tokens)
    pairs = [shape.split("x") for shape in args.shapes]
    if args.lengths is None:
        args.lengths = QUICK_LENGTHS if args.quick else LENGTHS
    args.shapes = [replace(one, conditions=int(k), questions=int(q)) for k, q in pairs]
    if args.quick:
        args.sizes = Sizes(64, 2, 4, 64, 1, patches=4, vocabulary=500)
        args.shapes, args.repeats = [Shape(conditions=3, questions=2, samples=3, new_tokens=3)], 2
        args.threads = 1  # so little work that threads would mostly wait for each other
    return args


if __name__ == "__main__":
    main()
