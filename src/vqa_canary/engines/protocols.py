"""What an engine is, and what else it may be able to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from vqa_canary.planned_shard import Needs
from vqa_canary.rows import Evidence, Instance, each_image

if TYPE_CHECKING:
    from PIL.Image import Image


ImageOpener = Callable[[Instance], "Image"]
"""Gives the decoded image of an instance that shows one; raises `BadInput` where that cannot be.

`open_images` opens those of any instance, which may show none. An engine that shows one image alone may leave instances
of several, and of none, to fail.
"""


def open_images(open_image: ImageOpener, instance: Instance) -> tuple[Image, ...]:
    """The decoded images of an instance in order: one, several, or none.

    Raises
    ------
    BadInput : one of them cannot be opened
    """
    return tuple(open_image(image) for image in each_image(instance))


class Engine(Protocol):
    """Something that can be asked. Making one is cheap; it loads its model when first asked."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same prompts may get other answers: weights, dtype, quantisation."""

    @property
    def facts(self) -> dict[str, str]:
        """What answered, fact by fact, once it has answered: source, dtype, device and the like; may be empty."""

    def answer(self, instances: Sequence[Instance], open_image: ImageOpener) -> Iterable[Evidence]:
        """One `Evidence` an instance, in any order; those that failed say so in `status`.

        An iterator gives each as soon as it is there: it is then kept row by row, so that an interrupted run
        asks nothing twice. A list is kept once it is whole.
        """


@runtime_checkable
class Expecting(Protocol):
    """An engine that wants to know at the outset what it will be asked about."""

    def expect(self, instances: Sequence[Instance]) -> None:
        """Called once with all instances, before the first `answer`."""


@runtime_checkable
class RunsHere(Protocol):
    """An engine that computes its answers itself, so that it can be held to give the same ones in another way."""

    def alone(self) -> Engine:
        """An engine over the same loaded model that reads every prompt whole and alone: slow, with nothing shared."""


@runtime_checkable
class DrawsHere(Protocol):
    """An engine that draws the tokens of samples itself."""

    @property
    def sampler(self) -> str:
        """Name and version of the way in which they are drawn."""


@runtime_checkable
class Movable(Protocol):
    """An engine that can be sent to another process (pickled) before it was asked, to compute its answers there.

    Its answers to some instances then depend on these and on what it was told to expect, never on what else it was
    asked before: which process asks what is a matter of chance.
    """

    @property
    def needs(self) -> Needs | None:
        """What a process takes to compute its answers; None where its settings bind it to this one."""


@runtime_checkable
class Loads(Protocol):
    """An engine that holds a large model in memory once it was asked."""

    def put_away(self) -> None:
        """Give the model up, because another one is asked in this process next; asked again, load it again."""


@runtime_checkable
class CountsCalls(Protocol):
    """An engine that sends requests of which its rows do not tell, such as those that find out what a server can do."""

    @property
    def untold_calls(self) -> int:
        """How many there were, since the engine was made."""


@runtime_checkable
class Sends(Protocol):
    """An engine that sends images elsewhere, and may change them for that."""

    def as_sent(self, image: Image) -> Image:
        """The image that is sent in place of this one."""


@runtime_checkable
class CannotBeAsked(Protocol):
    """An engine whose answers were given before, elsewhere."""

    @property
    def cannot_be_asked(self) -> str:
        """Why nothing can be asked anew."""
