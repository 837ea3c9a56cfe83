"""What the item explorer needs, as JSON: items, what each condition shows, and every answer.

Answers are columns of bytes in base64, one number for each model and instance, models outermost; instances go through
the items and through the conditions that each was asked under. `choice`: the option's place, 254 where none was named,
255 where it was not asked; `right`: 1, 0, or 255 where nothing is right. `uncertainty`: a method's in 16 bits, little
end first, as steps above its least value, 65535 where undefined. `probability`: of every option shown, in steps of
1/250, 255 where unknown.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.frames import image_ids, is_null
from vqa_canary.rows import UNSEEN

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from vqa_canary.report.study.contents import Study

LARGEST = 2_600_000
"""Characters of JSON without images; beyond it one method is kept, then the first items that fit."""
UNKNOWN, NO_OPTION = 255, 254
STEPS = 65_534
"""Steps between a method's least and largest uncertainty, at most."""
FINEST = 0.001
"""Uncertainty is told in steps of this size where they reach."""
OF_PROBABILITY = 250


def explorer_json(study: Study, plainest: str, largest: int = LARGEST) -> str:
    """The data as text that is safe inside a script element."""
    shown = study.items[study.items["item_id"].isin(study.instances["item_id"])]
    shown = shown.sort_values(["dataset", "item_id"], ignore_index=True)
    text = _text(study, shown, study.methods, plainest)
    if len(text) > largest:
        text = _text(study, shown, [plainest], plainest)
    if len(text) > largest:
        text = _text(study, shown.head(max(1, len(shown) * largest // len(text))), [plainest], plainest)
    return f'{text[:-1]},"images":{_safe(dict(study.thumbnails or {}))}}}'


def _text(study: Study, shown: pd.DataFrame, methods: list[str], plainest: str) -> str:
    asked = _in_order(study, shown)
    return _safe({
        "models": study.asked,
        "short": [study.short[model] for model in study.asked],
        "methods": methods,
        "conditions": study.conditions,
        "nota": [name for name in study.nota_conditions if name in study.conditions],
        "unseen": [name for name in UNSEEN if name in study.conditions],
        "preferred": plainest,
        "asked": int(study.instances["item_id"].nunique()),
        "items": _items(study, shown),
        "answers": _answers(study, asked, methods, plainest) | {"probability": _probabilities(study, asked)},
    })  # fmt: skip


def _safe(data: Any) -> str:
    """JSON in which nothing ends a script element or a line of a script."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _in_order(study: Study, shown: pd.DataFrame) -> pd.DataFrame:
    """The instances of the items shown, in the order of the columns of answers."""
    import pandas as pd

    instances = study.instances[["instance_id", "dataset", "item_id", "condition", "options"]]
    items = pd.MultiIndex.from_frame(shown[["dataset", "item_id"]])
    at_item = items.get_indexer(pd.MultiIndex.from_frame(instances[["dataset", "item_id"]]))
    at_condition = pd.Index(study.conditions).get_indexer(pd.Index(instances["condition"]))
    order = np.lexsort((at_condition, at_item))
    return instances.iloc[order[at_item[order] >= 0]]


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


def _answers(study: Study, asked: pd.DataFrame, methods: list[str], plainest: str) -> dict[str, Any]:
    import pandas as pd

    scores = study.scores
    model = pd.Index(study.asked).get_indexer(pd.Index(scores["model"]))
    instance = pd.Index(asked["instance_id"]).get_indexer(pd.Index(scores["instance_id"]))
    known = (model >= 0) & (instance >= 0)
    of_method = {name: known & (scores["method"] == name).to_numpy(bool) for name in {*methods, plainest}}

    def column(name: str, method: str, empty: float, missing: float) -> NDArray[np.float64]:
        """By model and instance: `empty` where `scores` has no row, `missing` where the row holds nothing."""
        table = np.full((len(study.asked), len(asked)), empty)
        rows = of_method[method]
        table[model[rows], instance[rows]] = scores.loc[rows, name].to_numpy(np.float64, na_value=missing)
        return table

    return {
        "choice": _bytes(column("choice", plainest, UNKNOWN, NO_OPTION)),
        "right": _bytes(column("correct", plainest, UNKNOWN, UNKNOWN)),
        "uncertainty": [_steps(column("uncertainty", method, np.nan, np.nan)) for method in methods],
    }


def _bytes(values: NDArray[np.float64]) -> str:
    values = np.where(values < 0, NO_OPTION, values)
    return base64.b64encode(values.astype(np.uint8).tobytes()).decode()


def _steps(values: NDArray[np.float64]) -> dict[str, Any]:
    """Least value, size of a step, and how many steps each lies above it."""
    defined = values[~np.isnan(values)]
    least, largest = (float(defined.min()), float(defined.max())) if len(defined) else (0.0, 0.0)
    step = max(FINEST, (largest - least) / STEPS)
    steps = np.where(np.isnan(values), STEPS + 1, np.round((values - least) / step))
    packed = base64.b64encode(steps.astype("<u2").tobytes()).decode()
    return {"least": least, "step": step, "steps": packed}


def _probabilities(study: Study, asked: pd.DataFrame) -> str:
    """Of every option of every instance, model by model; empty where no model gave any."""
    known = study.probabilities
    if known.empty:
        return ""
    by_model = {
        str(model): rows.set_index("instance_id")["probabilities"].to_dict()
        for model, rows in known.groupby("model")
    }
    packed = bytearray()
    sizes = [
        (str(one), len(options)) for one, options in zip(asked["instance_id"], asked["options"], strict=True)
    ]
    for model in study.asked:
        own = by_model.get(model, {})
        for instance, n in sizes:
            given = own.get(instance)
            packed += given if given is not None and len(given) == n else bytes([UNKNOWN] * n)
    return base64.b64encode(bytes(packed)).decode()


def option_probabilities(evidence: pd.DataFrame) -> pd.DataFrame:
    """Rows of `Study.probabilities` from the table `evidence`: the probability of each option's letter, in steps of
    1/250."""
    known = evidence.loc[evidence["option_logprobs"].notna(), ["model", "instance_id", "option_logprobs"]]
    lists = known["option_logprobs"].tolist()
    flat = np.concatenate([np.asarray(one, np.float64) for one in lists]) if lists else np.zeros(0)
    steps = np.round(OF_PROBABILITY * np.exp(np.minimum(flat, 0.0))).astype(np.uint8)
    ends = np.cumsum([len(one) for one in lists])
    return known.assign(
        probabilities=[part.tobytes() for part in np.split(steps, ends[:-1])] if lists else []
    ).drop(columns="option_logprobs")
