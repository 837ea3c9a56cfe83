"""What an endpoint is asked about one instance, and how its answers become evidence.

The turns are those of the local engine (`engines/interview.py`), in as many requests as the endpoint
needs. What it cannot give is null with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Any

from vqa_canary.engines.answers import parse_choice, parse_confidence
from vqa_canary.engines.endpoint.client import Client, Tally
from vqa_canary.engines.endpoint.failures import BudgetSpent, CallFailed
from vqa_canary.engines.endpoint.readout import WordLogprobs, read_words
from vqa_canary.engines.endpoint.requests import body_of, seed_of
from vqa_canary.engines.endpoint.responses import Completion, Reply, Wanted
from vqa_canary.engines.endpoint.standing import Standing
from vqa_canary.engines.prompts import LETTERS, Chat, Prompts
from vqa_canary.engines.registration import Sampling
from vqa_canary.engines.surface_forms import LETTER_FORMS, WORD_FORMS
from vqa_canary.tables import Evidence, Gap, Instance, Sample

NO_LOGPROBS = "the endpoint gives no log-probs"
NO_FOLLOW_UPS = "the endpoint takes no follow-up turn"
NO_DISTRIBUTION = "a list of likeliest tokens is no distribution"
REFUSED = "the endpoint refused to answer"
NOT_SEEN = "which tokens are the answer's cannot be seen behind its reasoning"
NOTHING_SAID = "the answer is empty"
NOT_KNOWN = "the endpoint does not know the log-prob of some token of the answer"
ONE_DRAW = "the endpoint takes no temperature, so the answer is one draw and not the likeliest one"


@dataclass(frozen=True)
class Interview:
    """Asks about instances, each on its own; threads share it."""

    model: str
    client: Client
    standing: Standing
    prompts: Prompts
    sampling: Sampling
    seed: int

    def ask(self, instance: Instance, url: str) -> Evidence:
        """Evidence of one instance, whose image is at `url`.

        A request that fails for good fails the instance whole, and so does an answer, greedy or sampled, that
        did not begin within the token limit. A refusal, or an empty answer that ended by itself, is an answer that
        names no option; nothing is asked about an empty one.

        Raises
        ------
        Stopped : the run was ended
        """
        tally = Tally()
        try:
            found = self._ask(instance, url, tally)
        except CallFailed as error:
            attempts = f", {tally.calls} calls in all" if tally.calls > 1 else ""
            return failed(self.model, instance, f"{error}{attempts}", tally.calls)
        except BudgetSpent as error:
            asked = "not asked to the end" if tally.calls else "not asked"
            return failed(self.model, instance, f"{asked}: {error}", tally.calls)
        return Evidence(
            self.model,
            instance.instance_id,
            **found,
            prompt_tokens=tally.prompt_tokens,
            reused_tokens=tally.reused_tokens,
            completion_tokens=tally.completion_tokens,
            calls=tally.calls,
        )

    def _ask(self, instance: Instance, url: str, tally: Tally) -> dict[str, Any]:
        turn = _Turn(self, instance, url, tally)
        chat = self.prompts.question_chat(instance.question, instance.options)
        greedy = turn.greedy(chat, "greedy", self.sampling.max_new_tokens)
        choice = None if greedy.refused else parse_choice(greedy.text, instance.options)
        samples = turn.samples(chat)
        gaps: dict[str, str] = {}
        letters = self._read(greedy, LETTERS[: len(instance.options)], LETTER_FORMS, gaps, "option_logprobs")
        gaps["greedy_token_entropies"] = NO_DISTRIBUTION if greedy.positions else _why(greedy, self.standing)
        if not greedy.positions:
            gaps["greedy_token_logprobs"] = gaps["greedy_token_entropies"]
        elif not greedy.token_logprobs:
            gaps["greedy_token_logprobs"] = NOT_KNOWN
        elif not self.standing.dialect.temperature:
            gaps["greedy_token_logprobs"] = ONE_DRAW
        p_true = self._ask_p_true(turn, chat, greedy, choice, gaps)
        stated = self._ask_confidence(turn, chat, greedy, gaps)
        true = exp(p_true.logprobs[0]) if p_true else None
        bounded = (*(letters.bounded if letters else ()), *(p_true.bounded if p_true else ()))
        return {
            "option_logprobs": letters.logprobs if letters else None,
            "option_mass": sum(map(exp, letters.logprobs)) if letters else None,
            "greedy_text": greedy.text,
            "greedy_choice": choice,
            "greedy_token_logprobs": None if "greedy_token_logprobs" in gaps else greedy.token_logprobs,
            "samples": samples,
            "p_true": true / sum(map(exp, p_true.logprobs)) if p_true and true is not None else None,
            "verbalized_text": stated,
            "verbalized_confidence": None if stated is None else parse_confidence(stated),
            "bounded": bounded or None,
            "gaps": tuple(Gap(name, reason) for name, reason in gaps.items()),
        }

    def _ask_p_true(
        self, turn: _Turn, chat: Chat, greedy: Reply, choice: int | None, gaps: dict[str, str]
    ) -> WordLogprobs | None:
        if not self.standing.depth or not self.standing.follow_ups:
            gaps["p_true"] = NO_FOLLOW_UPS if self.standing.depth else NO_LOGPROBS
            return None
        if choice is None:
            return None
        asked = self.prompts.p_true_chat(chat, greedy.text, choice, turn.instance.options)
        reply = turn.greedy(asked, "p true", self.standing.few_tokens, text=False)
        return self._read(reply, ("True", "False"), WORD_FORMS, gaps, "p_true")

    def _ask_confidence(self, turn: _Turn, chat: Chat, greedy: Reply, gaps: dict[str, str]) -> str | None:
        if not self.standing.follow_ups or not greedy.text:
            gaps["verbalized_confidence"] = NOTHING_SAID if self.standing.follow_ups else NO_FOLLOW_UPS
            return None
        asked = self.prompts.verbalized_chat(chat, greedy.text)
        return turn.greedy(asked, "verbalized", self.sampling.max_new_tokens, logprobs=False).text

    def _read(
        self,
        reply: Reply,
        words: str | tuple[str, ...],
        forms: tuple[str, ...],
        gaps: dict[str, str],
        name: str,
    ) -> WordLogprobs | None:
        if reply.refused or not reply.positions:  # a letter read from a refusal would be judged as its answer
            gaps[name] = _why(reply, self.standing)
            return None
        found = read_words(reply.positions, words, forms)
        if found is None:
            n = len(reply.positions[0].top_logprobs)
            what = "an option" if name == "option_logprobs" else " or ".join(words)
            unknown = reply.positions[0].logprob is None
            gaps[name] = NOT_KNOWN if unknown else f"none of the {n} listed tokens names {what}"
        return found


def failed(model: str, instance: Instance, error: str, calls: int = 0) -> Evidence:
    """The evidence of an instance that was not answered."""
    return Evidence(model, instance.instance_id, status="failed", error=error, calls=calls)


def _why(reply: Reply, standing: Standing) -> str:
    """Why an answer has no log-probs."""
    if not standing.depth:
        return NO_LOGPROBS
    return REFUSED if reply.refused else NOT_SEEN


@dataclass(frozen=True)
class _Turn:
    """Requests about one instance."""

    interview: Interview
    instance: Instance
    url: str
    tally: Tally

    def greedy(
        self, chat: Chat, purpose: str, max_tokens: int, text: bool = True, logprobs: bool = True
    ) -> Reply:
        standing = self.interview.standing
        top = standing.top_logprobs if logprobs else 0
        wanted = Wanted(depth=standing.depth if top else 0, logprobs=bool(top), text=text)
        return self._complete(chat, purpose, wanted, max_tokens=max_tokens, top_logprobs=top).replies[0]

    def samples(self, chat: Chat) -> tuple[Sample, ...]:
        """As many as configured; where a request gives fewer than asked, the rest is asked for again."""
        sampling, standing = self.interview.sampling, self.interview.standing
        replies: list[Reply] = []
        while len(replies) < sampling.n_samples:
            n = min(standing.n_per_call, sampling.n_samples - len(replies))
            wanted = Wanted(n=n, logprobs=standing.sample_logprobs)
            settings: dict[str, Any] = {"max_tokens": sampling.max_new_tokens, "n": n}
            settings |= {"temperature": sampling.temperature, "logprobs": standing.sample_logprobs}
            replies += self._complete(chat, f"sample {len(replies)}", wanted, **settings).replies
        return tuple(
            Sample(
                reply.text,
                None if reply.refused else parse_choice(reply.text, self.instance.options),
                reply.token_logprobs,
            )
            for reply in replies
        )

    def _complete(self, chat: Chat, purpose: str, wanted: Wanted, **settings: Any) -> Completion:
        seed = seed_of(self.interview.seed, self.instance.instance_id, purpose)
        body = body_of(chat, self.url, seed=seed, **settings)
        return self.interview.client.complete(body, wanted, self.tally)
