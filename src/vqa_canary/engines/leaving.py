"""Data that leave the site: which models send questions and images to other machines, and what exactly they send.

Whether an address is the site's own cannot be seen from it. A private number (10.0.0.0/8 and the like) may lead through
a tunnel to a cloud, and a name anywhere. So every address but this machine's counts as outside until the model's
settings say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from vqa_canary.counting import counted
from vqa_canary.engines.registration import ENGINES, model_options
from vqa_canary.errors import BadInput
from vqa_canary.rows import Instance

SETTING = "data_leave_the_site"
"""The setting of a model by which somebody agrees."""
BURNED_IN = "BurnedInAnnotation (0028,0301)"


def leaves(options: BaseModel) -> bool:
    """Whether what a model is asked leaves the site, by the settings of its engine."""
    return bool(getattr(options, "leaves", False))


def sends_unchecked(models: Mapping[str, Mapping[str, Any]], root: Path) -> list[str]:
    """Names of the configured models that send images away, while nobody says to have looked at those whose header
    lets one fear that they show who the patient is.

    Raises
    ------
    BadInput : an unfit option of such a model
    """
    found = []
    for name, model in models.items():
        engine = model.get("engine", "transformers")
        if engine not in ENGINES or SETTING not in ENGINES[engine][1].model_fields:
            continue
        _, options = model_options(name, model, root)
        if leaves(options) and not getattr(options, "identity_checked", False):
            found.append(name)
    return found


def sent(instances: Sequence[Instance]) -> str:
    """What asking about these instances sends, in words and numbers."""
    questions = {(one.dataset, one.item_id) for one in instances}
    images = {image.image_sha256 for one in instances for image in one.images}
    asked = f"{counted(len(questions), 'question')} with their options"
    told = f"the text of {asked}, as {counted(len(instances), 'prompt')}"
    if images:
        told += (
            f", and {counted(len(images), 'image')}, each as a PNG of its pixels alone (no header, no file name, no "
            "id), with every request about it"
        )
    return f"{told}; and the model's own answers, in follow-up questions"


def leaving(options: Mapping[str, BaseModel], instances: Sequence[Instance]) -> dict[str, dict[str, Any]]:
    """Of each model that sends data away: `to` which address, what is `sent`, and whether somebody has `agreed`.

    Parameters
    ----------
    options : of each model's engine, by name
    """
    return {
        name: {
            "to": getattr(one, "base_url", ""),
            "sent": sent(instances),
            "agreed": getattr(one, SETTING, None) is True,
        }
        for name, one in options.items()
        if leaves(one)
    }


def refuse_unasked(name: str, address: str, agreed: bool | None, instances: Sequence[Instance]) -> None:
    """Refuse to send anything away before somebody has agreed.

    Parameters
    ----------
    name, address : of the model
    agreed : its setting `data_leave_the_site`

    Raises
    ------
    BadInput : the settings say nothing of it; the message says what would be sent where
    """
    if agreed is not None:
        return
    raise BadInput(
        f"parameters: models.{name}.{SETTING}: {address} is not this machine, so asking it sends data there: "
        f"{sent(instances)}. Nothing has been sent. When whoever answers for the data has agreed, set `{SETTING}: "
        "true`; then DICOM files whose header lets one fear that they show who the patient is are refused. Where the "
        f"address is your site's own, so that nothing leaves it, set `{SETTING}: false`."
    )


def burned_in(path: str, why: str, models: Iterable[str]) -> str:
    """Why an image file is refused because the study sends images away, and what to do."""
    first = next(iter(models))
    return (
        f"image {path!r}: it may show who the patient is ({why}), and models.{first} sends images away. Look at the "
        f"picture: where it names nobody, write {BURNED_IN} NO into the file; else clean it, or leave it out. "
        f"`identity_checked: true` of the model says that somebody has looked at all such images"
    )


def refuse_identities(
    name: str,
    model: Mapping[str, Any],
    instances: Iterable[Instance],
    record: Mapping[str, Any],
    root: Path,
) -> None:
    """Refuse to send images away that may show who the patient is: they are among the items where these were made when
    no model sent anything away.

    Parameters
    ----------
    record : `images.json` of the study

    Raises
    ------
    BadInput
    """
    feared = {one["image_id"] for one in record.get("may_show_identity", ())}
    if not feared or not sends_unchecked({name: model}, root):
        return
    shown = {image.image_id for one in instances for image in one.images} & feared
    if shown:
        raise BadInput(
            f"parameters: models.{name}.{SETTING}: of {counted(len(shown), 'image')} the DICOM header lets one fear "
            "that they show who the patient is; `may_show_identity` in data/03_primary/<study>/images.json names the "
            "files. Nothing has been sent. Run `kedro run --pipeline data_engineering`, with the --env of the study: "
            "then they are refused, each with its remedy in quarantine.csv. Or set "
            f"models.{name}.identity_checked: true, once somebody has looked at them all."
        )
