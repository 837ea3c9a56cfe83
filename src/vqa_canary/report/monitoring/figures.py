"""The figures of a watch: its evidence image by image, and what each batch was like."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, log10

from vqa_canary.monitoring.record import Entry
from vqa_canary.monitoring.standing import error_of, path, shares
from vqa_canary.numerals import limits, percent, stated
from vqa_canary.report.drawing import Figure, Panel, Pen, figure
from vqa_canary.report.styles import HUES, Style

BET = Style("since release", HUES[0], "o")
DETECTOR = Style("recent images", HUES[1], "s", (5, 2))
BATCH = Style("batch", HUES[0], "o")
_LN_10 = log(10)


def evidence(entries: Sequence[Entry]) -> Figure | None:
    """Both bets after each image, each with the height at which it speaks."""
    wealth, detector = path(entries)
    if not len(wealth):
        return None
    policy = entries[0].policy
    _, of = shares(entries)
    xs = list(range(1, len(wealth) + 1))
    ends = [at for at in xs[:-1] if of[at - 1] != of[at]]

    def drawing(look: Style, logs: Sequence[float], height: float, name: str) -> Panel:
        def draw(pen: Pen) -> None:
            ys = [float(one) / _LN_10 for one in logs]
            top, low = max(height, *ys), min(0.0, *ys)
            for end in ends:
                pen.ink([end + 0.5, end + 0.5], [low, top], "a batch ends", ":")
            pen.ink([1, max(2, len(xs))], [height, height], name)
            pen.line(look, xs, ys, f"{look.series}: {ys[-1]:.2f} after {len(xs)} images")
            pen.axes.set_xlabel("image")
            pen.axes.set_ylabel("evidence (powers of ten)")

        return Panel(name, draw, width=4.2, height=2.7)

    caption = (
        "What one unit, staked against “the target is kept”, has become after each image; dotted lines divide batches. "
        "The first bet is never begun again: it is an alarm once above its dashed line, and stays one. The second adds "
        "up bets begun at every image, and sees a recent change sooner."
    )
    panels = [
        drawing(
            BET, list(wealth), -log10(policy.delta), f"since release; alarm at {1 / policy.delta:.0f} to 1"
        ),
        drawing(
            DETECTOR,
            list(detector),
            log10(policy.warn_every),
            f"recent images; warning at {policy.warn_every:,}",
        ),
    ]
    return figure("evidence", "Evidence against the target", caption, panels)


def by_batch(entries: Sequence[Entry]) -> Figure:
    """Errors and coverage, a mark a batch."""
    policy = entries[0].policy
    labels = [entry.day.isoformat() for entry in entries]

    def errors(pen: Pen) -> None:
        pen.ink(
            [-0.5, len(entries) - 0.5],
            [policy.alpha, policy.alpha],
            f"target: at most {stated(policy.alpha)}",
        )
        for at, entry in enumerate(entries):
            found = error_of(entry)
            if found.value is not None:
                title = f"{labels[at]}: {percent(found.value)} wrong"
                if found.ci_low is not None and found.ci_high is not None:
                    title += f" (95 %: {limits(found.ci_low, found.ci_high)})"
                pen.bar(BATCH, [at, at], [found.ci_low, found.ci_high], title)
                pen.point(BATCH, at, found.value, title)
        pen.in_percent("y")
        _axes(pen, labels, "wrong of an image's answers")

    def coverage(pen: Pen) -> None:
        told = [
            row.audit
            for entry in entries
            for row in entry.drift
            if row.quantity == "coverage" and row.audit is not None
        ]
        if told:
            pen.ink([-0.5, len(entries) - 0.5], [told[0], told[0]], f"audit: {percent(told[0])}")
        for at, entry in enumerate(entries):
            new = entry.counts.questions - entry.counts.seen
            if new and entry.labels_of is None:
                share = entry.counts.answered / new
                pen.point(BATCH, at, share, f"{labels[at]}: answers {percent(share)}")
        pen.in_percent("y")
        _axes(pen, labels, "share answered")

    caption = (
        "Left: the mean over a batch's images of the share of wrong answers, with a 95 % interval that holds at every "
        "look; dashed: the target. Right: the share of questions answered; dashed: that of the audit's held-out "
        "images. A batch without a mark has no labels, or brought labels alone."
    )
    panels = [Panel("errors among answered", errors, 4.2, 2.7), Panel("answered", coverage, 4.2, 2.7)]
    return figure("batches", "Batch by batch", caption, panels)


def _axes(pen: Pen, labels: Sequence[str], name: str) -> None:
    """A date below each mark, or below some where there are many."""
    step = max(1, -(-len(labels) // 6))
    places = list(range(0, len(labels), step))
    pen.axes.set_xticks(places, [labels[at] for at in places], rotation=30, ha="right")
    pen.axes.set_xlim(-0.5, len(labels) - 0.5)
    pen.axes.set_ylim(0, min(1.05, 1.1 * pen.axes.get_ylim()[1]))
    pen.axes.set_ylabel(name)
