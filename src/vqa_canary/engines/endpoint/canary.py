"""The canary: what an endpoint gives, and whether it can be believed, found out before a run.

One prompt is asked twice about one image, then about another image, then about the first again; then
several samples in one request, and a follow-up. Nothing that an endpoint says of itself is taken for it.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from typing import Any

from vqa_canary.engines.endpoint.client import Client, Tally
from vqa_canary.engines.endpoint.comparison import are_copies, compare_images, compare_repeats
from vqa_canary.engines.endpoint.failures import BudgetSpent, CallFailed
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.endpoint.requests import body_of, seed_of
from vqa_canary.engines.endpoint.responses import Completion, Wanted
from vqa_canary.engines.endpoint.standing import Standing
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.registration import Sampling
from vqa_canary.errors import BadInput
from vqa_canary.tables import Instance

log = logging.getLogger(__name__)

LOOKS = 3
"""How often something must be missing before the endpoint is said not to give it."""
REFUSALS = frozenset({400, 422})
"""Statuses by which a server refuses a setting that it does not know."""
TRUNCATING = ("top_k", "min_p")
"""Settings by which llama.cpp cuts off unlikely tokens of a sample unless told not to."""


@dataclass(frozen=True)
class Samples:
    """What one request for samples gives."""

    n: int
    logprobs: bool
    """Whether with log-probs of their tokens."""
    copies: bool = False
    """Whether all are one answer, which chance does not make so."""


@dataclass(frozen=True)
class Canary:
    """Finds out what the configured model `name` gives."""

    name: str
    options: EndpointModel
    client: Client
    prompts: Prompts
    sampling: Sampling
    seed: int

    def look(self, instance: Instance, urls: tuple[str, str]) -> Standing:
        """What the endpoint gives, found by asking about `instance` with two different images.

        Raises
        ------
        BadInput : it cannot be asked, or does not tell the images apart and `canary` is `stop`
        """
        tally = Tally()
        try:
            standing = self._look(instance, urls, tally)
        except CallFailed as error:
            raise BadInput(self._unusable(error)) from None
        except BudgetSpent as error:
            raise BadInput(f"parameters: models.{self.name}: {error}, by its canary alone") from None
        facts = standing.facts | {"canary_calls": str(tally.calls), "usage": self._usage(tally)}
        self._judge(facts)
        return replace(standing, facts=facts)

    def _look(self, instance: Instance, urls: tuple[str, str], tally: Tally) -> Standing:
        sight = _Sight(self, instance, tally)
        top, first = self._find_top(sight, urls[0])
        depth = sight.depth(first)
        again = sight.greedy(urls[0], top, depth)
        for _ in range(LOOKS - 1):
            if first.id is None or again.id != first.id:
                break
            again = sight.greedy(urls[0], top, depth)
        self.client.ids_vary = first.id is not None and again.id != first.id
        other, last = (sight.greedy(url, top, depth) for url in reversed(urls))
        samples = self._find_samples(sight, urls[0], bool(depth))
        follow_ups = self._takes_follow_ups(sight, urls[0], first)
        owner = _owner(self.client.models(), self.options.model)
        facts = {
            "logprobs": f"top {depth}" if depth else self._why_no_logprobs(),
            "n": self._describe_n(samples),
            "deterministic": compare_repeats(first, again, last),
            "images": compare_images(first, again, other, last),
            "ids": "vary" if self.client.ids_vary else "do not vary",
            "follow_ups": "taken" if follow_ups else "refused",
            "owned_by": owner,
            "server": self.client.server or owner,
        }
        return Standing(depth, top, samples.logprobs, samples.n, follow_ups, facts)

    def _find_top(self, sight: _Sight, url: str) -> tuple[int, Completion]:
        """How many tokens to ask for at each position, 0 for none, and the first answer."""
        steps = sorted({self.options.top_logprobs, min(self.options.top_logprobs, 5)}, reverse=True)
        for top in steps if self.options.logprobs == "auto" else []:
            looks: list[Completion] = []
            try:
                while len(looks) < LOOKS and max(map(sight.depth, looks), default=0) < top:
                    looks.append(sight.greedy(url, top))
            except CallFailed as error:
                if error.status not in REFUSALS:
                    raise
                continue
            deepest = max(looks, key=sight.depth)
            return (top, deepest) if sight.depth(deepest) else (0, looks[0])
        return 0, sight.greedy(url, 0)

    def _find_samples(self, sight: _Sight, url: str, logprobs: bool) -> Samples:
        """How many samples one request gives: as many as wanted, else half of it, and so on."""
        set_by_user = self.options.n_per_call
        n = self.sampling.n_samples if set_by_user == "auto" else min(set_by_user, self.sampling.n_samples)
        if n == 0:
            return Samples(1, False)
        while True:
            found = self._look_at_samples(sight, url, n, logprobs)
            if found.copies:
                return Samples(1, found.logprobs, copies=True)
            if found.n == n or set_by_user != "auto":
                return Samples(n, found.logprobs)
            n = 1 if found.n == 1 else (n + 1) // 2

    def _look_at_samples(self, sight: _Sight, url: str, n: int, logprobs: bool) -> Samples:
        """What a request for `n` gives; 0 samples where it is refused."""
        most = 0
        for look in range(LOOKS):
            try:
                replies = sight.samples(url, n, logprobs, f"canary {n} {look}").replies
            except CallFailed as error:
                if error.status not in REFUSALS or n == 1 or self.options.n_per_call != "auto":
                    raise
                return Samples(0, False)
            most = max(most, len(replies))
            listed = logprobs and all(reply.positions for reply in replies)
            if len(replies) == n and listed == logprobs:
                return Samples(n, listed, self.sampling.temperature >= 1 and are_copies(replies))
        return Samples(most, False)

    def _takes_follow_ups(self, sight: _Sight, url: str, first: Completion) -> bool:
        try:
            sight.follow_up(url, first.replies[0].text or "?")
        except CallFailed as error:
            if error.status not in REFUSALS:
                raise
            return False
        return True

    def _why_no_logprobs(self) -> str:
        return "switched off" if self.options.logprobs == "off" else "ignored by the server"

    def _describe_n(self, samples: Samples) -> str:
        if samples.copies:
            return "not used: the choices of one call are copies of each other"
        if self.sampling.n_samples < 2 or self.options.n_per_call == 1:
            return "not needed"
        return f"{samples.n} a call" if samples.n > 1 else "ignored"

    def _usage(self, tally: Tally) -> str:
        given = tally.prompt_tokens is not None
        if self.options.max_tokens is not None and not given:
            raise BadInput(
                f"parameters: models.{self.name}.max_tokens: {self.options.base_url} does not say how many "
                "tokens a request took, so this limit cannot be kept. Set max_calls instead."
            )
        return "given" if given else "not given"

    def _judge(self, facts: dict[str, str]) -> None:
        where = f"models.{self.name}: {self.options.base_url}"
        if facts["images"].startswith("NOT"):
            message = f"{where}: two images were {facts['images']}. Its answers may be about no image or the wrong one"
            if self.options.canary == "stop":
                raise BadInput(
                    f"parameters: {message}. Mend the server (its image cache, its multimodal projector), or go on "
                    f"regardless with models.{self.name}.canary: warn."
                )
            log.warning("%s.", message)
        if facts["deterministic"] != "yes":
            log.warning("%s is not deterministic at temperature 0: %s.", where, facts["deterministic"])
        lacking = [name for name in TRUNCATING if name not in self.options.extra_body]
        if facts["owned_by"] == "llamacpp" and lacking:
            log.warning(
                "%s is llama.cpp, which leaves unlikely tokens out of samples unless told otherwise: give %s "
                "in extra_body, 0 each.",
                where,
                " and ".join(lacking),
            )

    def _unusable(self, error: CallFailed) -> str:
        where = f"parameters: models.{self.name}"
        options = self.options
        if error.status in (401, 403):
            given = "refuses the key that it got" if options.api_key else "wants a key, and none was given"
            return (
                f"{where}: {options.base_url} {given} ({error}). Keys are given as Kedro credentials "
                "(conf/local/credentials.yml) or in the environment, never in parameters."
            )
        if error.status == 404:
            return (
                f"{where}.model: {options.base_url} knows no model {options.model!r} or has no /chat/completions "
                f"there ({error}). `GET {options.base_url}/models` lists its models."
            )
        return (
            f"{where}.base_url: {options.base_url} cannot be asked: {error}. Is the server running, and does it "
            "take images?"
        )


@dataclass(frozen=True)
class _Sight:
    """Requests of the canary."""

    canary: Canary
    instance: Instance
    tally: Tally

    def greedy(self, url: str, top: int, depth: int = 0) -> Completion:
        """The answer at temperature 0, with at least `depth` tokens listed."""
        wanted = Wanted(depth=depth, logprobs=depth > 0, text=False)
        return self._complete(url, "canary", wanted, top_logprobs=top)

    def samples(self, url: str, n: int, logprobs: bool, purpose: str) -> Completion:
        """Up to `n` samples."""
        temperature = self.canary.sampling.temperature
        return self._complete(
            url, purpose, Wanted(n=n, text=False), n=n, logprobs=logprobs, temperature=temperature
        )

    def follow_up(self, url: str, answer: str) -> None:
        """Ask how sure the model is of `answer`."""
        prompts = self.canary.prompts
        self._complete(url, "canary", Wanted(text=False), chat=prompts.verbalized_chat(self._chat, answer))

    @staticmethod
    def depth(answer: Completion) -> int:
        """Tokens listed at the first position."""
        positions = answer.replies[0].positions
        return len(positions[0].top_logprobs) if positions else 0

    @property
    def _chat(self) -> list[dict[str, Any]]:
        return self.canary.prompts.question_chat(self.instance.question, self.instance.options)

    def _complete(self, url: str, purpose: str, wanted: Wanted, **settings: Any) -> Completion:
        chat = settings.pop("chat", self._chat)
        seed = seed_of(self.canary.seed, self.instance.instance_id, purpose)
        settings.setdefault("max_tokens", self.canary.sampling.max_new_tokens)
        return self.canary.client.complete(body_of(chat, url, seed=seed, **settings), wanted, self.tally)


def described(options: EndpointModel, client: Client) -> dict[str, str]:
    """What is asked, and under which name it answers."""
    return {
        "source": options.base_url,
        "model": options.model,
        "reported_model": ", ".join(sorted(client.model_names)) or "none",
        "extra_body": json.dumps(options.extra_body, sort_keys=True) if options.extra_body else "none",
    }


def _owner(models: Any, name: str) -> str:
    """`owned_by` of the model in what `/models` answers."""
    listed = models.get("data") if isinstance(models, dict) else None
    entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    own = [one for one in entries if one.get("id") == name] or entries[:1]
    owner = next(iter(own), {}).get("owned_by")
    return owner if isinstance(owner, str) else "unknown"
