"""The questions on a reviewer's list with all that is to be said of each, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from vqa_canary.audit.review_list import Finding, ListedItem
from vqa_canary.frames import image_ids, is_null
from vqa_canary.numerals import significant
from vqa_canary.review_form import row_key
from vqa_canary.rows import NOTA

if TYPE_CHECKING:
    import pandas as pd

NO_OPTION = "no option was named"
NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model did with a question."""

    model: str
    why: str
    """Why the question is listed for this model; empty where it is for another one."""
    answer: str
    """The option that was answered."""
    is_key: bool
    """Whether it is the one that the data call right."""
    method: str
    """The UE method that the uncertainty is of."""
    uncertainty: float | None
    """Uncertainty of the answer; None where there is none."""
    hidden: tuple[tuple[str, str], ...]
    """Condition that hides the right option, and what was answered then."""

    @property
    def how_uncertain(self) -> str:
        """The uncertainty as it is written on a page."""
        return significant(self.uncertainty)


@dataclass(frozen=True, slots=True)
class Entry:
    """One question on the list."""

    row: str
    """Key of its row in `review.csv`."""
    dataset: str
    item_id: str
    source: str
    """File and record that it comes from."""
    why: str
    """Why it is listed, over all models."""
    images: tuple[tuple[str, str], ...]
    """Id and path of each image."""
    question: str
    """Its text; empty where it may not be shown."""
    options: tuple[str, ...]
    """Its options, with letters; the letters alone where texts may not be shown."""
    key: str
    """The option that the data call right."""
    fair: bool
    """Whether it is taken to stay fair when its right option is hidden."""
    answers: tuple[Answer, ...]


def entries(
    listed: Sequence[ListedItem], items: pd.DataFrame, instances: pd.DataFrame, show_texts: bool
) -> list[Entry]:
    """One entry a listed question, in order.

    Parameters
    ----------
    show_texts : whether questions and options may be shown; else they are known by their letters, ids and places
    """
    wanted = {(one.dataset, one.item_id) for one in listed}
    about = {key: (row, ids) for key, row, ids in _by_item(items, wanted)}
    columns = (instances[name] for name in ("dataset", "item_id", "condition", "options"))
    shown = {
        (str(dataset), str(item), str(condition)): tuple(map(str, options))
        for dataset, item, condition, options in zip(*columns, strict=True)
        if (dataset, item) in wanted
    }
    found = []
    for one in listed:
        row, images = about[one.dataset, one.item_id]
        options = tuple(row.options)
        key = int(row.answer_index)
        found.append(
            Entry(
                row=row_key(one.dataset, one.item_id),
                dataset=one.dataset,
                item_id=one.item_id,
                source=str(row.source_id),
                why="; ".join(one.reasons),
                images=images,
                question=str(row.question) if show_texts else "",
                options=tuple(option(options, at, show_texts) for at in range(len(options))),
                key=option(options, key, show_texts),
                fair=bool(row.nota_valid),
                answers=tuple(_answer(each, one, options, key, shown, show_texts) for each in one.findings),
            )
        )
    return found


def option(options: Sequence[str], at: int, show_texts: bool) -> str:
    """`B) Liver`, or the letter alone. "None of the above" is no text of anybody's data, and is always shown."""
    return (
        f"{ascii_uppercase[at]}) {options[at]}" if show_texts or options[at] == NOTA else ascii_uppercase[at]
    )


def _by_item(
    items: pd.DataFrame, wanted: set[tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], Any, tuple[tuple[str, str], ...]]]:
    for row, ids in zip(items.itertuples(), image_ids(items), strict=True):
        key = str(row.dataset), str(row.item_id)
        if key in wanted:
            more = getattr(row, "more_images", None)
            others = [] if is_null(more) or more is None else [str(one["image_path"]) for one in more]
            yield key, row, tuple(zip(ids, [str(row.image_path), *others], strict=True))


def _answer(
    one: Finding,
    item: ListedItem,
    options: Sequence[str],
    key: int,
    shown: dict[tuple[str, str, str], tuple[str, ...]],
    show_texts: bool,
) -> Answer:
    hidden = []
    for condition, choice in one.hidden.items():
        offered = shown[item.dataset, item.item_id, condition]
        hidden.append((condition, NO_OPTION if choice is None else option(offered, choice, show_texts)))
    told = NO_OPTION if one.choice is None else option(options, one.choice, show_texts)
    return Answer(
        model=one.model,
        why="; ".join(one.reasons),
        answer=NO_ANSWER if one.failed else told,
        is_key=one.choice == key,
        method=one.method,
        uncertainty=one.uncertainty,
        hidden=tuple(hidden),
    )
