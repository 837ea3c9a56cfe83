"""The rungs of the ladder: how each can be tried, and which need not be tried on a model at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vqa_canary.engines.local.asked import Asked
from vqa_canary.engines.local.cached_prompts import FullPrompts, RepeatedCache
from vqa_canary.engines.local.decoding import Reading
from vqa_canary.engines.local.families import APART, sharing_refusal, tree_refusal
from vqa_canary.engines.local.features import FeatureStore, takes_features
from vqa_canary.engines.local.packing import PackedRows
from vqa_canary.engines.local.self_check import FlatRows, SwappedImages, SwappedPrompts, reads_in_batches
from vqa_canary.engines.local.tree import CASCADED, PACKED, TreeReading
from vqa_canary.engines.local.trial import Trial

# From the fastest to the one that is right for every architecture.
RUNGS = (CASCADED, PACKED, "repeated cache", "full prompts")
TREES = (CASCADED, PACKED)

Candidate = tuple[str, Reading, Reading]
"""What a way of reading is called in the reasons, the way itself, and the same way made wrong."""


def refusal_of(rung: str, alone: FullPrompts, one: Asked) -> str | None:
    """Why a rung need not be tried, or None."""
    if rung == FullPrompts.name:
        return None
    config = alone.loaded.model.config
    if refusal := sharing_refusal(config):
        return refusal
    if names := alone.renderer.token_arguments(one.prompt).read_with_image:
        return f"what is made of the image depends on the text, too ({', '.join(names)})"
    tokens = alone.renderer.tokenise([one.prompt])
    try:
        alone.renderer.image_ends(tokens, [one.prompt])
    except ValueError as error:  # so there is no part up to the image that prompts could share
        return str(error)
    return tree_refusal(config) if rung in TREES else None


def candidates(
    rung: str,
    alone: FullPrompts,
    batch_size: int,
    pixels: bool,
    trial: Callable[[], Trial],
    limit: float,
) -> Iterator[Candidate]:
    """The ways in which a rung can be tried, the fastest first.

    Parameters
    ----------
    pixels : whether a tree is to read every image from its pixels, though there may be a store of features
    trial : makes what a way of reading is tried with
    limit : see `limit_of`
    """
    seen = bool(trial().requests[0].prompt.images)
    yield from _ways(rung, alone, batch_size, pixels, seen)
    habits = alone.loaded.habits
    if not seen or rung == RepeatedCache.name or APART in habits:
        return
    if not reads_in_batches(alone, trial(), limit):
        habits.add(APART)
        for told, reading, control in _ways(rung, alone, batch_size, pixels, seen):
            yield f"{told}, image by image", reading, control


def _ways(rung: str, alone: FullPrompts, batch_size: int, pixels: bool, seen: bool) -> Iterator[Candidate]:
    """The ways of a rung; `seen`: whether the prompts show images, which features and wrong variants are about."""
    loaded, renderer, race = alone.loaded, alone.renderer, alone.race
    swapped = SwappedImages if seen else SwappedPrompts
    if rung == FullPrompts.name:
        full = FullPrompts(loaded, renderer, race, batch_size)
        yield rung, full, swapped(full)
    elif rung in TREES:
        # What is wrong with stored features is no fault of the tree, which may as well read pixels.
        takes = seen and takes_features(loaded.model)
        first = takes and not pixels
        stores = {rung: FeatureStore(loaded.model, habits=loaded.habits)} if first else {}
        stores[f"{rung} from pixels" if takes else rung] = FeatureStore(loaded.model, wanted=False)
        for told, store in stores.items():
            tree, flat = (
                TreeReading(loaded, renderer, race, store, kind, rung == CASCADED)
                for kind in (PackedRows, FlatRows)
            )
            yield told, tree, flat
    else:
        repeated = RepeatedCache(loaded, renderer, race, batch_size)
        yield rung, repeated, swapped(repeated)


def without_features(reading: Reading) -> str:
    """That a tree was read from pixels after all, and why."""
    failure = reading.features.failure if isinstance(reading, TreeReading) else None
    return f", with images read from their pixels ({failure})" if failure else ""
