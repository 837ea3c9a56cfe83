"""The conditions of a study, and the part of its questions that each of them is shown on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vqa_canary.conditions.configured import Entries, settings_of_conditions
from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.quoting import quoted
from vqa_canary.rows import Item
from vqa_canary.strict import strictly


class AskedOf(BaseModel):
    """The settings below a condition's name: how many of the study's questions are shown under it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: Literal["all", "nota_valid"] = "all"
    """Which questions are shown under the condition: all, or those alone that stay fair when their right option is
    hidden. What is told of a condition that offers "None of the above" is about these."""
    at_most: int | None = Field(None, ge=1)
    """Most questions of each dataset that are shown under the condition; without it, all are. Questions that share an
    image are shown together or not at all, and conditions with the same settings are shown on the same questions."""
    per: str = "modality"
    """A column of `items`, or an attribute: of its values the part has about the same shares as the whole."""

    @property
    def whole(self) -> bool:
        """Whether all questions are shown."""
        return self.of == "all" and self.at_most is None


def conditions_of(entries: Entries) -> dict[str, AskedOf]:
    """The conditions of a study by name, in order.

    Raises
    ------
    BadInput : there is no such condition or setting, a setting does not fit, a name stands there twice, or no condition
        is shown on all questions
    """
    found = {name: _asked_of(name, given) for name, given in settings_of_conditions(entries).items()}
    if found and not any(asked.whole for asked in found.values()):
        raise BadInput(
            "parameters: conditions: each has `at_most` or `of`, so that none is shown on all questions of the study. "
            "Leave them out of one, such as `clean`. To ask fewer questions altogether, use `selection`."
        )
    return found


def parts_of(items: Sequence[Item], entries: Entries, seed: int) -> dict[str, frozenset[tuple[str, str]]]:
    """For each condition with `at_most` or `of`, dataset and id of the items that are shown under it.

    Parameters
    ----------
    items : all that the study asks about

    Raises
    ------
    BadInput : as `conditions_of`, or `at_most` is smaller than the number of questions about any image
    """
    from vqa_canary.sources.parts import draw_part
    from vqa_canary.statistics.clusters import joined_by_images

    limited = {name: asked for name, asked in conditions_of(entries).items() if not asked.whole}
    if not limited:
        return {}
    clusters = joined_by_images([[image.image_id for image in item.images] for item in items])
    drawn: dict[AskedOf, frozenset[tuple[str, str]]] = {}
    for name, asked in limited.items():
        if asked in drawn:
            continue
        fair = [asked.of == "all" or item.nota_valid for item in items]
        own = [*compress(items, fair)]
        if asked.at_most is None:
            drawn[asked] = frozenset((item.dataset, item.item_id) for item in own)
        else:
            place = f"conditions.{name}.at_most"
            drawn[asked] = draw_part(own, [*compress(clusters, fair)], asked.per, asked.at_most, seed, place)
    return {name: drawn[asked] for name, asked in limited.items()}


def _asked_of(name: str, settings: Mapping[str, Any]) -> AskedOf:
    try:
        return strictly(AskedOf, dict(settings))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            hint = did_you_mean(field, AskedOf.model_fields)
            what = f"there is no such setting.{hint} There are: {', '.join(AskedOf.model_fields)}."
        else:
            what = f"{quoted(first['input'])} does not fit. {first['msg']}."
        raise BadInput(f"parameters: conditions.{name}.{field}: {what}") from error
