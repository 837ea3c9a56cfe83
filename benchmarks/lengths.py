"""Answers of other lengths: time, memory and evidence of the engine and of the two rivals that are nearest to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import peak
from comparison import Difference, over_turns
from contest import ENGINE, RESERVED, SEQUENCES, Contest, Setting, Timing, peak_memory
from workload import Shape

RIVALS = (SEQUENCES, RESERVED)
Figures = dict[str, float | int | None]


def compare_lengths(
    setting: Setting, shape: Shape, lengths: Sequence[int], repeats: int, user_repeats: int
) -> dict[str, Figures]:
    """The contest at `shape` with answers of each of these many tokens, as a table and as figures by length."""
    if lengths:
        print(f"\nanswers of other lengths, at {shape}")
        print(
            f"{'tokens':>6} {'':31}{'wall s':>9}{'CPU s':>9}{'wall, of engine':>17}{'peak memory':>13}"
            f"{'largest diff':>14}{'changed':>9}{'compared':>10}"
        )
    return {str(n): compare(setting, replace(shape, new_tokens=n), repeats, user_repeats) for n in lengths}


def compare(setting: Setting, shape: Shape, repeats: int, user_repeats: int) -> Figures:
    """Race the three at one shape, print a line for each, and give what the benchmark's last line says of them.

    Returns
    -------
    ratios of wall time (theirs to the engine's) and of peak memory (the engine's to that of reserved rows; None where
    it cannot be measured), the largest difference of a number, and how many texts and choices differ
    """
    contest = Contest(setting, shape)
    timings = contest.race({ENGINE: repeats, RESERVED: repeats, SEQUENCES: user_repeats})
    memory = {name: peak_memory(setting, shape, name, timings[name]) for name in (ENGINE, RESERVED)}
    engine = timings[ENGINE]
    apart = {name: over_turns(engine.made, timings[name].made) for name in RIVALS}
    for name in (ENGINE, *RIVALS):
        _print(shape.new_tokens, name, timings[name], engine, memory, apart)
    print(f"{'':7}the engine's reading: {contest.reading}", flush=True)
    every = sum(apart.values(), Difference())
    return {
        "vs_num_return_sequences": timings[SEQUENCES].wall / engine.wall,
        "vs_reserved": timings[RESERVED].wall / engine.wall,
        "memory_vs_reserved": peak.share(memory[ENGINE], memory[RESERVED]),
        "max_abs_diff": every.largest,
        "changed_choices": every.changed,
    }


def _print(
    n_tokens: int,
    name: str,
    timing: Timing,
    engine: Timing,
    memory: dict[str, int | None],
    apart: dict[str, Difference],
) -> None:
    known = peak.told(memory[name]) if name in memory else ""
    line = f"{n_tokens:6} {name:31}{timing.wall:9.3f}{timing.cpu:9.3f}{timing.wall / engine.wall:17.2f}{known:>13}"
    if name in apart:
        line += f"{apart[name].largest:14.1e}{apart[name].changed:9}{apart[name].compared:10}"
    print(line, flush=True)
