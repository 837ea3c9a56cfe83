"""Sources by name: `@source` over a function that reads a folder into items and refusals."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

from pydantic import Field, ValidationError

from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.quoting import quoted, shortened
from vqa_canary.registry import Registry, UnknownName, place_of
from vqa_canary.rows import Item, Refusal, ShownImage, with_images
from vqa_canary.sources.refusals import commonest
from vqa_canary.sources.rows import Source, SourceError, rows_of
from vqa_canary.strict import strictly

__all__ = [
    "OF_EVERY_SOURCE",
    "SOURCES",
    "Source",
    "SourceError",
    "frame_of",
    "option_types",
    "read_datasets",
    "relative_to",
    "source",
    "source_options",
    "with_whole_paths",
]

S = TypeVar("S", bound=Source)

OF_EVERY_SOURCE: Mapping[str, Any] = {"source": str, "frame": Annotated[int, Field(ge=0)]}
"""Settings that every configured dataset may have besides its source's own: the source, where the dataset has another
name, and which frame of image files with several is meant, where 0 is the first."""

SOURCES: Registry[Source] = Registry("source", "vqa_canary.sources", "vqa_canary.sources")


def source(function: S) -> S:
    """Register a function under its own name and return it unchanged.

    Its first parameters are `folder: Path` (or `Path | None`, where a study may leave it out) and
    `seed: int`; the others, with their type hints, are the options that a study may set. An option
    that is a `Path` starts at the project, like the folder. It yields one `Item` or `Refusal` per
    record, in file order.

    Raises
    ------
    BadInput : the first parameters are others
    """
    if list(inspect.signature(function).parameters)[:2] != ["folder", "seed"]:
        raise BadInput(f"source {function.__name__}: its first parameters must be folder and seed")
    SOURCES.add(function.__name__, function, function)
    return function


def read_datasets(
    datasets: Mapping[str, Mapping[str, Any]], seed: int, root: Path
) -> tuple[list[Item], list[Refusal]]:
    """Items and refusals of every configured dataset.

    Parameters
    ----------
    datasets : by name: `folder`, then options of the source; `source` where its name is another
    root : where relative folders start

    Raises
    ------
    BadInput : unknown source, unknown or unfit option, data that cannot be read, or not one usable question
    """
    items: list[Item] = []
    refusals: list[Refusal] = []
    for name, settings in datasets.items():
        read, options = source_options(name, settings)
        given = options.pop("folder", None)
        folder = None if given is None else root / given
        options = with_whole_paths(read, options, root)
        place = f"parameters: datasets.{name if 'file' in options else f'{name}.folder'}"
        for row in rows_of(place, read, folder, seed, options):
            if isinstance(row, Refusal):
                refusals.append(replace(row, key=f"{name}/{row.key}", reason=shortened(row.reason)))
            else:
                named = replace(row, dataset=name)
                items.append(with_images(named, [_placed(image, given, root) for image in row.images]))
    if not items:
        raise SourceError(
            shortened(f"parameters: datasets: not one question can be used. {_refused(refusals)}")
        )
    return items, refusals


def _placed(image: ShownImage, folder: Path | None, root: Path) -> ShownImage:
    """The image with its path from the project on, unless the dataset lies outside it."""
    outside = folder is not None and folder.is_absolute() and not Path(image.image_path).is_relative_to(root)
    return image if outside else image._replace(image_path=relative_to(image.image_path, root))


def _refused(refusals: Iterable[Refusal]) -> str:
    return commonest(refusal.reason for refusal in refusals) or "The files hold no record."


def with_whole_paths(read: Source, options: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Options of a source with every path, a default one too, starting at `root`."""
    defaults = {key: parameter.default for key, parameter in inspect.signature(read).parameters.items()}
    paths = {key: value for key, value in defaults.items() if isinstance(value, Path) and key != "folder"}
    return {
        key: root / value if isinstance(value, Path) else value for key, value in {**paths, **options}.items()
    }


def source_options(name: str, settings: Mapping[str, Any]) -> tuple[Source, dict[str, Any]]:
    """The source of the configured dataset `name`, and its validated options with `folder`.

    Raises
    ------
    BadInput : unknown source; unknown, missing or unfit option
    """
    place = f"parameters: datasets.{name}"
    if not isinstance(settings, Mapping):
        raise BadInput(f"{place}: must be a mapping with a folder, not {quoted(settings)}")
    chosen = {key: value for key, value in settings.items() if key not in OF_EVERY_SOURCE}
    frame_of(name, settings)
    try:
        read = SOURCES[str(settings.get("source", name))]
    except UnknownName as error:
        raise BadInput(f"{place}.source: {error}") from error
    known = {key: parameter for key, parameter in inspect.signature(read).parameters.items() if key != "seed"}
    for key in chosen:
        if key not in known:
            names = [*known, *OF_EVERY_SOURCE]
            hint = did_you_mean(key, names)
            raise BadInput(
                f"{place}.{key}: {read.__name__} has no such option.{hint} Options: {', '.join(names)}."
            )
    for key, parameter in known.items():
        if parameter.default is parameter.empty and key not in chosen:
            raise BadInput(f"{place}.{key}: is missing; {read.__name__} needs it")
    hints = option_types(read)
    return read, {key: _fit(hints[key], value, f"{place}.{key}") for key, value in chosen.items()}


def option_types(read: Source) -> dict[str, Any]:
    """The type of each parameter of a source.

    Raises
    ------
    BadInput : one has no type hint, or one that names what is not imported when the program runs
    """
    told = f"source {read.__name__!r} (defined in {place_of(read)})"
    try:
        hints = get_type_hints(read, include_extras=True)
    except NameError as error:
        raise BadInput(
            f"{told}: a type hint of its options cannot be read ({error}); what it names must be imported outside of "
            "`if TYPE_CHECKING`"
        ) from error
    for key in inspect.signature(read).parameters:
        if key not in hints:
            raise BadInput(f"{told}: its option {key} has no type hint")
    return hints


def frame_of(name: str, settings: Mapping[str, Any]) -> int | None:
    """Which frame of image files that hold several is meant; None where the dataset does not say.

    Raises
    ------
    BadInput : the setting is no such number
    """
    if "frame" not in settings:
        return None
    frame: int = _fit(OF_EVERY_SOURCE["frame"], settings["frame"], f"parameters: datasets.{name}.frame")
    return frame


def _fit(hint: Any, value: object, place: str) -> Any:
    try:
        return strictly(hint, value)
    except ValidationError as error:
        wrong = error.errors(include_url=False)
        first = next((one for one in wrong if one["type"] == "extra_forbidden"), wrong[0])
        message = first["msg"]
        if first["type"] == "extra_forbidden" and hasattr(hint, "model_fields"):
            name, known = first["loc"][-1], hint.model_fields
            message = f"There is no field {name!r}.{did_you_mean(name, known)} Fields: {', '.join(known)}"
        raise BadInput(f"{place}: {quoted(value, 200)} does not fit. {message}.") from error


def relative_to(path: str | Path, root: Path) -> str:
    """The path as it is written from the folder `root`, with slashes on every system."""
    return Path(os.path.relpath(path, root)).as_posix()
