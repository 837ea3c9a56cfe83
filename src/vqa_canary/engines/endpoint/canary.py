"""The canary: what an endpoint gives, and whether it can be believed, found out before a run.

One prompt is asked twice about one image, then about another image, then about the first again, and three times more
where its answers differ; then for several samples in one request, and a follow-up. Nothing that an endpoint says of
itself is taken for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from vqa_canary.engines.endpoint.abilities import (
    Listing,
    Samples,
    find_again,
    find_draws,
    find_follow_ups,
    find_moved,
    find_samples,
    find_top,
)
from vqa_canary.engines.endpoint.client import Client, Tally
from vqa_canary.engines.endpoint.comparison import compare_images
from vqa_canary.engines.endpoint.defaults import ANSWER_ALONE
from vqa_canary.engines.endpoint.failures import BudgetSpent, CallFailed
from vqa_canary.engines.endpoint.image_tokens import tokens_an_image
from vqa_canary.engines.endpoint.judging import judge_images, warn_of
from vqa_canary.engines.endpoint.legibility import told_of
from vqa_canary.engines.endpoint.limits import IGNORED, REFUSED, find_limits, limits_of
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.endpoint.repeats import Repeats, find_repeats
from vqa_canary.engines.endpoint.requests import SeveralUrls, Urls
from vqa_canary.engines.endpoint.responses import Completion
from vqa_canary.engines.endpoint.several import look_at_several
from vqa_canary.engines.endpoint.sight import Sight, depth_of
from vqa_canary.engines.endpoint.standing import Standing
from vqa_canary.engines.endpoint.unusable import unusable
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput
from vqa_canary.rows import Instance

TRIED = 3
"""Most questions that the canary asks about: it takes the next one where the server fails on the one before."""

ShownInstance = tuple[Instance, tuple[Urls, Urls]]
"""An instance, the data URLs of its images, and those of other images; none of either where it is text alone."""
NO_IMAGES = "not needed: no question shows one"
"""What the canary says of images where a study shows none."""


@dataclass(frozen=True)
class Canary:
    """Finds out what the configured model `name` gives."""

    name: str
    options: EndpointModel
    client: Client
    prompts: Prompts
    sampling: Sampling
    seed: int

    def look(self, shown: Iterable[ShownInstance]) -> Standing | None:
        """What the endpoint gives, found by asking about an instance with two different images, or without any where
        the study shows none; None where there is no instance.

        Parameters
        ----------
        shown : instances, each with the data URLs of its images and of other ones. The second and third are asked
            about only where the server fails on those before: a gateway may fail on one question of many

        Raises
        ------
        BadInput : it cannot be asked, or does not tell the images apart and `canary` is `stop`
        """
        tally, failure = Tally(), None
        for instance, urls in islice(shown, TRIED):
            try:
                return self._judged(self._look(instance, urls, tally), tally)
            except CallFailed as error:
                # The first failure is the one to tell: later questions are asked only in the hope that it was the
                # question's fault.
                failure = failure or error
                # Another question does not help a server that cannot be reached, or a request that it will never take.
                if error.unreachable or not error.retry:
                    break
            except BudgetSpent as error:
                raise BadInput(f"parameters: models.{self.name}: {error}, by its canary alone") from None
        if failure:
            raise BadInput(unusable(self.name, self.options, self.prompts, failure))
        return None

    def look_at_several(self, standing: Standing, instance: Instance, shown: SeveralUrls) -> Standing:
        """The standing, with what is found by asking about an instance that shows several images.

        Raises
        ------
        BadInput : an image of them is not seen, and `canary` is `stop`
        """
        tally = Tally()
        sight = Sight(self.options, self.client, self.prompts, self.sampling, self.seed, instance, tally)
        told = look_at_several(sight, standing, shown)
        judge_images(self.name, self.options, told, f"the images of a question with {len(shown.own)}")
        calls = str(int(standing.facts["canary_calls"]) + tally.calls)
        return replace(standing, facts=standing.facts | {"several_images": told, "canary_calls": calls})

    def _judged(self, standing: Standing, tally: Tally) -> Standing:
        facts = standing.facts | {"canary_calls": str(tally.calls), "usage": self._usage(tally)}
        judge_images(self.name, self.options, facts["images"], "two images")
        warn_of(self.name, self.options, self.sampling, facts, self.client.dialect.facts)
        return replace(standing, facts=facts)

    def _look(self, instance: Instance, urls: tuple[Urls, Urls], tally: Tally) -> Standing:
        asked = self.options, self.client, self.prompts, self.sampling, self.seed
        sight = Sight(*asked, instance, tally)
        # First how many likeliest tokens the endpoint lists, since all later requests ask for them.
        listing = find_top(sight, urls[0])
        top, first, depth = listing.top, listing.first, depth_of(listing.first)
        # The same prompt again: what differs now is the endpoint's own noise, which the images must exceed.
        again = find_again(sight, urls[0], top, first)
        self.client.ids_vary = first.id is not None and again.id != first.id
        # The other image, then the first one again, in this order: a server that keeps the last image in a cache and
        # forgets to look again answers the last request as the other image's.
        other, last = (sight.greedy(shown, top, depth) for shown in reversed(urls))
        repeats = find_repeats(sight, urls[0], top, depth, first, again, last)
        samples = find_samples(sight, urls[0], bool(depth))
        # Whether samples are drawn is looked at only where a study wants samples.
        draws = find_draws(sight, urls[0], samples.texts) if self.sampling.n_samples else "not needed"
        said = repeats.first.replies[0].text
        follow_ups, few = find_follow_ups(sight, urls[0], said or "?", few=bool(depth))
        alike = repeats.first, repeats.again, repeats.last
        limits = self._look_at_limits(sight, urls[0], samples, alike)
        moved = ""
        if samples.logprobs:
            moved = find_moved(sight, urls[0], samples.n, repeats.first, limits_of(self.sampling))
        owner = _owner(self.client.models(), self.options.model)
        dialect = self.client.dialect  # as all trials left it
        # All answers of the canary together show whether the model names options in a way that is read.
        texts = [*(answer.replies[0].text for answer in (*alike, other)), *sorted(samples.texts)]
        texts = [self.prompts.answer_prefix + text for text in texts]
        facts = {
            "logprobs": self._describe_logprobs(listing, depth),
            "n": self._describe_n(samples),
            "draws": draws,
            "deterministic": self._describe_repeats(repeats.told),
            "images": self._told_apart(other, last, repeats) if urls[0] else NO_IMAGES,
            "ids": "vary" if self.client.ids_vary else "do not vary",
            "follow_ups": "taken" if follow_ups else "refused",
            "answers": told_of(texts, instance.options),
            **self._measure_images(first, instance, urls[0]),
            **dialect.facts,
            **self._describe_limits(limits, owner),
            **({"sample_logprobs": moved} if moved else {}),
            "owned_by": owner,
            "server": self.client.server or owner,
        }
        kept = samples.logprobs and not moved
        return Standing(depth, top, kept, samples.n, follow_ups, dialect, few, facts)

    def _look_at_limits(
        self, sight: Sight, urls: Urls, samples: Samples, greedy: tuple[Completion, ...]
    ) -> dict[str, str]:
        """Whether the settings that restrict samples are kept; empty where none is set, or nothing is drawn.

        Raises
        ------
        BadInput : one is refused or ignored
        """
        if not self.sampling.n_samples or not limits_of(self.sampling):
            return {}
        texts = [answer.replies[0].text for answer in greedy]
        found = find_limits(sight, urls, samples.n, texts)
        for name, told in found.items():
            if told.startswith((REFUSED, IGNORED)):
                raise BadInput(
                    f"parameters: sampling.{name}: {self.options.base_url}, asked for models.{self.name}, does not "
                    f"keep to it ({told}). Samples drawn otherwise would be other evidence: ask a server that takes it "
                    f"(docs/how-to/gpu.md names some), or leave {name} out."
                )
        return found

    def _describe_limits(self, limits: dict[str, str], owner: str) -> dict[str, str]:
        if not limits:
            return {}
        if owner in ANSWER_ALONE and "repetition_penalty" in limits:
            limits |= {
                "repetition_penalty": f"{limits['repetition_penalty']}; of the answer's own tokens alone"
            }
        return {"limits": "; ".join(f"{name} {told}" for name, told in limits.items())}

    def _describe_logprobs(self, listing: Listing, depth: int) -> str:
        return f"top {depth}" if depth else listing.why or "ignored by the server"

    def _describe_repeats(self, found: str) -> str:
        if found == "yes" and not self.client.dialect.temperature:
            return "cannot tell: its answers are draws, and three of them were alike"
        return found

    def _measure_images(self, answer: Completion, instance: Instance, urls: Urls) -> dict[str, str]:
        """What an image costs in tokens, where the server counts them."""
        chat = self.prompts.question_chat(instance.question, instance.options, len(instance.images))
        found = tokens_an_image(answer.usage.prompt_tokens, chat, len(urls))
        return {"image_tokens": f"about {found}"} if found else {}

    def _told_apart(self, other: Completion, last: Completion, repeats: Repeats) -> str:
        """How the answers about two images differ, where a hiccup among those about one of them counts for nothing;
        unless it is the other image's answer, given `last`."""
        drawn = not self.client.dialect.temperature
        found = compare_images(repeats.first, repeats.again, other, last, drawn)
        if found.startswith("NOT") or last is repeats.last:
            return found
        return compare_images(repeats.first, repeats.again, other, repeats.last, drawn)

    def _describe_n(self, samples: Samples) -> str:
        if samples.copies:
            return "not used: the choices of one call are copies of each other"
        if self.sampling.n_samples < 2 or self.options.n_per_call == 1 or self.sampling.reshuffled:
            return "not needed"
        return f"{samples.n} a call" if samples.n > 1 else "ignored"

    def _usage(self, tally: Tally) -> str:
        counts = [tally.prompt_tokens, tally.completion_tokens]
        given = None not in counts
        # A limit of tokens without a count of them could never stop a run, so it is refused before the run.
        limit = "max_tokens" if self.options.max_tokens is not None else "max_cost"
        if getattr(self.options, limit) is not None and not given:
            raise BadInput(
                f"parameters: models.{self.name}.{limit}: {self.options.base_url} does not say how many "
                "tokens a request took, so this limit cannot be kept. Set max_calls instead."
            )
        return "given" if given else "not given" if counts == [None, None] else "given in part"


def described(options: EndpointModel, client: Client) -> dict[str, str]:
    """The facts of what is asked: address and name of the model, and the name under which it answers."""
    price = {"price": options.price_per_million.told} if options.price_per_million else {}
    return {
        "source": options.base_url,
        "model": options.model,
        "reported_model": ", ".join(sorted(client.model_names)) or "none",
        "extra_body": json.dumps(options.extra_body, sort_keys=True) if options.extra_body else "none",
        **({"weights": f"{options.weights} (declared, not checked)"} if options.weights else {}),
        **price,
    }


def _owner(models: Any, name: str) -> str:
    """Who owns the model, by the field `owned_by` of what `/models` answers."""
    listed = models.get("data") if isinstance(models, dict) else None
    entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    own = [one for one in entries if one.get("id") == name] or entries[:1]
    owner = next(iter(own), {}).get("owned_by")
    return owner if isinstance(owner, str) else "unknown"
