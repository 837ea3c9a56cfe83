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
from vqa_canary.engines.endpoint.comparison import compare_images, compare_repeats
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
        again = sight.greedy(urls[0], top)
        for _ in range(LOOKS - 1):
            if first.id is None or again.id != first.id:
                break
            again = sight.greedy(urls[0], top)
        self.client.ids_vary = first.id is not None and again.id != first.id
        other, last = sight.greedy(urls[1], top), sight.greedy(urls[0], top)
        depth = min(sight.depth(one) for one in (first, again, other, last)) if top else 0
        asked = top if depth else 0
        n, sample_logprobs = self._find_n(sight, urls[0], asked)
        repeats = compare_repeats(first, again, last)
        facts = {
            "logprobs": f"top {depth}" if depth else self._why_no_logprobs(top),
            "n": self._describe_n(n),
            "deterministic": repeats,
            "images": compare_images(first, again, other, last),
            "ids": "vary" if self.client.ids_vary else "do not vary",
        }
        follow_ups = self._takes_follow_ups(sight, urls[0], first)
        facts["follow_ups"] = "taken" if follow_ups else "refused"
        facts["owned_by"] = _owner(self.client.models(), self.options.model)
        facts["server"] = self.client.server or facts["owned_by"]
        return Standing(depth, asked, sample_logprobs, n, follow_ups, facts)

    def _find_top(self, sight: _Sight, url: str) -> tuple[int, Completion]:
        """How many tokens may be asked for at each position, and the first answer with them."""
        depths = sorted({self.options.top_logprobs, min(self.options.top_logprobs, 5)}, reverse=True)
        for top in depths if self.options.logprobs == "auto" else []:
            try:
                for _ in range(LOOKS):
                    answer = sight.greedy(url, top)
                    if sight.depth(answer):
                        return top, answer
            except CallFailed as error:
                if error.status not in REFUSALS:
                    raise
            else:
                break
        return 0, sight.greedy(url, 0)

    def _find_n(self, sight: _Sight, url: str, top: int) -> tuple[int, bool]:
        """Samples that one request gives, and whether with log-probs."""
        wanted = self.options.n_per_call
        n = max(self.sampling.n_samples if wanted == "auto" else min(wanted, self.sampling.n_samples), 1)
        while True:
            given, with_logprobs = self._samples(sight, url, n, bool(top))
            if given == n or wanted != "auto":
                return n, with_logprobs
            n = 1 if given == 1 else (n + 1) // 2

    def _samples(self, sight: _Sight, url: str, n: int, logprobs: bool) -> tuple[int, bool]:
        """How many choices a request for `n` gives; 0: it is refused."""
        found: list[Completion] = []
        for look in range(LOOKS):
            try:
                found.append(sight.samples(url, n, logprobs, f"canary {n} {look}"))
            except CallFailed as error:
                if error.status not in REFUSALS or n == 1 or self.options.n_per_call != "auto":
                    raise
                return 0, False
            whole = len(found[-1].replies) == n
            listed = all(reply.positions for reply in found[-1].replies)
            if whole and (listed or not logprobs):
                return n, logprobs
        return max(len(one.replies) for one in found), False

    def _takes_follow_ups(self, sight: _Sight, url: str, first: Completion) -> bool:
        try:
            sight.follow_up(url, first.replies[0].text or "?")
        except CallFailed as error:
            if error.status not in REFUSALS:
                raise
            return False
        return True

    def _why_no_logprobs(self, top: int) -> str:
        return "switched off" if self.options.logprobs == "off" else "ignored by the server"

    def _describe_n(self, n: int) -> str:
        if self.sampling.n_samples < 2:
            return "not needed"
        return f"{n} a call" if n > 1 else "1 a call" if self.options.n_per_call == 1 else "ignored"

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

    def greedy(self, url: str, top: int) -> Completion:
        """The answer at temperature 0."""
        return self._complete(url, "canary", Wanted(text=False), top_logprobs=top)

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
