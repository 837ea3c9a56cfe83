"""Copies of what a model is shown, for a person to look at."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterable
from pathlib import Path

from vqa_canary.counting import counted
from vqa_canary.engines.protocols import CannotBeAsked, Engine, ImageOpener, Sends, open_images
from vqa_canary.errors import BadInput
from vqa_canary.rows import Instance
from vqa_canary.unfinished import write_file

_OURS = re.compile(r"[0-9a-f]{16}(?:-\d{1,2})?\.png")

logger = logging.getLogger(__name__)


def write_shown(
    name: str, instances: Iterable[Instance], engine: Engine, open_image: ImageOpener, folder: Path, n: int
) -> None:
    """Write the first `n` different images as the engine of model `name` gets them, as PNG, named by instance.

    The images of a question that shows several count as one and are written together, with their places behind the
    instance's name (`-2`). An engine that sends them elsewhere may shrink them first, and then it is that copy. Images
    of an earlier call are removed. An image that cannot be opened is left out: its evidence says why.
    """
    if isinstance(engine, CannotBeAsked):
        logger.warning("%s: no images were written, for its answers were given elsewhere", name)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if _OURS.fullmatch(old.name):
            old.unlink()
    written, n_files = set[tuple[str, ...]](), 0
    for instance in sorted(instances, key=lambda shown: shown.instance_id):
        if len(written) == n:
            break
        hashes = tuple(image.image_sha256 for image in instance.images)
        if not hashes or hashes in written:
            continue
        try:
            images = open_images(open_image, instance)
        except BadInput:
            continue
        for at, image in enumerate(images, start=1):
            name_of = instance.instance_id if at == 1 else f"{instance.instance_id}-{at}"
            buffer = io.BytesIO()
            (engine.as_sent(image) if isinstance(engine, Sends) else image).save(buffer, "PNG")
            write_file(folder / f"{name_of}.png", buffer.getvalue(), durable=False)
        written.add(hashes)
        n_files += len(images)
    logger.info("%s: %s as it is shown them in %s", name, counted(n_files, "image"), folder)
