"""How the time of each path grows with conditions, samples and image tokens, as a plot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib
from contest import ENGINE, GENERATE, PREFILL, REPEATED, RESERVED, Contest, Setting
from workload import Shape, save_model

AXES = {"conditions": (1, 2, 4, 8, 16), "samples": (1, 5, 10, 20, 40), "image tokens": (64, 256, 576, 1024)}
STYLE = {GENERATE: "C3s-", REPEATED: "C1^-", RESERVED: "C1v:", ENGINE: "C0o-", PREFILL: "k--"}


def plot_growth(setting: Setting, shape: Shape, repeats: int, file: Path) -> None:
    """One panel an axis, the other two as in `shape`; wall seconds for one question, both scales logarithmic."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(AXES), figsize=(11, 3.6), sharey=True, layout="constrained")
    for panel, (axis, values) in zip(panels, AXES.items(), strict=True):
        seconds = [_seconds(setting, shape, axis, value, repeats) for value in values]
        for name, style in STYLE.items():
            panel.plot(values, [point[name] for point in seconds], style, label=name)
        panel.set(xscale="log", yscale="log", xlabel=axis, xticks=values, xticklabels=values)
        panel.minorticks_off()
    panels[0].set_ylabel("seconds")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(STYLE))
    figure.savefig(file)


def _seconds(setting: Setting, shape: Shape, axis: str, value: int, repeats: int) -> dict[str, float]:
    with TemporaryDirectory() as folder:
        if axis == "image tokens":
            sizes = replace(setting.sizes, patches=round(value**0.5))
            setting = replace(setting, folder=Path(folder), sizes=sizes)
            save_model(setting.folder, setting.sizes, setting.device, setting.dtype)
        else:
            shape = replace(shape, **{axis: value})
        shared = Contest(setting, shape).race(dict.fromkeys((REPEATED, RESERVED, ENGINE, PREFILL), repeats))
        alone = Contest(setting, replace(shape, conditions=1)).race({GENERATE: 1})
    print(f"{axis} {value}", flush=True)
    return {name: timing.wall for name, timing in shared.items()} | {
        GENERATE: shape.conditions * alone[GENERATE].wall
    }
