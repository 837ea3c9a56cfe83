"""The requests by which the canary looks at an endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vqa_canary.engines.endpoint.client import Client, Tally
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.endpoint.requests import body_of, seed_of
from vqa_canary.engines.endpoint.responses import Completion, Wanted
from vqa_canary.engines.prompts import Chat, Prompts
from vqa_canary.engines.registration import Sampling
from vqa_canary.tables import Instance


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

    def greedy(self, url: str, top: int, depth: int = 0) -> Completion:
        """The answer at temperature 0, `top` tokens asked for at each position, at least `depth` listed."""
        wanted = Wanted(depth=depth, logprobs=depth > 0, text=False)
        return self._complete(self._chat, url, "canary", wanted, top_logprobs=top)

    def samples(
        self, url: str, n: int, purpose: str, logprobs: bool = False, temperature: float | None = None
    ) -> Completion:
        """Up to `n` answers at `temperature`, else at the configured one."""
        drawn = self.sampling.temperature if temperature is None else temperature
        wanted = Wanted(n=n, text=False)
        return self._complete(
            self._chat, url, f"canary {purpose}", wanted, n=n, logprobs=logprobs, temperature=drawn
        )

    def follow_up(self, url: str, answer: str) -> None:
        """Ask how sure the model is of `answer`."""
        chat = self.prompts.verbalized_chat(self._chat, answer)
        self._complete(chat, url, "canary", Wanted(text=False))

    @property
    def _chat(self) -> Chat:
        return self.prompts.question_chat(self.instance.question, self.instance.options)

    def _complete(self, chat: Chat, url: str, purpose: str, wanted: Wanted, **settings: Any) -> Completion:
        seed = seed_of(self.seed, self.instance.instance_id, purpose)
        settings["max_tokens"] = self.prompts.answer_limit(self.sampling.max_new_tokens)
        return self.client.complete(body_of(chat, url, seed=seed, **settings), wanted, self.tally)


def depth_of(answer: Completion) -> int:
    """Tokens listed at the first position."""
    positions = answer.replies[0].positions
    return len(positions[0].top_logprobs) if positions else 0
