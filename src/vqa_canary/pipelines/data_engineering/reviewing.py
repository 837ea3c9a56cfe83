"""Nodes that let an audit follow what a reviewer has written: see docs/how-to/audit.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqa_canary.errors import BadInput

if TYPE_CHECKING:
    from vqa_canary.datasets.protocol_locks import Attempts

REVIEW = "review"
"""The setting that names one file, or several in the order in which they came back."""
COPY = (
    "Copy the audit's `review.csv` to a folder of your own, such as data/01_raw/audit, fill in the copy, and "
    "name it"
)


def review_files(setting: Any) -> list[str]:
    """The files that the setting names; none where it is empty."""
    return [setting] if isinstance(setting, str) and setting else [*(setting or ())]


def apply_review(
    given_items: Any, review: Any, attempts: Attempts, parameters: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Rows of `items` with the keys and `nota_valid` that reviewers have given them, and what that changes.

    Of all parameters only the folders of the study are read.

    Raises
    ------
    BadInput : a file that cannot be followed, or one of another audit or of other questions
    """
    from vqa_canary.frames import frame, to_rows
    from vqa_canary.pipelines.auditing.deciding import fingerprint_of_table
    from vqa_canary.project import project_root
    from vqa_canary.rows import Item
    from vqa_canary.sources.review_file import Correction, read_review
    from vqa_canary.sources.reviewed_items import changes, joined, reviewed

    items = to_rows(given_items, Item)
    if any(item.answer_index is None for item in items):
        raise BadInput(f"parameters: {REVIEW}: the questions have no right answers that could be corrected.")
    now, states = items, {fingerprint_of_table(given_items, "items")}
    by_audit: dict[str, list[Correction]] = {}
    about: list[dict[str, Any]] = []
    listed: set[tuple[str, str]] = set()
    for file in review_files(review):
        path = project_root() / file
        _refuse_own(file, path, parameters)
        read = read_review(path, items)
        attempt = _reviewed_attempt(file, read.audit, attempts, states)
        by_audit[read.audit] = joined(file, by_audit.get(read.audit, ()), read.corrections)
        now = items
        for corrections in by_audit.values():
            now = reviewed(now, corrections)
        states.add(fingerprint_of_table(frame(now, "items"), "items"))
        listed |= read.rows
        about.append(
            {"file": file, "attempt": attempt, "rows": len(read.rows), "filled": len(read.corrections)}
        )
    every = [one for corrections in by_audit.values() for one in corrections]
    return frame(now, "items"), {
        "files": about,
        "listed": len(listed),
        "filled": len({(one.dataset, one.item_id) for one in every}),
        "changes": [asdict(one) for one in changes(items, now, every)],
    }


def leave_out(shown: Any, review: dict[str, Any], models: dict[str, dict[str, Any]]) -> tuple[Any, Any]:
    """Rows of `instances` without the questions that a reviewer calls unanswerable, and refusals in their place.

    Answers that a file gives were given to prompts of the old key. Of a question whose key is another now, only the
    answer to the question as it stands is still one to the prompt that is shown.
    """
    import pandas as pd

    from vqa_canary.frames import frame, to_rows
    from vqa_canary.rows import CLEAN, Instance, Refusal

    out = {(one["dataset"], one["item_id"]) for one in review["changes"] if one["unanswerable"]}
    other_key = {
        (one["dataset"], one["item_id"])
        for one in review["changes"]
        if one["answer_before"] != one["answer_after"]
    }
    recorded = any(model.get("engine") == "recorded" for model in models.values())

    def why(row: Instance) -> str | None:
        about = row.dataset, row.item_id
        if about in out:
            return "a reviewer calls the question unanswerable"
        if recorded and row.condition != CLEAN and about in other_key:
            return "a reviewer has corrected the key, and the recorded answer was given to a prompt of the old one"
        return None

    refused = [
        Refusal("conditions", f"{row.dataset}/{row.item_id} {row.condition}", f"{row.condition}: {reason}")
        for row in to_rows(shown, Instance)
        if (reason := why(row))
    ]
    gone = {refusal.key for refusal in refused}
    places = shown["dataset"] + "/" + shown["item_id"] + " " + shown["condition"]
    kept = shown[~places.isin(gone)].reset_index(drop=True)
    if kept.empty:
        raise BadInput(
            f"parameters: {REVIEW}: every question is called unanswerable, so none is left to ask."
        )
    assert isinstance(kept, pd.DataFrame)
    return kept, frame(refused, "quarantine")


def _reviewed_attempt(file: str, audit: str, attempts: Attempts, states: Sequence[str] | set[str]) -> int:
    """Number of the attempt that a file was written by.

    Raises
    ------
    BadInput : it is of no attempt of this study, or of one about other questions
    """
    from vqa_canary.review_form import HASH_DIGITS, parsed_name

    named = parsed_name(audit)
    lock = next(
        (one for one in attempts.locks if named == (one.number, one.hash[:HASH_DIGITS])),
        None,
    )
    if lock is None:
        there = "; ".join(f"attempt {one.number}, lock {one.hash[:HASH_DIGITS]}" for one in attempts.locks)
        raise BadInput(
            f"{file}, audit: is filled in for the audit {audit!r}, which is none of this study "
            f"({there or 'it has no audit yet'}). Name the study that it belongs to (`study`), or a review of this one."
        )
    if lock.decided["questions"]["items"] not in states:
        raise BadInput(
            f"{file}: attempt {lock.number}, which was reviewed, asked other questions than the data hold now, or was "
            f"made after a review that `{REVIEW}` does not name. Put back the questions as they were, and name every "
            "review in the order in which it came back."
        )
    return int(lock.number)


def _refuse_own(file: str, path: Path, parameters: dict[str, Any]) -> None:
    """Raise `BadInput` where the file is one that the audit itself writes, and would write over."""
    from vqa_canary.project import project_root

    own = project_root() / str(parameters.get("store") or "data") / "08_reporting" / str(parameters["study"])
    if path.resolve().is_relative_to(own.resolve()):
        raise BadInput(f"parameters: {REVIEW}: {file} is written anew by every run of the audit. {COPY}.")
