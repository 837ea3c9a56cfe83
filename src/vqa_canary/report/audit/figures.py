"""The audit's figures: risk against coverage with the chosen threshold, and what each method and subgroup is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.record.findings import Headline, Subgroup
from vqa_canary.audit.record.policies import Curve, Policy
from vqa_canary.audit.terms import CALIBRATION, ERROR
from vqa_canary.counting import counted
from vqa_canary.estimate import Estimate
from vqa_canary.numerals import limits, percent, significant, stated
from vqa_canary.report.audit.comparing import shortened, wide
from vqa_canary.report.audit.shown import accuracy_of_subgroup
from vqa_canary.report.audit.words import event_word
from vqa_canary.report.drawing import Figure, Panel, Pen, figure
from vqa_canary.report.numbers import Range
from vqa_canary.report.sheet import Column, shown, small
from vqa_canary.report.styles import HUES, Style, styles

CALIBRATED = Style("calibration", HUES[0], "o")
HELD_OUT = Style("held out", HUES[1], "s", (5, 2))
Pair = tuple[str, str]


def pairs(audit: Audit) -> list[Pair]:
    """Data sets and models in the order of the first screen."""
    return [(one.dataset, one.model) for one in audit.headline]


def risk_coverage(audit: Audit, error: bool) -> Figure | None:
    """A panel for each data set and model: the curve of its policy's method."""
    panels = []
    for headline in audit.headline:
        policy = headline.policy if error else headline.fragility_policy
        found = _curves(audit, headline, error)
        method = _shown(policy, headline, found)
        if method is not None:
            mine = [one for one in found if one.method == method]
            panels.append(_risk_panel(audit, headline, method, mine, policy))
    if not panels:
        return None
    word = event_word(ERROR if error else "")
    caption = (
        f"Share of {word} among the answered, if only the least uncertain questions are answered. Dashed line: the "
        "target. Marks: the chosen threshold on each split, with the 95 % interval on the held-out "
        "questions; no mark: no policy. The calibration curve was looked at to choose, so it is the kinder "
        "one."
    )
    name = "risk_coverage_error" if error else "risk_coverage_fragility"
    return figure(name, f"{word.capitalize()} against coverage", caption, panels, (CALIBRATED, HELD_OUT))


def _curves(audit: Audit, headline: Headline, error: bool) -> list[Curve]:
    key = headline.dataset, headline.model, error
    return [
        one
        for one in audit.curves
        if (one.dataset, one.model, one.event == ERROR) == key and any(y is not None for y in one.risk)
    ]


def _shown(policy: Policy | None, headline: Headline, curves: Sequence[Curve]) -> str | None:
    known = list(dict.fromkeys(one.method for one in curves))
    wanted = [policy.method if policy else None, headline.recommended, *known]
    return next((name for name in wanted if name in known), None)


def _risk_panel(
    audit: Audit, headline: Headline, method: str, curves: Sequence[Curve], policy: Policy | None
) -> Panel:
    def draw(pen: Pen) -> None:
        if policy is not None:
            text = f"target: at most {stated(policy.alpha)}"
            pen.ink([0, 1], [policy.alpha, policy.alpha], text)
        for one in curves:
            look = CALIBRATED if one.split == CALIBRATION else HELD_OUT
            known = [(x, y) for x, y in zip(one.coverage, one.risk, strict=True) if y is not None]
            pen.line(look, [x for x, _ in known], [y for _, y in known], f"{method}, {look.series}")
        if policy is not None and policy.found and policy.method == method:
            _mark(pen, policy)
        pen.axes.set_xlim(0, 1.02)
        pen.axes.set_ylim(0, _top(curves, policy))
        pen.in_percent("x", "y")
        pen.axes.set_xlabel("share answered")
        pen.axes.set_ylabel(f"share of {event_word(curves[0].event)} among them")

    name = audit.name(headline.dataset, headline.model)
    return Panel(shortened(f"{name}: {method}", 48), draw, width=3.8, height=2.9)


def _mark(pen: Pen, policy: Policy) -> None:
    at = f"{policy.method} ≤ {significant(policy.threshold)}"
    calibration, held = policy.calibration, policy.held_out
    if calibration.coverage is not None and calibration.risk is not None:
        title = f"{at}, calibration: answers {percent(calibration.coverage)}, {percent(calibration.risk)}"
        pen.point(CALIBRATED, calibration.coverage, calibration.risk, title, ms=6.5)
    if held.coverage.value is not None and held.risk.value is not None:
        x, y = held.coverage.value, held.risk
        title = f"{at}, held out: answers {percent(x)}, {percent(y.value)}"
        if y.ci_low is not None and y.ci_high is not None:
            title += f" (95 %: {limits(y.ci_low, y.ci_high)})"
        pen.bar(HELD_OUT, [x, x], [y.ci_low, y.ci_high], title, lw=1.6)
        pen.point(HELD_OUT, x, held.risk.value, title, ms=6.5)


def _top(curves: Sequence[Curve], policy: Policy | None) -> float:
    """Room for all that is drawn, and no more."""
    reached = [y for one in curves for y in one.risk if y is not None]
    reached += [policy.alpha] if policy else []
    if policy and policy.found and policy.held_out.risk.ci_high is not None:
        reached.append(policy.held_out.risk.ci_high)
    return min(1.0, 1.08 * max(reached, default=1.0) + 0.01)


def methods(audit: Audit) -> Figure | None:
    """Panels of AUROC and fragility AUROC, a row a method, a mark a model."""
    looks = styles([one.model for one in audit.models], {}, {})
    panels = []
    for dataset in dict.fromkeys(one.dataset for one in audit.methods):
        rows = [one for one in audit.methods if one.dataset == dataset]
        names = list(dict.fromkeys(one.method for one in rows))
        for title, numbers in (
            ("AUROC", {(one.method, one.model): one.auroc for one in rows}),
            ("fragility AUROC", {(one.method, one.model): one.fragility_auroc for one in rows}),
        ):
            if any(number.value is not None for number in numbers.values()):
                full = f"{title}, {shortened(dataset)}" if audit.several_datasets else title
                panels.append(_forest(full, names, numbers, looks, ("chance", 0.5), _NUMBER))
    if not panels:
        return None
    caption = (
        "AUROC: how often the wrong one of a right and a wrong answer is the more uncertain; fragility "
        "AUROC: the same of answers that collapse and that hold. Dotted: chance. Bars: 95 %. No mark: "
        "undefined, the table says why."
    )
    return figure("methods", "Methods", caption, panels, looks.values() if audit.several_models else ())


def subgroups(audit: Audit) -> Figure | None:
    """Panels of accuracy and of errors under the policy for each column with several values, a row a value."""
    looks = styles([one.model for one in audit.models], {}, {})
    alphas = {one.policy.alpha for one in audit.headline if one.policy}
    goal = ("target", alphas.pop()) if len(alphas) == 1 else None
    panels = []
    for dataset, column in dict.fromkeys((one.dataset, one.column) for one in audit.subgroups if one.column):
        rows = [one for one in audit.subgroups if (one.dataset, one.column) == (dataset, column)]
        names = list(dict.fromkeys(one.value for one in rows))
        cut = f"by {column.replace('_', ' ')}" if column else "of all"
        by = ", ".join([cut, *[shortened(dataset, 20)] * audit.several_datasets])
        for title, get, line in (
            ("accuracy", partial(accuracy_of_subgroup, audit), None),
            ("errors under the policy", _error, goal),
        ):
            numbers = {(one.value, one.model): get(one) for one in rows}
            if any(number.value is not None for number in numbers.values()) and (
                len(names) > 1 or not column
            ):
                end = 1.0 if line is None and title == "accuracy" else _reached(numbers.values(), goal)
                full = shortened(f"{title} {by}", 44)
                panels.append(_forest(full, names, numbers, looks, line, _SHARE, end))
    if not panels:
        return None
    caption = (
        "Bars: 95 %. Two marks joined by a broad line: a range, because not all answers could be read. "
        "Dotted: the policy's target. A subgroup picked because it looks bad, or good, looks "
        "more so than it is; no mark: undefined. Where there are too few questions the table warns."
    )
    legend = looks.values() if audit.several_models else ()
    return figure("subgroups", "Subgroups", caption, panels, legend)


def _reached(numbers: Iterable[Estimate | Range], goal: tuple[str, float] | None) -> float:
    """Room for the longest bar and the target, and no more."""
    known = [one.most if isinstance(one, Range) else one for one in numbers]
    ends = [one.ci_high if one.ci_high is not None else one.value for one in known]
    return min(1.0, 1.1 * max([0.1, *(end for end in ends if end is not None), *([goal[1]] if goal else [])]))


def _error(one: Subgroup) -> Estimate | Range:
    return one.policy_error


def _forest(
    title: str,
    names: Sequence[str],
    numbers: Mapping[tuple[str, str], Estimate | Range],
    looks: Mapping[str, Style],
    line: tuple[str, float] | None,
    what: Column,
    end: float = 1.0,
) -> Panel:
    """A row a name, a mark with its bar a model."""
    labels = [shortened(name) for name in names]
    models = [model for model in looks if any(model == one for _, one in numbers)]

    def offset(model: str) -> float:
        return 0.6 * ((models.index(model) + 0.5) / len(models) - 0.5)

    def draw(pen: Pen) -> None:
        if line is not None:
            pen.ink([line[1], line[1]], [-0.6, len(names) - 0.4], line[0], ":")
        for (name, model), number in numbers.items():
            if number.value is not None and model in models:
                y = names.index(name) + offset(model)
                _mark_of(pen, looks[model], y, number, f"{model}, {name}: {title}", what)
        pen.axes.set_yticks(range(len(names)), labels)
        pen.axes.set_ylim(len(names) - 0.4, -0.6)
        pen.axes.set_xlim(-0.02 * end, 1.02 * end)
        if what is _SHARE:
            pen.in_percent("x")

    height = 0.7 + 0.2 * len(names) * max(1.0, 0.6 * len(models))
    return Panel(title, draw, wide(labels), height)


_SHARE, _NUMBER = Column("", "", "share"), Column("", "", "number")
"""How the numbers of a forest are written."""


def _mark_of(pen: Pen, look: Style, y: float, number: Estimate | Range, about: str, what: Column) -> None:
    """A mark with its bar, or both ends of a range: one of them alone would pass for the number."""
    assert number.value is not None
    if isinstance(number, Range):
        most = number.most.value
        end = "or more" if most is None else f"to {shown(number.most, what)}"
        text = f"{about} {shown(number.least, what)} {end}: not all could be read"
        pen.between(look, number.value, most, y, text)
        return
    text = f"{about} {shown(number, what)}"
    if interval := small(number, what):
        text += f" (95 %: {interval})"
    text += f", {counted(number.n, 'question')}" if number.n else ""
    pen.bar(look, [number.ci_low, number.ci_high], [y, y], text)
    pen.point(look, number.value, y, text)
