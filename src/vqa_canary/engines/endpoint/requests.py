"""From a chat and its images to the body of a request."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from cachetools import LRUCache

from vqa_canary.engines.endpoint.room import MOST_BYTES, Room
from vqa_canary.engines.negatives import another
from vqa_canary.engines.prompts import Chat, is_begun
from vqa_canary.engines.protocols import ImageOpener
from vqa_canary.errors import BadInput
from vqa_canary.images.conversion import in_rgb
from vqa_canary.rows import Instance, each_image
from vqa_canary.seeding import derive_seed

if TYPE_CHECKING:
    from PIL.Image import Image

Urls = tuple[str, ...]
"""Data URLs of all images that one question shows, in order."""
NO_LIMITS: Mapping[str, float] = {}
"""No setting that restricts from which tokens samples are drawn."""
KEPT_BYTES = 2**27
"""Most bytes of encoded images that are kept for further questions about them."""


class SeveralUrls(NamedTuple):
    """The images of a question that shows several, and the same with one of them replaced."""

    own: Urls
    other_first: Urls
    other_last: Urls


class ImageUrls:
    """Data URLs of instances' images, for threads: one image at a time is decoded and encoded."""

    def __init__(self, open_image: ImageOpener, max_side: int | None, about: str = "") -> None:
        self._open, self._max_side, self._lock = open_image, max_side, Lock()
        self._turn, self._room = Lock(), Room(MOST_BYTES, about)
        self._known: LRUCache[str, str] = LRUCache(KEPT_BYTES, getsizeof=len)

    def of(self, instance: Instance) -> Urls:
        """Data URLs of an instance's images as PNG, which loses nothing.

        Raises
        ------
        BadInput : an image cannot be opened
        """
        return tuple(map(self._of_one, each_image(instance)))

    @contextmanager
    def held(self, instance: Instance) -> Iterator[Urls]:
        """The same, once there is room for them beside those that other threads hold.

        Raises
        ------
        BadInput : an image cannot be opened
        """
        with ExitStack() as left:
            with self._turn:  # one at a time, so that threads that wait for room hold no image
                urls = self.of(instance)
                left.enter_context(self._room.of(sum(map(len, urls))))
            yield urls

    def _of_one(self, instance: Instance) -> str:
        with self._lock:
            key = instance.image_sha256
            if key and key in self._known:
                return self._known[key]
            url = data_url(self._open(instance), self._max_side)
            if key and len(url) <= KEPT_BYTES:
                self._known[key] = url
            return url

    def pairs(self, instances: Sequence[Instance]) -> Iterator[tuple[Instance, tuple[Urls, Urls]]]:
        """What `two_different` gives, then the same without that instance, and so on; each made when needed."""
        left: Sequence[Instance] = _plainest_first(instances)
        while found := self.two_different(left):
            yield found
            left = left[left.index(found[0]) + 1 :]

    def two_different(self, instances: Sequence[Instance]) -> tuple[Instance, tuple[Urls, Urls]] | None:
        """The first instance whose images open, with these and the next ones, as many, that differ.

        Instances of one image come before those of several, which some servers do not take, and else by id. Those
        without an image are passed over. Where all show the same, the others are their negatives. None where no image
        opens.
        """
        from PIL import ImageOps

        first: tuple[Instance, Urls] | None = None
        for instance in _plainest_first(instances):
            if first and not _may_differ(first[0], instance):
                continue
            try:
                urls = self.of(instance)
            except BadInput:
                continue
            if first is None:
                first = instance, urls
            elif urls != first[1]:
                return first[0], (first[1], urls)
        if first is None:
            return None
        negatives = [ImageOps.invert(in_rgb(self._open(image))) for image in each_image(first[0])]
        return first[0], (first[1], tuple(data_url(negative, self._max_side) for negative in negatives))

    def of_several(self, instances: Sequence[Instance]) -> tuple[Instance, SeveralUrls] | None:
        """The first instance by id that shows several images which open; None where there is none."""
        for instance in sorted(instances, key=lambda other: other.instance_id):
            parts = each_image(instance)
            if len(parts) < 2:
                continue
            try:
                own = self.of(instance)
                first, last = (data_url(another(self._open(parts[at])), self._max_side) for at in (0, -1))
            except BadInput:
                continue
            return instance, SeveralUrls(own, (first, *own[1:]), (*own[:-1], last))
        return None


def _plainest_first(instances: Sequence[Instance]) -> list[Instance]:
    shown = (instance for instance in instances if instance.images)
    return sorted(shown, key=lambda instance: (len(instance.images), instance.instance_id))


def _may_differ(first: Instance, other: Instance) -> bool:
    """Whether another instance shows as many images, and not the same ones."""
    own, others = ([image.image_sha256 for image in instance.images] for instance in (first, other))
    return len(own) == len(others) and not (all(own) and own == others)


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
    urls: Urls,
    *,
    seed: int,
    max_tokens: int,
    top_logprobs: int = 0,
    logprobs: bool = False,
    temperature: float = 0.0,
    n: int = 1,
    limits: Mapping[str, float] = NO_LIMITS,
) -> dict[str, Any]:
    """A request for `n` answers to `chat`.

    Parameters
    ----------
    urls : of the images that the chat shows, in order
    seed : 31 bits
    top_logprobs : tokens listed at each position; 0 asks for none
    logprobs : whether log-probs of the answer's own tokens are asked for
    limits : settings that restrict from which tokens samples are drawn, as in `Sampling`
    """
    shown = iter(urls)
    body: dict[str, Any] = {
        "messages": [_message(turn["role"], turn["content"], shown) for turn in chat],
        "temperature": temperature,
        "top_p": 1,
        "seed": seed,
        "max_tokens": max_tokens,
        **limits,
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


def _message(role: str, content: list[dict[str, Any]], urls: Iterator[str]) -> dict[str, Any]:
    """A turn; text alone is sent as a string, which every server's template takes."""
    if all(part["type"] == "text" for part in content):
        return {"role": role, "content": "".join(part["text"] for part in content)}
    parts = [_image(next(urls)) if part["type"] == "image" else part for part in content]
    return {"role": role, "content": parts}


def _image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}
