"""The requests by which the canary looks at an endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vqa_canary.engines.endpoint.client import Client, Tally
from vqa_canary.engines.endpoint.dialect import Dialect, named, settle
from vqa_canary.engines.endpoint.failures import CallFailed
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.endpoint.requests import NO_LIMITS, Urls, body_of, seed_of
from vqa_canary.engines.endpoint.responses import Completion, Wanted
from vqa_canary.engines.prompts import Chat, Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.rows import Instance


@dataclass(frozen=True)
class Sight:
    """Asks about one instance; images are given by their data URLs.

    An answer may be empty here: what counts is how the endpoint answers.
    """

    options: EndpointModel
    client: Client
    prompts: Prompts
    sampling: Sampling
    seed: int
    instance: Instance
    tally: Tally

    def greedy(self, urls: Urls, top: int, depth: int = 0) -> Completion:
        """The answer at temperature 0, where `top` tokens are asked for at each position, and some must be listed if
        `depth` is above 0.

        Where the server says what it does not take, it is asked otherwise, from then on.
        """
        wanted = Wanted(depth=depth, logprobs=depth > 0, text=False)
        while True:
            try:
                return self._complete(self._chat, urls, "canary", wanted, top_logprobs=top)
            except CallFailed as error:
                # What was learnt from a refusal stays in the client, so that the run asks in the same way.
                dialect = named(error, self.client.dialect, self._has_system)
                if dialect is None:
                    raise
                self.client.dialect = dialect

    def settled(self, urls: Urls, error: CallFailed) -> Completion:
        """The answer without log-probs to a request that was refused with `error`; from then on requests are put as the
        server takes them.

        Raises
        ------
        CallFailed : it is refused however it is asked
        """
        wanted = Wanted(text=False)
        first = self.client.dialect

        def ask(dialect: Dialect) -> Completion:
            self.client.dialect = dialect
            return self._complete(self._chat, urls, "canary", wanted)

        answer, self.client.dialect = settle(ask, error, first, self._has_system)
        return answer

    def samples(
        self,
        urls: Urls,
        n: int,
        purpose: str,
        logprobs: bool = False,
        temperature: float | None = None,
        limits: Mapping[str, float] = NO_LIMITS,
    ) -> Completion:
        """Up to `n` answers at `temperature`, or at the configured one where it is None; `limits` are the only ones."""
        drawn = self.sampling.temperature if temperature is None else temperature
        wanted = Wanted(n=n, text=False)
        settings: dict[str, Any] = {"n": n, "logprobs": logprobs, "temperature": drawn, "limits": limits}
        return self._complete(self._chat, urls, f"canary {purpose}", wanted, **settings)

    def penalised(self, urls: Urls, penalty: float) -> str:
        """The text of the answer at temperature 0 with a penalty of repeated tokens."""
        wanted, limits = Wanted(text=False), {"repetition_penalty": penalty}
        return self._complete(self._chat, urls, "canary", wanted, limits=limits).replies[0].text

    def follow_up(self, urls: Urls, answer: str, max_tokens: int) -> None:
        """Ask how sure the model is of `answer`."""
        chat = self.prompts.verbalized_chat(self._chat, answer)
        self._complete(chat, urls, "canary", Wanted(text=False), max_tokens=max_tokens)

    @property
    def _has_system(self) -> bool:
        return any(turn["role"] == "system" for turn in self._chat)

    @property
    def _chat(self) -> Chat:
        return self.prompts.question_chat(
            self.instance.question, self.instance.options, len(self.instance.images)
        )

    def _complete(self, chat: Chat, urls: Urls, purpose: str, wanted: Wanted, **settings: Any) -> Completion:
        seed = seed_of(self.seed, self.instance.instance_id, purpose)
        settings.setdefault("max_tokens", self.prompts.answer_limit(self.sampling.max_new_tokens))
        return self.client.complete(body_of(chat, urls, seed=seed, **settings), wanted, self.tally)


def depth_of(answer: Completion) -> int:
    """Number of tokens listed at the first position of an answer."""
    positions = answer.replies[0].positions
    return len(positions[0].top_logprobs) if positions else 0
