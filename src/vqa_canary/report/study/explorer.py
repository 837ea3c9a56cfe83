"""What the item explorer needs, as JSON: items, what each condition shows, and every answer.

Answers are `[choice, right, u, u, ...]` by model, item and condition: choice -1 where no option was
named, right null where nothing is, uncertainty in thousandths and null where undefined.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.frames import image_ids, is_null

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from vqa_canary.report.study.contents import Study

LARGEST = 2_000_000
"""Characters of JSON; beyond it one method is kept, then the first items that fit."""


def explorer_json(study: Study, plainest: str, largest: int = LARGEST) -> str:
    """The data as text that is safe inside a script element."""
    shown = study.items[study.items["item_id"].isin(study.instances["item_id"])]
    shown = shown.sort_values(["dataset", "item_id"], ignore_index=True)
    text = _text(study, shown, study.methods, plainest)
    if len(text) > largest:
        text = _text(study, shown, [plainest], plainest)
    if len(text) > largest:
        text = _text(study, shown.head(max(1, len(shown) * largest // len(text))), [plainest], plainest)
    return text


def _text(study: Study, shown: pd.DataFrame, methods: list[str], plainest: str) -> str:
    data = {
        "models": study.asked,
        "methods": methods,
        "conditions": study.conditions,
        "nota": [name for name in study.nota_conditions if name in study.conditions],
        "asked": int(study.instances["item_id"].nunique()),
        "items": _items(study, shown),
        "answers": _answers(study, shown, methods, plainest),
        "images": dict(study.thumbnails or {}),
    }
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _items(study: Study, shown: pd.DataFrame) -> list[dict[str, Any]]:
    instances = study.instances.assign(all_images=list(map(" ".join, image_ids(study.instances))))
    views: dict[Any, dict[Any, Any]] = {}
    for row in instances.itertuples():
        views.setdefault((row.dataset, row.item_id), {})[row.condition] = row
    return [_item(study, row, views[row.dataset, row.item_id]) for row in shown.itertuples()]


def _item(study: Study, row: Any, views: dict[str, Any]) -> dict[str, Any]:
    texts: dict[str, int] = {}

    def at(text: str) -> int:
        return texts.setdefault(text if study.show_questions else "", len(texts))

    question = at(row.question)
    about = {
        "id": row.item_id,
        "set": row.dataset,
        "type": row.question_type,
        "modality": "" if is_null(row.modality) else row.modality,
        "region": "" if is_null(row.body_region) else row.body_region,
        "fair": int(row.nota_valid),
        "shown": [
            None
            if name not in views
            else [
                at(views[name].question),
                [at(option) for option in views[name].options],
                None if is_null(views[name].answer_index) else int(views[name].answer_index),
                views[name].all_images if study.thumbnails else "",
            ]
            for name in study.conditions
        ],
    }
    return about | {"question": question, "texts": list(texts)}


def _answers(study: Study, shown: pd.DataFrame, methods: list[str], plainest: str) -> list[Any]:
    """Nested lists: model, item, condition."""
    import pandas as pd

    ids = pd.MultiIndex.from_frame(shown[["dataset", "item_id"]])
    scores = study.scores
    place = np.stack(
        [
            pd.Index(study.asked).get_indexer(pd.Index(scores["model"])),
            ids.get_indexer(pd.MultiIndex.from_frame(scores[["dataset", "item_id"]])),
            pd.Index(study.conditions).get_indexer(pd.Index(scores["condition"])),
        ]
    )
    method = pd.Index(methods).get_indexer(pd.Index(scores["method"]))
    table = np.full((len(study.asked), len(shown), len(study.conditions), 2 + len(methods)), np.nan)
    known = (place >= 0).all(axis=0)
    of_method = known & (method >= 0)
    thousandths = np.round(scores["uncertainty"].to_numpy(np.float64) * 1000)
    table[(*place[:, of_method], 2 + method[of_method])] = thousandths[of_method]
    asked = known & (scores["method"] == plainest).to_numpy(bool)
    choice = scores["choice"].to_numpy(np.float64, na_value=-1)
    table[(*place[:, asked], 0)] = choice[asked]
    table[(*place[:, asked], 1)] = scores["correct"].to_numpy(np.float64, na_value=np.nan)[asked]
    return _as_lists(table)


def _as_lists(table: NDArray[np.float64]) -> list[Any]:
    values: list[Any] = table.tolist()

    def cell(row: list[float]) -> list[int | None] | None:
        if row[0] != row[0]:
            return None
        return [None if value != value else int(value) for value in row]

    return [[[cell(row) for row in item] for item in model] for model in values]
