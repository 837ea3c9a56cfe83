"""Nodes of `data_engineering`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from typing import Any

from vqa_canary.pipelines.parameters import ImageSettings, Prompts, Sampling, Selection, typed


def collect(
    datasets: dict[str, dict[str, Any]],
    images: ImageSettings,
    converted_images: str,
    seed: int,
    parameters: dict[str, Any],
) -> tuple[Any, Any, dict[str, Any]]:
    """Rows of `items`, what was refused on the way, and what was done to images that are no plain pictures.

    Of the models it is asked alone whether one sends images away, for then some are refused. They come with all
    parameters, so that items need not be made anew when a model changes; inference looks again.
    """
    from vqa_canary.engines.leaving import burned_in, sends_unchecked
    from vqa_canary.frames import frame
    from vqa_canary.project import project_root
    from vqa_canary.sources.registration import frame_of, read_datasets
    from vqa_canary.sources.shown_images import refuse_none, show_images, warn_of_identity

    root = project_root()
    read, refusals = read_datasets(datasets, seed, root)
    frames = {name: at for name, options in datasets.items() if (at := frame_of(name, options)) is not None}
    away = sends_unchecked(parameters["models"], root)
    refuse = partial(burned_in, models=away) if away else None
    items, unseen, record = show_images(read, images, frames, root, root / converted_images, refuse)
    refuse_none(items, unseen)
    warn_of_identity(record)
    return frame(items, "items"), frame([*refusals, *unseen], "quarantine"), record


def show(
    items: Any,
    selection: Selection,
    conditions: Any,
    seed: int,
    parameters: dict[str, Any],
) -> tuple[Any, Any]:
    """Rows of `instances`, and which items a condition does not fit.

    The evaluation is asked for nothing but whether its NOTA conditions hide the answer, before any model is asked. It
    comes with all parameters, so that instances need not be made anew when it changes.
    """
    from vqa_canary.conditions.gallery import Gallery
    from vqa_canary.conditions.presentation import show_all
    from vqa_canary.conditions.registration import ImageChange
    from vqa_canary.frames import frame, to_rows
    from vqa_canary.nota import refuse_shown_answer
    from vqa_canary.pipelines.asked_conditions import conditions_of, parts_of
    from vqa_canary.project import project_root
    from vqa_canary.rows import Item, ShownImage, each_image
    from vqa_canary.sources.changed_images import write_changed
    from vqa_canary.sources.images import CheckedImage, image_opener, write_blank
    from vqa_canary.sources.registration import relative_to
    from vqa_canary.sources.selection import select, select_strata
    from vqa_canary.statistics.clusters import joined_by_images

    chosen = select(to_rows(items, Item), selection.split, selection.max_images, seed)
    if selection.per is not None and selection.at_most is not None:
        clusters = joined_by_images([[image.image_id for image in item.images] for item in chosen])
        chosen = select_strata(chosen, clusters, selection.per, selection.at_most, seed)
    root = project_root()
    opened = image_opener(root)

    def as_shown(written: Iterable[CheckedImage]) -> tuple[ShownImage, ...]:
        return tuple(ShownImage(sha256[:16], relative_to(path, root), sha256) for path, sha256 in written)

    folder = root / parameters["blank_images"]

    def blank(item: Item) -> tuple[ShownImage, ...]:
        return as_shown(write_blank(folder, opened(image).size) for image in each_image(item))

    def change(item: Item, how: ImageChange) -> tuple[ShownImage, ...]:
        return as_shown(
            write_changed(root / parameters["converted_images"], opened(image), how)
            for image in each_image(item)
        )

    gallery, parts = Gallery(chosen, blank, change), parts_of(chosen, conditions, seed)
    shown, refusals = show_all(chosen, [*conditions_of(conditions)], seed, gallery, parts)
    instances = frame(shown, "instances")
    refuse_shown_answer(instances, typed(parameters)["evaluation"].nota_conditions)
    return instances, frame(refusals, "quarantine")


def gather(*refusals: Any) -> tuple[Any, Any]:
    """Rows of `quarantine`, twice: for the table, and for the CSV file that a spreadsheet opens."""
    import pandas as pd

    from vqa_canary.tables import KEYS

    rows = pd.concat(refusals, ignore_index=True)
    rows = rows.sort_values(list(KEYS["quarantine"]), ignore_index=True)
    return rows, rows


def estimate(
    items: Any,
    instances: Any,
    quarantine: Any,
    models: dict[str, dict[str, Any]],
    prompts: Prompts,
    sampling: Sampling,
) -> dict[str, Any]:
    """How much can be asked, what was refused and why, and what endpoints will be asked for."""
    from vqa_canary.engines.forecast import forecast
    from vqa_canary.engines.leaving import leaving
    from vqa_canary.engines.registration import model_options, refuse_other_ways
    from vqa_canary.engines.reshuffling import refuse_other_orders
    from vqa_canary.frames import image_ids, to_rows
    from vqa_canary.nota import unfair
    from vqa_canary.project import project_root
    from vqa_canary.rows import Instance
    from vqa_canary.sources.refusals import count_refusals

    options = {}
    for name, model in models.items():
        maker, options[name] = model_options(name, model, project_root())
        refuse_other_ways(name, options[name], prompts)
        refuse_other_orders(name, maker, sampling)
    rows = to_rows(instances, Instance)
    costs = forecast(rows, options, prompts, sampling)
    asked = items.merge(instances[["dataset", "item_id"]].drop_duplicates())
    return {
        "items": len(asked),
        "images": len(
            {image for row in image_ids(asked) for image in row}
        ),  # their own, whatever is shown instead
        "instances": len(instances),
        "refused": count_refusals(quarantine),
        "unfair": unfair(items, instances),
        "endpoints": {name: asdict(cost) for name, cost in costs.items()},
        "leaving": leaving(options, rows),
    }
