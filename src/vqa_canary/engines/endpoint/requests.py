"""From a chat and an image to the body of a request."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from vqa_canary.engines.prompts import Chat, is_begun
from vqa_canary.engines.registration import ImageOpener
from vqa_canary.errors import BadInput
from vqa_canary.images.conversion import in_rgb
from vqa_canary.seeding import derive_seed
from vqa_canary.tables import Instance

if TYPE_CHECKING:
    from PIL.Image import Image

KEPT_BYTES = 2**27
"""Most bytes of encoded images that are kept for instances to come."""


class ImageUrls:
    """Data URLs of instances' images, for threads: one image at a time is decoded and encoded."""

    def __init__(self, open_image: ImageOpener, max_side: int | None) -> None:
        self._open, self._max_side, self._lock = open_image, max_side, Lock()
        self._known: LRUCache[str, str] = LRUCache(KEPT_BYTES, getsizeof=len)

    def of(self, instance: Instance) -> str:
        """The image as a PNG, losslessly.

        Raises
        ------
        BadInput : the image cannot be opened
        """
        with self._lock:
            key = instance.image_sha256
            if key and key in self._known:
                return self._known[key]
            url = data_url(self._open(instance), self._max_side)
            if key and len(url) <= KEPT_BYTES:
                self._known[key] = url
            return url

    def pairs(self, instances: Sequence[Instance]) -> Iterator[tuple[Instance, tuple[str, str]]]:
        """What `two_different` gives, then the same without that instance, and so on; each made when needed."""
        left = sorted(instances, key=lambda one: one.instance_id)
        while found := self.two_different(left):
            yield found
            left = [one for one in left if one.instance_id > found[0].instance_id]

    def two_different(self, instances: Sequence[Instance]) -> tuple[Instance, tuple[str, str]] | None:
        """The first instance by id whose image opens, with that image and the next one that differs.

        Where all show one image, the other is its negative. None where no image opens.
        """
        from PIL import ImageOps

        first: tuple[Instance, str] | None = None
        for instance in sorted(instances, key=lambda one: one.instance_id):
            if first and instance.image_sha256 and instance.image_sha256 == first[0].image_sha256:
                continue
            try:
                url = self.of(instance)
            except BadInput:
                continue
            if first is None:
                first = instance, url
            elif url != first[1]:
                return first[0], (first[1], url)
        if first is None:
            return None
        negative = ImageOps.invert(in_rgb(self._open(first[0])))
        return first[0], (first[1], data_url(negative, self._max_side))


def data_url(image: Image, max_side: int | None) -> str:
    """An image as a data URL: PNG of what `as_sent` gives."""
    buffer = io.BytesIO()
    as_sent(image, max_side).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def as_sent(image: Image, max_side: int | None) -> Image:
    """An image in RGB, shrunk so that its longer side has at most `max_side` pixels."""
    shown = in_rgb(image)
    if max_side is not None and max(shown.size) > max_side:
        shown.thumbnail((max_side, max_side))
    return shown


def body_of(
    chat: Chat,
    url: str,
    *,
    seed: int,
    max_tokens: int,
    top_logprobs: int = 0,
    logprobs: bool = False,
    temperature: float = 0.0,
    n: int = 1,
) -> dict[str, Any]:
    """A request for `n` answers to `chat`.

    Parameters
    ----------
    url : of the image that the chat shows
    seed : 31 bits
    top_logprobs : tokens listed at each position; 0 asks for none
    logprobs : whether log-probs of the answer's own tokens are asked for
    """
    body: dict[str, Any] = {
        "messages": [_message(turn["role"], turn["content"], url) for turn in chat],
        "temperature": temperature,
        "top_p": 1,
        "seed": seed,
        "max_tokens": max_tokens,
    }
    if logprobs or top_logprobs:
        body["logprobs"] = True
    if top_logprobs:
        body["top_logprobs"] = top_logprobs
    if n > 1:
        body["n"] = n
    if is_begun(chat):  # as vLLM and SGLang call it
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    return body


def seed_of(seed: int, instance_id: str, purpose: str) -> int:
    """31 bits of the derived seed: servers read a signed 32-bit number."""
    return derive_seed(seed, instance_id, purpose) >> 33


def _message(role: str, content: list[dict[str, Any]], url: str) -> dict[str, Any]:
    """A turn; text alone is sent as a string, which every server's template takes."""
    if all(part["type"] == "text" for part in content):
        return {"role": role, "content": "".join(part["text"] for part in content)}
    image = {"type": "image_url", "image_url": {"url": url}}
    return {"role": role, "content": [image if part["type"] == "image" else part for part in content]}
