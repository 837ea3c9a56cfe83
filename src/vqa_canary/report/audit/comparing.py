"""Two audits against each other: every difference, and the questions that changed sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vqa_canary.audit.record.comparing import BaselineComparison, BaselineDifference
from vqa_canary.audit.record.document import Audit
from vqa_canary.counting import counted
from vqa_canary.estimate import bare
from vqa_canary.numerals import POINTS
from vqa_canary.report.drawing import Figure, Panel, Pen, figure
from vqa_canary.report.sheet import Column, Kind, Sheet, shown, small
from vqa_canary.report.styles import HUES, Style

VERDICTS = ("worse", "better", "cannot tell", "identical")
LISTS = {  # fields of `MovedQuestions`
    "lost": "right before, wrong now",
    "newly_collapsed": "held before, collapses now",
    "gained": "wrong before, right now",
    "no_longer_collapsed": "collapsed before, holds now",
}
_LOOKS = {
    "worse": Style("worse", HUES[7], "v"),
    "better": Style("better", HUES[2], "^"),
    "cannot tell": Style("cannot tell", HUES[6], "o"),
    "identical": Style("identical", HUES[0], "s"),
}
_ALL = ("", "all")


def summary(comparison: BaselineComparison) -> str:
    """How far the two audits asked the same, and how many differences have which verdict."""
    joined = comparison.joined
    counts = [(name, sum(one.verdict == name for one in comparison.differences)) for name in VERDICTS]
    said = ", ".join(f"{name} in {n}" for name, n in counts if n) or "nothing could be compared"
    pairs = ", ".join(
        now if now == before else f"{now} against {before}" for now, before in comparison.models
    )
    return (
        f"Against the audit “{comparison.baseline}” ({pairs}). {counted(joined.instances, 'prompt')} put alike "
        f"can be compared; changed: {joined.changed:,}, new: {joined.only_new:,}, gone: {joined.only_old:,}. "
        f"Of {counted(len(comparison.differences), 'difference')}: {said}."
    )


def differences(comparison: BaselineComparison) -> Sheet:
    """Every difference, worst news first."""
    columns = (
        Column("quantity", "quantity", "text", filtered=True),
        Column("subset", "subgroup", "text", filtered=True),
        Column("condition", "shown as", "text", filtered=True),
        Column("method", "method", "text", filtered=True),
        Column("model", "model", "text", filtered=True),
        Column("dataset", "data set", "text", filtered=True),
        Column("baseline", "baseline"),
        Column("current", "now"),
        Column("difference", "difference"),
        Column("p_value", "p, adjusted", "p"),
        Column("verdict", "verdict", "text", filtered=True),
        Column("smallest_difference", "smallest difference this could see"),
        Column("warning", "warning", "text"),
    )
    rows = tuple(
        (
            _words(one.quantity), one.subset or "all", one.condition, one.method, one.model, one.dataset,
            bare(one.baseline), bare(one.current), one.difference, bare(one.p_value),
            one.verdict or "not compared", bare(one.smallest_difference), one.warning or "",
        )
        for one in sorted(comparison.differences, key=_rank)
    )  # fmt: skip
    caption = "Now minus baseline, on the questions that both asked. Intervals: 95 %."
    kinds = tuple(_kinds(one.quantity) for one in sorted(comparison.differences, key=_rank))
    return Sheet("comparison", caption, columns, rows, kinds).without_empty("warning", "method", "condition")


def _kinds(quantity: str) -> Mapping[str, Kind]:
    """All but an AUROC is a share, whose differences are points."""
    if quantity.endswith("auroc"):
        return {}
    return {
        "baseline": "share",
        "current": "share",
        "difference": "points",
        "smallest_difference": "points",
    }


def changed_items(comparison: BaselineComparison) -> Sheet:
    """Questions that changed sides, bad news first."""
    columns = (Column("item", "item", "text"), Column("change", "change", "text", filtered=True))
    rows = tuple((item, told) for name, told in LISTS.items() for item in getattr(comparison.items, name))
    return Sheet("changed_items", "Questions whose answer changed sides", columns, rows)


def forest(audit: Audit) -> Figure | None:
    """A figure: a panel for each quantity, a row for each difference, with the verdict as colour and mark."""
    if audit.comparison is None:
        return None
    known = [one for one in audit.comparison.differences if one.difference.value is not None]
    quantities = list(dict.fromkeys(one.quantity for one in known))
    panels = [_panel(audit, name, [one for one in known if one.quantity == name]) for name in quantities]
    if not panels:
        return None
    used = [look for name, look in _LOOKS.items() if any(one.verdict == name for one in known)]
    caption = (
        "Now minus baseline; bars: 95 %. “Cannot tell” is not “no difference”: the table says how large a "
        "difference had to be to be seen."
    )
    return figure("comparison", "Now against the baseline", caption, panels, used)


def _panel(audit: Audit, quantity: str, rows: Sequence[BaselineDifference]) -> Panel:
    labels = [shortened(_label(audit, one)) for one in rows]

    def draw(pen: Pen) -> None:
        pen.ink([0, 0], [-0.6, len(rows) - 0.4], "no difference", ":")
        for at, one in enumerate(rows):
            look, number = _LOOKS.get(one.verdict or "", _LOOKS["cannot tell"]), one.difference
            assert number.value is not None
            column = Column("difference", "", _kinds(quantity).get("difference", "number"))
            title = f"{_label(audit, one)}: {shown(number, column)}"
            if interval := small(number, column):
                title += f" (95 %: {interval})"
            title += f": {one.verdict}" if one.verdict else ""
            pen.bar(look, [number.ci_low, number.ci_high], [at, at], title)
            pen.point(look, number.value, at, title)
        pen.axes.set_yticks(range(len(rows)), labels)
        pen.axes.set_ylim(len(rows) - 0.4, -0.6)
        pen.axes.set_xlabel("now minus baseline")
        if _kinds(quantity):
            pen.in_percent("x", unit=POINTS)

    return Panel(shortened(_words(quantity), 44), draw, width=wide(labels), height=0.9 + 0.2 * len(rows))


def _label(audit: Audit, one: BaselineDifference) -> str:
    subset = "" if one.subset in _ALL else one.subset
    who = audit.name(one.dataset, one.model) if audit.several_models or audit.several_datasets else ""
    return ", ".join(filter(None, (who, one.method, one.condition, subset))) or "all"


def shortened(text: str, length: int = 34) -> str:
    """The text on one line, and no longer than an axis bears."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def wide(labels: Sequence[str]) -> float:
    """Inches of a panel whose rows bear these labels, so that as much is left for what is drawn."""
    return 3.8 + 0.06 * max(0, max(map(len, labels), default=0) - 16)


def _rank(one: BaselineDifference) -> int:
    return VERDICTS.index(one.verdict) if one.verdict in VERDICTS else len(VERDICTS)


def _words(name: str) -> str:
    return name.replace("_", " ").replace("auroc", "AUROC")
