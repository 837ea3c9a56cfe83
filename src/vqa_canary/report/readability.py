"""What could not be read of the models' answers, in words and as a table, on both pages and in the last lines of a run.

The rows are those of the table `readability`; see `vqa_canary.evaluation.readability`. What the models wrote is
never shown, only what it looks like.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from vqa_canary.counting import counted
from vqa_canary.estimate import Estimate, bare
from vqa_canary.numerals import decimal, percent
from vqa_canary.report.accuracy import Row, Rows, is_range
from vqa_canary.report.sheet import Cell, Column, Sheet
from vqa_canary.report.warning import PAIR, Warning
from vqa_canary.rows import ALL_CONDITIONS

MOST_CONDITIONS = 4
MOST_SHAPES = 4
UNREAD = "unread"


class _Told(NamedTuple):
    """How a kind of warning is told."""

    title: str
    """With `{model}` where the names stand."""
    brief: Callable[[Row], str]
    """How bad it is over all conditions together, in a few words."""
    fact: Callable[[Row], str]
    """What was counted under one condition."""
    meaning: str
    """What follows, and what to do."""


def warnings(rows: Rows) -> list[Warning]:
    """One for each data set, model and kind: grave, where it is about more than conditions without a right answer."""
    return sorted(_found(rows), key=lambda warning: not warning.grave)


def last_lines(rows: Rows) -> list[str]:
    """The grave ones for a terminal, without what the page explains."""
    return [f"WARNING: {warning.title}. {warning.text}" for warning in _found(rows) if warning.grave]


def sheet(rows: Rows) -> Sheet:
    """One row a data set, model and condition."""
    columns = (
        Column("model", "model", "text", filtered=True),
        Column("dataset", "data set", "text", filtered=True),
        Column("condition", "condition", "text", filtered=True),
        Column("answers", "answers", "count"),
        Column("named", "name an option", "count"),
        Column("read", "share that does", "share"),
        Column("shapes", "what names no option, the commonest first", "text"),
        Column("cut", "failed: cut at the token limit", "count"),
        Column("samples", "samples", "count"),
        Column("samples_named", "samples that name an option", "count"),
        Column("cut_answers", "answers and samples that were cut, of answered instances", "count"),
        Column("median_mass", "median mass on option letters"),
        Column("compared", "text held against letters", "count"),
        Column("contrary", "name another option", "count"),
    )
    caption = "What could be read of the answers; a cut answer names no option"
    cells = tuple(_cells(row) for row in rows if row["condition"] != ALL_CONDITIONS)
    return Sheet("readability", caption, columns, cells).without_constant("dataset")


def _cells(row: Row) -> tuple[Cell, ...]:
    mass = bare(row["median_mass"], None if row["with_mass"] else "no option log-probs")
    return (
        row["model"], row["dataset"], row["condition"], row["answers"], row["named"], Estimate.of(row["read"]),
        _shapes([row], None), row["cut"], row["samples"], row["samples_named"], row["cut_answers"], mass,
        row["compared"], row["contrary"],
    )  # fmt: skip


def _found(rows: Rows) -> Iterator[Warning]:
    """What endangers each model of each data set."""
    several = len({row["dataset"] for row in rows}) > 1
    for dataset, model in sorted({(row["dataset"], row["model"]) for row in rows}):
        own = [row for row in rows if (row["dataset"], row["model"]) == (dataset, model)]
        for kind, told in _KINDS.items():
            hit = [row for row in own if row["condition"] != ALL_CONDITIONS and kind in row["warnings"]]
            # A little under every condition may be too much only over all of them, and is told as such.
            hit = hit or [row for row in own if kind in row["warnings"]]
            if hit:
                name = f"{model} on {dataset}" if several else str(model)
                yield Warning(
                    grave=any(row["answerable"] for row in hit),
                    title=told.title.replace("{model}", name),
                    text=_facts(kind, told, hit),
                    kind=told.title,
                    about=name,
                    brief=told.brief(
                        next((row for row in own if row["condition"] == ALL_CONDITIONS), hit[0])
                    ),
                    meaning=told.meaning,
                    what=PAIR if several else "model",
                )


def _facts(kind: str, told: _Told, hit: Rows) -> str:
    """What was counted under each condition, and the commonest shapes of what could not be read."""
    facts = "; ".join(f"{_about(row)}{told.fact(row)}" for row in hit[:MOST_CONDITIONS])
    more = len(hit) - MOST_CONDITIONS
    facts += f"; {counted(more, 'more condition')}." if more > 0 else "."
    shapes = _shapes(hit, MOST_SHAPES) if kind == UNREAD else ""
    return facts + f" What names none looks like: {shapes}." * bool(shapes)


def _about(row: Row) -> str:
    return f"{row['condition'] or 'all conditions'}: "


def _shapes(rows: Rows, most: int | None) -> str:
    """`empty (12), a refusal (3), others (2)`."""
    counts = Counter[str]()
    for row in rows:
        for answer in row["shapes"]:
            counts[answer["shape"]] += answer["n"]
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    told = [f"{shape} ({n:,})" for shape, n in ordered[:most]]
    rest = 0 if most is None else sum(n for _, n in ordered[most:])
    return ", ".join([*told, *([f"others ({rest:,})"] if rest else [])])


def _unread(row: Row) -> str:
    told = f"{row['named']:,} of {row['answers']:,} answers name an option ({_share(row['named'], row['answers'])}"
    shown = row["headline"], ""
    whole = next((share for share in row["accuracy"] if (share["subset"], share["method"]) == shown), None)
    if whole and is_range(whole) and whole["unread_wrong"]["value"] is not None:
        most, n = whole["unread_left_out"]["value"], whole["unread_wrong"]["n"]
        end = "undefined" if most is None else percent(most)
        of = f" on {counted(n, 'question')} of {shown[0]}" if n != row["answers"] else ""
        told += f"; accuracy{of} {percent(whole['unread_wrong']['value'])} to {end}"
    return told + ")"


def _beyond(row: Row) -> str:
    share = _share(row["named"], row["answers"])
    return (
        f"{row['named']:,} of {row['answers']:,} answers name an option ({share}), "
        f"{row['beyond']:,} are a letter beyond the options"
    )


def _cut(row: Row) -> str:
    told = [
        f"{row['cut']:,} of {row['answers']:,} answers ended at the token limit and failed"
        if row["cut"]
        else "",
        f"{row['cut_answers']:,} answers and samples of answered instances ended there before they named an option"
        if row["cut_answers"]
        else "",
    ]
    return ", ".join(filter(None, told))


def _contrary(row: Row) -> str:
    return (
        f"in {row['contrary']:,} of {row['compared']:,} instances "
        f"({_share(row['contrary'], row['compared'])}) the text names another option than the likeliest letter"
    )


def _mass(row: Row) -> str:
    return f"the median probability on all option letters together is {decimal(row['median_mass'])}"


def _share(n: int, of: int) -> str:
    return percent(n / of)


_KINDS: Mapping[str, _Told] = {
    UNREAD: _Told(
        "Not all answers of {model} can be read",
        lambda row: f"{row['named']:,} of {row['answers']:,} name an option",
        _unread,
        "Accuracy is therefore given as a range: from every unread answer being wrong to the unread ones being left "
        "out. No other number can be given so: claims, policies and other figures take an unread answer for a wrong "
        "one, or for the likeliest letter where there are log-probs. Read what the model wrote (greedy_text of its "
        "evidence), and mend how it is asked, or what was recorded, before you use any of this.",
    ),
    "beyond": _Told(
        "Answers of {model} name options that were not offered",
        lambda row: f"{row['beyond']:,} of {row['answers']:,}",
        _beyond,
        "Such an answer is understood, and it is wrong; where there are log-probs, the likeliest letter of those "
        "offered is judged instead. A model that answers so does not keep to the list: compare its text with its "
        "letters.",
    ),
    "cut": _Told(
        "Answers of {model} were cut",
        lambda row: f"{row['cut']:,} failed" if row["cut"] else f"{row['cut_answers']:,} name no option",
        _cut,
        "What ended at the token limit is no random part of the answers: the longest are missing. Allow more tokens, "
        "and ask again.",
    ),
    "contrary": _Told(
        "Text and letters of {model} disagree",
        lambda row: f"{row['contrary']:,} of {row['compared']:,}",
        _contrary,
        "Numbers from log-probs and numbers from texts are then about different answers: one of the two is misread.",
    ),
    "mass": _Told(
        "{model} does not want to answer with a letter",
        lambda row: "" if row["median_mass"] is None else f"median mass {decimal(row['median_mass'])}",
        _mass,
        "Under one half, the log-probs of letters tell little of what the model believes: every method that rests on "
        "them ranks what it would hardly have said.",
    ),
}
