"""`review.html`: the same list to be read on a screen, or printed and filled in by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase

from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.review_effect import caution
from vqa_canary.audit.review_list import (
    ESCALATED,
    FAILED,
    FRAGILE,
    LET_THROUGH,
    REASONS,
    WRONG,
    ListedItem,
    Reason,
)
from vqa_canary.counting import counted
from vqa_canary.report.rendering import rendered
from vqa_canary.report.reviewing.entries import Entry

MOST_SHOWN = 200
"""Questions on the page, the gravest first; the file lists all."""
IMAGE_SIDE, IMAGE_ROOM = 320, 8_000_000
"""Most pixels of either side of a copy of an image, and most characters of all copies together."""

MEANINGS: Mapping[Reason, str] = {
    LET_THROUGH: "The answer is another one than the key, and the model is sure enough for the policy to let it "
    "through. Either the model is wrong and nobody would have noticed, or the key is wrong.",
    WRONG: "The answer is another one than the key.",
    FRAGILE: "Right as the question stands, and wrong once “None of the above” stands in the place of the right "
    "option. Is the question still a fair one then?",
    FAILED: "The model gave no answer. Can the question be answered from the image?",
    ESCALATED: "The policy leaves it to a person, because the model is unsure; its answer may be right.",
}


def review_page(
    audit: Audit,
    entries: Sequence[Entry],
    listed: Sequence[ListedItem],
    images: Mapping[str, str] | None,
    texts: bool,
    name: str,
) -> str:
    """The page; every text of the data is escaped.

    Parameters
    ----------
    entries : those of `listed`, in its order
    images : data URIs of small copies by image id; None where images may not be shown
    texts : whether questions and options may be shown
    name : names the audit, as `review_form.audit_name` does
    """
    asked = sum(one.items for one in audit.questions.datasets)
    return rendered(
        "review.html",
        "what to fill in",
        "review.css",
        scripted=False,
        sections=(),
        study=audit.study,
        name=name,
        asked=asked,
        listed=len(listed),
        entries=entries[:MOST_SHOWN],
        counts=[
            (reason, MEANINGS[reason], n)
            for reason in REASONS
            if (n := sum(reason in one.reasons for one in listed))
        ],
        caution=caution(len(listed), asked),
        images=images,
        texts=texts,
        letters=ascii_uppercase,
        several=audit.several_models,
        datasets=", ".join(one.dataset for one in audit.questions.datasets),
        several_datasets=audit.several_datasets,
        total=counted(len(listed), "question"),
    )
