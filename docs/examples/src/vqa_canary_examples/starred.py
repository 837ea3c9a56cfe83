"""The source `starred`: a text file with one question a line, in which a star marks the right option."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vqa_canary.plugins import ImageRefused, Item, Refusal, SourceError, content_id, read_image, source


class Unusable(ValueError):
    """A line that cannot become an item; the message says why, without quoting it."""


@source
def starred(
    folder: Path, seed: int, *, file: str = "questions.txt", split: str = "test"
) -> Iterator[Item | Refusal]:
    """Read lines such as `scan.png | Which organ is shown? | liver; *lung; heart`; empty ones are left out.

    Parameters
    ----------
    folder : holds the file and the images
    file : name of the text file, in UTF-8
    split : of all its questions
    """
    try:
        lines = (folder / file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{file} cannot be read as text: save it as UTF-8 in {folder}") from error
    seen: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"{file} line {number}"
        try:
            item = _item(folder, line, place, split)
            first = seen.setdefault(item.item_id, place)
            if first != place:
                raise Unusable(f"it is the question of {first} once more; leave one of the two out")
        except (Unusable, ImageRefused) as error:
            yield Refusal("sources", place, str(error), {"line": line})
        else:
            yield item


def _item(folder: Path, line: str, place: str, split: str) -> Item:
    parts = [part.strip() for part in line.split("|")]
    if len(parts) != 3 or not parts[1]:
        raise Unusable("it needs three parts, `image | question | options`, with a | between them")
    marked = [option.strip() for option in parts[2].split(";")]
    options = tuple(option.removeprefix("*").strip() for option in marked)
    right = [at for at, option in enumerate(marked) if option.startswith("*")]
    if len(right) != 1:
        raise Unusable(f"{len(right)} options bear a star; exactly one is right")
    if len({option.casefold() for option in options} - {""}) != len(options) or len(options) < 2:
        raise Unusable("it needs two options or more, all of them different and none empty")
    image = read_image(folder, parts[0])
    return Item(
        dataset="starred",  # the study's own name for it takes its place
        item_id=content_id(image.sha256, parts[1], options),
        split=split,
        image_id=image.sha256[:16],
        image_path=image.path.as_posix(),
        image_sha256=image.sha256,
        question=parts[1],
        options=options,
        answer_index=right[0],
        question_type="starred",
        answer_type="closed",
        nota_valid=len(options) > 2,  # hiding one of two options leaves no question
        source_id=place,
    )
