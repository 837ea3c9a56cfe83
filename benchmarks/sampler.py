"""What share of a decoding step goes into choosing the tokens, as it was and as it is.

    python benchmarks/sampler.py                       # some minutes on two cores
    python benchmarks/sampler.py --quick               # a tiny model, seconds; the test runs this
    python benchmarks/sampler.py --plot sampler.svg    # and a bar chart
    python benchmarks/sampler.py --device cuda --dtype bfloat16 --width 4096 --layers 32 --heads 32

The model is the benchmark's LLaVA of random weights (see `engine.py`), with vocabularies of 32,000 and 151,936 tokens;
44 lines are the answers to one question in four conditions (ten samples and a greedy answer each), 352 those to eight.
Timed are, on the same logits:

- the model: one more token for each line, through the engine's cascade, every line a row of its own;
- the sampler as it was: log-probs in double precision, copied into main memory, and for each line one
  standard-exponential number for each token of the vocabulary, drawn by numpy; the token with the least number divided
  by its odds wins;
- the sampler as it is: the engine's race in two stages, where the logits are.

On a GPU the engine's race is also timed on the CPU, after the logits were copied there. One line of eleven is greedy.
Given is the fastest of several turns. Measure on idle cores: many short operations on several threads wait for one
another, and on a busy machine for much longer than they compute.

Both samplers must give the same log-probs and entropies of what they chose: the last line, a JSON object, has the
largest difference, and for each case the seconds (`cpu`: of all threads together), the ratio of the two samplers and
each one's share of a step.
"""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from contest import Setting, Timing, engine_model
from workload import Shape, Sizes, make_work, save_model

from vqa_canary.engines.local.cascade import Cascade
from vqa_canary.engines.local.features import FeatureStore
from vqa_canary.engines.local.image_tokens import image_tokens
from vqa_canary.engines.local.packing import PackedRows, Prefix
from vqa_canary.engines.local.race import Race
from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.local.sampler import Choice, Distributions, Draw, Line, choose
from vqa_canary.engines.local.tree import Trees
from vqa_canary.engines.prompts import Prompts

LINES, VOCABULARIES = (44, 352), (32_000, 151_936)
A_GREEDY_ONE = 11
"""One line of so many is greedy, as with ten samples a condition."""
POSITION = 1


class RaceOfWholeVocabulary:
    """The sampler as it was. Each sampled line has a generator, as each sample of an instance had."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._generators = [
            None if line.draw is None else np.random.default_rng(line.draw.key) for line in lines
        ]

    def choose(self, logits: torch.Tensor) -> list[Choice]:
        logprobs = logits.double().log_softmax(-1).cpu().numpy()
        return [self._choose(logprobs[line.place], at) for at, line in enumerate(self._lines)]

    def _choose(self, row: np.ndarray, at: int) -> Choice:
        generator = self._generators[at]
        if generator is None:
            token = int(np.argmax(row))
            return Choice(token, float(row[token]), -float(np.sum(np.exp(row) * row)))
        weights = np.exp(row - row.max())
        with np.errstate(divide="ignore"):  # what is too unlikely to be a number never wins
            token = int(np.argmin(generator.standard_exponential(len(row)) / weights))
        return Choice(token, float(row[token]))


Result = dict[str, float]


def main() -> None:
    args = _arguments()
    results: dict[str, Result] = {}
    print(f"{args.dtype}, {args.device}, {args.threads} threads")
    for vocabulary in args.vocabularies:
        with TemporaryDirectory() as folder:
            sizes = replace(args.sizes, vocabulary=vocabulary)
            setting = Setting(Path(folder), sizes, args.device, args.dtype, args.threads)
            save_model(setting.folder, sizes, setting.device, setting.dtype)
            for lines in args.lines:
                results[f"{lines}x{vocabulary}"] = measure(setting, lines, args.repeats)
    if args.plot:
        plot_shares(results, args.plot)
    off = float(np.max([one.pop("max_abs_diff") for one in results.values()]))  # NaN stays NaN
    print(json.dumps(results | {"max_abs_diff": off}))


def measure(setting: Setting, n_lines: int, repeats: int) -> Result:
    """Time a step of so many lines with the model saved in the setting's folder; print a line about it."""
    torch.set_num_threads(setting.threads)
    lines = list(_lines(n_lines))
    with torch.no_grad():
        cascade = _cascade(setting)
        # From one leaf to rows of their own, each by a token of its own; ids below 10 are special tokens.
        after = cascade.extend([(0, 10 + at) for at in range(n_lines)])
        ways = [(at, 10 + at) for at in range(n_lines)]
        model = _fastest(setting, repeats, lambda: cascade.extend(ways))
        old = RaceOfWholeVocabulary(lines)
        before = _fastest(setting, repeats, lambda: old.choose(after.logits))
        now = _fastest(setting, repeats, lambda: choose(after, lines, POSITION, Race()))
        result = {
            "model_s": model.wall,
            "before_s": before.wall,
            "now_s": now.wall,
            "before_cpu_s": before.cpu,
            "now_cpu_s": now.cpu,
            "ratio": before.wall / now.wall,
            "share_before": before.wall / (model.wall + before.wall),
            "share_now": now.wall / (model.wall + now.wall),
            "max_abs_diff": float(np.max([_apart(after, lines, one.made[0]) for one in (before, now)])),
        }
        if setting.device != "cpu":
            copied = _fastest(
                setting, repeats, lambda: choose(Distributions(after.logits.cpu()), lines, POSITION, Race())
            )
            result["now_on_cpu_s"] = copied.wall
    _print(n_lines, len(after.logits[0]), result)
    return result


def _print(n_lines: int, vocabulary: int, one: Result) -> None:
    model, before, now = (1e3 * one[name] for name in ("model_s", "before_s", "now_s"))
    times = f"model {model:.1f} ms, sampler {before:.1f} before, {now:.1f} now ({one['ratio']:.1f} x)"
    shares = f"{one['share_before']:.0%} of a step before, {one['share_now']:.0%} now"
    diff = f"largest diff {one['max_abs_diff']:.1e}"
    cpu = f"{1e3 * one['before_cpu_s']:.1f} and {1e3 * one['now_cpu_s']:.1f} ms of all threads"
    print(f"{n_lines} lines, {vocabulary:,} tokens: {times}, {cpu}; {shares}; {diff}", flush=True)
    if "now_on_cpu_s" in one:
        print(f"the race of today after a copy to the CPU: {1e3 * one['now_on_cpu_s']:.1f} ms", flush=True)


def _lines(n: int) -> Iterator[Line]:
    for at in range(n):
        yield Line(at, Draw.of(0, "benchmark", at) if at % A_GREEDY_ONE else None)


def _cascade(setting: Setting) -> Cascade:
    """A prompt about an image, read by the engine, with one leaf."""
    loaded, prompts = engine_model(setting), Prompts()
    work = make_work(Shape(conditions=1), setting.sizes, 0)
    renderer = Renderer(loaded.processor, image_tokens(loaded))
    [instance] = work.instances
    prompt = renderer.render(prompts.question_chat(instance.question, instance.options), (work.image,))
    cut = renderer.image_end(prompt.ids)
    prefix = Prefix(loaded, FeatureStore(loaded.model), [prompt.cut(cut)], [prompt.key], cut)
    trees = Trees(PackedRows(prefix, [0]), 1)
    leaf, _ = trees.add(0, prompt.ids[cut:])
    trees.read([leaf])
    return trees.cascade([leaf])


def _fastest(setting: Setting, repeats: int, run: Callable[[], Any]) -> Timing:
    """The fastest turn behind one that is not timed, and what that first one gave."""
    timing = Timing(made=[run()])
    for _ in range(repeats):
        _wait(setting)
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        _wait(setting)
        timing.wall = min(timing.wall, time.perf_counter() - wall)
        timing.cpu = min(timing.cpu, time.process_time() - cpu)
    return timing


def _wait(setting: Setting) -> None:
    if setting.device != "cpu":
        torch.cuda.synchronize()


def _apart(after: Distributions, lines: Sequence[Line], chosen: Sequence[Choice]) -> float:
    """How far the log-probs and entropies of what was chosen are from those of a log-softmax on the CPU."""
    gaps = []
    for line, choice in zip(lines, chosen, strict=True):
        logprobs = after.logits[line.place].cpu().double().log_softmax(-1)
        gaps.append(abs(choice.logprob - float(logprobs[choice.token])))
        if line.draw is None:
            assert choice.entropy is not None
            gaps.append(abs(choice.entropy + float((logprobs.exp() * logprobs).sum())))
    return float(np.max(gaps))  # NaN stays NaN


def plot_shares(results: dict[str, Result], file: Path) -> None:
    """Two bars a case, before and now: the model's part of a step and the sampler's on top of it."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(results), figsize=(2.4 * len(results), 3.2), layout="constrained")
    for panel, (case, one) in zip(np.atleast_1d(panels), results.items(), strict=True):
        lines, vocabulary = case.split("x")
        model, samplers = 1e3 * one["model_s"], [1e3 * one["before_s"], 1e3 * one["now_s"]]
        panel.bar(("before", "now"), model, color="0.7", label="the model")
        panel.bar(("before", "now"), samplers, bottom=model, color="C0", label="choosing the tokens")
        for at, share in enumerate((one["share_before"], one["share_now"])):
            panel.text(at, model + samplers[at], f"{share:.0%}", ha="center", va="bottom")
        panel.margins(y=0.15)
        panel.set_title(f"{lines} lines, {int(vocabulary):,} tokens", fontsize=9)
    np.atleast_1d(panels)[0].set_ylabel("milliseconds a step")
    figure.legend(*panel.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    figure.savefig(file)


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tiny model, few lines")
    parser.add_argument("--lines", nargs="+", type=int, default=LINES)
    parser.add_argument("--vocabularies", nargs="+", type=int, default=VOCABULARIES)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--plot", type=Path, help="file for a bar chart (.svg, .png)")
    for size in ("width", "layers", "heads", "patches"):
        parser.add_argument(f"--{size}", type=int, default=getattr(Sizes(), size))
    args = parser.parse_args()
    args.sizes = Sizes(args.width, args.layers, args.heads, 256, 4, args.patches)
    if args.quick:
        args.sizes = Sizes(64, 2, 4, 64, 1, patches=4)
        args.lines, args.vocabularies, args.repeats, args.threads = (11,), (500, 1_000), 1, 1
    return args


if __name__ == "__main__":
    main()
