"""A model behind an OpenAI-compatible chat endpoint: asked over HTTP, and held to what it gives."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.protocols import ImageOpener
from vqa_canary.engines.registration import engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput
from vqa_canary.progress import Progress
from vqa_canary.rows import Evidence, Instance

if TYPE_CHECKING:
    from PIL.Image import Image

    from vqa_canary.engines.endpoint.client import Client
    from vqa_canary.engines.endpoint.requests import ImageUrls
    from vqa_canary.engines.endpoint.standing import Standing
    from vqa_canary.engines.stopping import Breaker

log = logging.getLogger(__name__)


@engine("endpoint", EndpointModel)
class EndpointEngine:
    """A chat endpoint; see `endpoint.canary` for what is found out first, `endpoint.interview` for what is asked."""

    reshuffles = True

    def __init__(
        self, name: str, options: EndpointModel, prompts: Prompts, sampling: Sampling, seed: int
    ) -> None:
        self._name, self._options, self._seed = name, options, seed
        self._prompts, self._sampling = options.of_model(prompts), sampling
        self._client: Client | None = None
        self._standing: Standing | None = None
        self._expected: tuple[Instance, ...] = ()
        """Instances that show images, of all that are to be asked about: what the canary looks at where those that are
        asked about first show none."""
        self._breaker: Breaker | None = None
        self._told = 0
        """Requests of which rows have told."""
        self._all: tuple[Instance, ...] = ()
        """All instances that are to be asked about, for whoever has to agree that they leave the site."""

    @property
    def fingerprint(self) -> str:
        return self._options.fingerprint

    @property
    def facts(self) -> dict[str, str]:
        """What answered and what the canary found; empty before anything was asked."""
        from vqa_canary.engines.endpoint.canary import described

        if self._standing is None or self._client is None:
            return {}
        return described(self._options, self._client) | self._standing.facts

    @property
    def untold_calls(self) -> int:
        """Requests of the canary, and of answers that nobody took."""
        return self._client.budget.calls - self._told if self._client else 0

    def expect(self, instances: Sequence[Instance]) -> None:
        """Keep what the canary may need, and what will be sent; nothing is asked."""
        self._all = tuple(instances)
        self._expected = tuple(instance for instance in instances if instance.images)

    def answer(self, instances: Sequence[Instance], open_image: ImageOpener) -> Iterator[Evidence]:
        """Evidence of each instance as it comes, in any order.

        The canary runs before the first instance that this engine is asked about, and before the first that shows
        several images, and never again. Closing the iterator cancels what waits.

        Raises
        ------
        BadInput : the endpoint cannot be asked, or takes one image for another; see `endpoint.canary`
        TooManyFailures : it fails so often that asking on is of no use; see `engines.stopping`
        """
        from vqa_canary.engines.endpoint.client import Client
        from vqa_canary.engines.endpoint.handles import make_room
        from vqa_canary.engines.endpoint.requests import ImageUrls
        from vqa_canary.engines.endpoint.workers import work_through
        from vqa_canary.engines.stopping import Breaker

        self._settle_leaving(instances)
        make_room(min(self._options.concurrency, len(instances)), f"models.{self._name}")
        images = ImageUrls(open_image, self._options.max_image_side, f"models.{self._name}")
        options = self._options
        breaker = self._breaker = self._breaker or Breaker(self._name, options, options.stop_after_outage)
        client = self._client = self._client or Client(options, breaker)
        progress = Progress(len(instances), self._name)
        with client.connected(), progress:
            if self._standing is None or _knows_no_images(self._standing, instances):
                self._standing = self._look(client, images, instances)
            self._standing = self._look_at_several(client, images, instances, self._standing)
            ask = self._questioner(client, images, self._standing)
            with closing(work_through(ask, instances, self._options.concurrency, client.stop)) as found:
                for evidence in found:
                    self._told += evidence.calls or 0
                    progress.update(failed=evidence.status == "failed")
                    yield evidence
                    breaker.count(evidence)

    def as_sent(self, image: Image) -> Image:
        """The image as a request holds it."""
        from vqa_canary.engines.endpoint.requests import as_sent

        return as_sent(image, self._options.max_image_side)

    def _settle_leaving(self, instances: Sequence[Instance]) -> None:
        """Refuse to send anything away that nobody agreed to; the log says once what goes where."""
        from vqa_canary.engines.leaving import refuse_unasked, sent

        options, about = self._options, self._all or instances
        if not options.leaves or self._client is not None:
            return
        refuse_unasked(self._name, options.base_url, options.data_leave_the_site, about)
        log.info("models.%s: sent to %s: %s.", self._name, options.base_url, sent(about))

    def _look(self, client: Client, images: ImageUrls, instances: Sequence[Instance]) -> Standing | None:
        """The canary's findings; None where no image opens that could be shown to the endpoint."""
        from vqa_canary.engines.endpoint.canary import Canary

        canary = Canary(self._name, self._options, client, self._prompts, self._sampling, self._seed)
        shown = [instance for instance in instances if instance.images] or self._expected
        if not shown:  # a study of text alone
            return canary.look((instance, ((), ())) for instance in instances)
        return canary.look(images.pairs(shown))

    def _look_at_several(
        self, client: Client, images: ImageUrls, instances: Sequence[Instance], standing: Standing | None
    ) -> Standing | None:
        """The standing, with the canary's findings about the first question that shows several images, once there is
        one."""
        from vqa_canary.engines.endpoint.canary import Canary

        if standing is None or "several_images" in standing.facts:
            return standing
        found = images.of_several(instances)
        if found is None:
            return standing
        canary = Canary(self._name, self._options, client, self._prompts, self._sampling, self._seed)
        return canary.look_at_several(standing, *found)

    def _questioner(
        self, client: Client, images: ImageUrls, standing: Standing | None
    ) -> Callable[[Instance], Evidence]:
        from vqa_canary.engines.endpoint.interview import EndpointInterview, failed

        def ask(instance: Instance) -> Evidence:
            with ExitStack() as until_answered:
                try:
                    urls = until_answered.enter_context(images.held(instance))
                except BadInput as error:
                    return failed(self._name, instance, str(error))
                if standing is None:
                    return failed(
                        self._name, instance, "no image could be opened when the endpoint was checked"
                    )
                about = self._name, client, standing, self._prompts, self._sampling, self._seed
                return EndpointInterview(*about).ask(instance, urls)

        return ask


def _knows_no_images(standing: Standing, instances: Sequence[Instance]) -> bool:
    """Whether the canary has looked at text alone, and images come now."""
    from vqa_canary.engines.endpoint.canary import NO_IMAGES

    return standing.facts["images"] == NO_IMAGES and any(instance.images for instance in instances)
