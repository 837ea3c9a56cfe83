"""How the time of each path grows with conditions, samples, image tokens and the length of answers, as a plot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib
from contest import ENGINE, GENERATE, PREFILL, REPEATED, RESERVED, Contest, Setting
from workload import Shape, save_model

LENGTH = "answer tokens"
AXES = {
    "conditions": (1, 2, 4, 8, 16),
    "samples": (1, 5, 10, 20, 40),
    "image tokens": (64, 256, 576, 1024),
    LENGTH: (3, 16, 64, 256, 1024),
}
STYLE = {GENERATE: "C3s-", REPEATED: "C1^-", RESERVED: "C1v:", ENGINE: "C0o-", PREFILL: "k--"}
LONGEST = {GENERATE: 64, REPEATED: 64, RESERVED: 256}
"""Most answer tokens with which slow rivals are timed."""
MANY_TURNS = 64
"""Most answer tokens with which there is more than one turn: of longer answers, a turn is many steps by itself."""

Point = dict[str, float]
"""Wall seconds by contestant; those that were not timed are left out."""


def plot_growth(
    setting: Setting, shape: Shape, repeats: int, file: Path, axes: Sequence[str], alone: bool = False
) -> None:
    """One panel an axis, the others as in `shape`; wall seconds for one question, both scales logarithmic.

    Parameters
    ----------
    alone : the engine without its rivals, and what has no answer to write
    """
    matplotlib.use("Agg")
    from matplotlib import pyplot

    size = (max(7.0, 3.5 * len(axes)), 3.8)
    figure, grid = pyplot.subplots(
        1, len(axes), figsize=size, sharey=True, layout="constrained", squeeze=False
    )
    panels = grid[0]
    for panel, axis in zip(panels, axes, strict=True):
        values = AXES[axis]
        points = [_seconds(setting, shape, axis, value, repeats, alone) for value in values]
        for name, style in STYLE.items():
            timed = [(value, one[name]) for value, one in zip(values, points, strict=True) if name in one]
            if timed:
                panel.plot(*zip(*timed, strict=True), style, label=name)
        if axis == LENGTH:
            _print_steps(values, [one[ENGINE] for one in points])
            _draw_linear(panel, values, points[-1][ENGINE])
        panel.set(xscale="log", yscale="log", xlabel=axis, xticks=values, xticklabels=values)
        panel.minorticks_off()
    panels[0].set_ylabel("seconds")
    handles, labels = panels[-1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(len(labels), 2 + len(axes)))
    figure.savefig(file)


def steps(values: Sequence[int], seconds: Sequence[float]) -> list[float]:
    """Seconds that each further token takes, between one length and the next; equal where growth is linear."""
    points = pairwise(zip(values, seconds, strict=True))
    return [(later - sooner) / (n - m) for (m, sooner), (n, later) in points]


def _print_steps(values: Sequence[int], seconds: Sequence[float]) -> None:
    spans = zip(pairwise(values), steps(values, seconds), strict=True)
    told = ", ".join(f"{1000 * one:.1f} ms from {start} to {end}" for (start, end), one in spans)
    print(f"the engine's time for one more answer token: {told}")
    order = math.log(seconds[-1] / seconds[-2]) / math.log(values[-1] / values[-2])
    print(
        f"from {values[-2]} to {values[-1]} tokens its time grows with their number to the power {order:.2f}"
    )


def _draw_linear(panel: object, values: Sequence[int], last: float) -> None:
    """A line along which time is proportional to the length, through the engine's last point."""
    plot = panel.plot  # type: ignore[attr-defined]  # matplotlib's axes
    plot(values, [last * value / values[-1] for value in values], color="0.7", lw=0.8, label="proportional")


def _seconds(setting: Setting, shape: Shape, axis: str, value: int, repeats: int, alone: bool) -> Point:
    with TemporaryDirectory() as folder:
        if axis == "image tokens":
            sizes = replace(setting.sizes, patches=round(value**0.5))
            setting = replace(setting, folder=Path(folder), sizes=sizes)
            save_model(setting.folder, setting.sizes, setting.device, setting.dtype)
        elif axis == LENGTH:
            shape = replace(shape, new_tokens=value)
        else:
            shape = replace(shape, **{axis: value})
        left_out = {name for name, longest in LONGEST.items() if alone or shape.new_tokens > longest}
        turns = repeats if shape.new_tokens <= MANY_TURNS else 1
        together = [name for name in (REPEATED, RESERVED, ENGINE, PREFILL) if name not in left_out]
        timings = Contest(setting, shape).race(dict.fromkeys(together, turns))
        seconds = {name: timing.wall for name, timing in timings.items()}
        if GENERATE not in left_out:
            few = Contest(setting, replace(shape, conditions=1)).race({GENERATE: 1})
            seconds[GENERATE] = shape.conditions * few[GENERATE].wall
    print(f"{axis} {value}: " + ", ".join(f"{name} {one:.2f} s" for name, one in seconds.items()), flush=True)
    return seconds
