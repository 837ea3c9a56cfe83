"""What an endpoint is asked about one instance, and how its answers become evidence.

The turns are those of the local engine (`engines/local/interview.py`), in as many requests as the endpoint
needs. What it cannot give is null with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

from vqa_canary.engines.answer_words import MAJORITY, Named, find_truth
from vqa_canary.engines.answers import read_cut
from vqa_canary.engines.endpoint.client import Client, Tally
from vqa_canary.engines.endpoint.failures import BudgetSpent, CallFailed
from vqa_canary.engines.endpoint.limits import limits_of
from vqa_canary.engines.endpoint.places import begins_with, read_at
from vqa_canary.engines.endpoint.readout import WordLogprobs, read_words
from vqa_canary.engines.endpoint.requests import Urls, body_of, seed_of
from vqa_canary.engines.endpoint.responses import Completion, Reply, Wanted
from vqa_canary.engines.endpoint.standing import Standing
from vqa_canary.engines.local.places import NO_LETTER, NO_TRUTH
from vqa_canary.engines.prompts import LETTERS, Chat, Prompts, cut_answer
from vqa_canary.engines.reshuffling import Reshuffled
from vqa_canary.engines.sampling import Sampling
from vqa_canary.engines.surface_forms import LETTER_FORMS, WORD_FORMS
from vqa_canary.reading import OptionRead, answer_part, read_confidence, read_option, read_truth
from vqa_canary.rows import Evidence, Gap, Instance, Sample

NO_LOGPROBS = "the endpoint gives no log-probs"
NO_FOLLOW_UPS = "the endpoint takes no follow-up turn"
NO_DISTRIBUTION = "a list of likeliest tokens is no distribution"
REFUSED = "the endpoint refused to answer"
NOT_SEEN = "which of the listed tokens are the answer's cannot be seen"
NOTHING_SAID = "the answer is empty"
NOT_KNOWN = "the endpoint does not know the log-prob of some token of the answer"
ONE_DRAW = "the endpoint takes no temperature, so the answer is one draw and not the likeliest one"


@dataclass(frozen=True)
class EndpointInterview:
    """Asks about instances, each on its own; threads share it."""

    model: str
    client: Client
    standing: Standing
    prompts: Prompts
    sampling: Sampling
    seed: int

    def ask(self, instance: Instance, urls: Urls) -> Evidence:
        """Evidence of one instance, whose images are at `urls`.

        A request that fails for good fails the instance whole, and so does an answer, greedy or sampled, that
        did not begin within the token limit. A refusal, or an empty answer that ended by itself, is an answer that
        names no option; nothing is asked about an empty one.

        Raises
        ------
        Stopped : the run was ended
        """
        tally = Tally()
        try:
            found = self._ask(instance, urls, tally)
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

    def _ask(self, instance: Instance, urls: Urls, tally: Tally) -> dict[str, Any]:
        turn = _InstanceRequests(self, instance, urls, tally)
        chat = self.prompts.question_chat(instance.question, instance.options, len(instance.images))
        limit = self.prompts.answer_limit(self.sampling.max_new_tokens)
        greedy = turn.greedy(chat, "greedy", limit)
        read = self.option_of(greedy, instance.options)
        if greedy.cut and (error := cut_answer(self.prompts.answer_style, read.choice, limit)):
            raise CallFailed(error, retry=False)
        samples, n_cut = turn.samples(chat, limit)
        gaps: dict[str, str] = {}
        letters, at = self._read_letters(greedy, read, instance.options, gaps)
        gaps["greedy_token_entropies"] = NO_DISTRIBUTION if greedy.positions else _why(greedy, self.standing)
        if not greedy.positions:
            gaps["greedy_token_logprobs"] = gaps["greedy_token_entropies"]
        elif not greedy.token_logprobs:
            gaps["greedy_token_logprobs"] = NOT_KNOWN
        elif not self.standing.dialect.temperature:
            gaps["greedy_token_logprobs"] = ONE_DRAW
        gaps |= {gap.field: gap.reason for gap in self.sampling.gaps()}
        wanted = self.sampling.follow_ups
        p_true = self._ask_p_true(turn, chat, greedy, read.choice, gaps) if "p_true" in wanted else None
        stated = self._ask_confidence(turn, chat, greedy, gaps) if "verbalized" in wanted else None
        true = exp(p_true.logprobs[0]) if p_true else None
        bounded = (*(letters.bounded if letters else ()), *(p_true.bounded if p_true else ()))
        return {
            "option_logprobs": letters.logprobs if letters else None,
            "option_mass": sum(map(exp, letters.logprobs)) if letters else None,
            "read_at": at,
            "greedy_text": greedy.text,
            "greedy_choice": read.choice,
            "greedy_token_logprobs": None if "greedy_token_logprobs" in gaps else greedy.token_logprobs,
            "samples": samples,
            "cut_answers": n_cut + (greedy.cut and read.choice is None),
            "p_true": true / sum(map(exp, p_true.logprobs)) if p_true and true is not None else None,
            "verbalized_text": stated,
            "verbalized_confidence": None if stated is None else read_confidence(stated),
            "bounded": bounded or None,
            "gaps": tuple(Gap(name, reason) for name, reason in gaps.items()),
        }

    def option_of(self, reply: Reply, options: tuple[str, ...]) -> OptionRead:
        """The option that a reply names; what was written for the model stands before it."""
        if reply.refused:
            return OptionRead(None, "a refusal")
        prefix = self.prompts.answer_prefix
        read = read_option(prefix + reply.raw, options)
        return read_cut(read, prefix + reply.raw, len(prefix)) if reply.cut else read

    def _read_letters(
        self, reply: Reply, read: OptionRead, options: tuple[str, ...], gaps: dict[str, str]
    ) -> tuple[WordLogprobs | None, int | None]:
        """The letters' log-probs, and at which token of the answer they were read."""
        start, prefix = read.start, self.prompts.answer_prefix
        named = None
        if read.letter and read.choice is not None and start is not None and start >= len(prefix):
            written = (prefix + reply.raw)[start : read.end]
            named = Named(read.choice, written, start - len(prefix))
        letters = tuple(LETTERS[: len(options)])
        chosen = None if read.letter else read.choice
        return self._read(reply, letters, LETTER_FORMS, named, gaps, "option_logprobs", chosen)

    def _ask_p_true(
        self, turn: _InstanceRequests, chat: Chat, greedy: Reply, choice: int | None, gaps: dict[str, str]
    ) -> WordLogprobs | None:
        if not self.standing.depth or not self.standing.follow_ups:
            gaps["p_true"] = NO_FOLLOW_UPS if self.standing.depth else NO_LOGPROBS
            return None
        if choice is None:
            return None
        asked = self.prompts.p_true_chat(chat, self._whole(greedy), choice, turn.instance.options)
        words = "True", "False"
        few = self.standing.few_tokens
        reply = turn.greedy(asked, "p true", few, text=False)
        if reply.refused or not reply.positions:
            gaps["p_true"] = _why(reply, self.standing)
            return None
        found = read_words(reply.positions, words, WORD_FORMS)
        sure = found is not None and found.listed_mass > MAJORITY
        if not (sure or begins_with(reply.positions, words, WORD_FORMS)):
            reply = turn.greedy(asked, "p true", max(few, self.sampling.max_new_tokens), text=False)
            truth = None if reply.refused else read_truth(reply.raw)
            named = None if truth is None else find_truth(reply.raw, truth, *answer_part(reply.raw))
            return self._read(reply, words, WORD_FORMS, named, gaps, "p_true")[0]
        if found is None:
            gaps["p_true"] = NO_TRUTH
        return found

    def _ask_confidence(
        self, turn: _InstanceRequests, chat: Chat, greedy: Reply, gaps: dict[str, str]
    ) -> str | None:
        if not self.standing.follow_ups or not greedy.text:
            gaps["verbalized_confidence"] = NOTHING_SAID if self.standing.follow_ups else NO_FOLLOW_UPS
            return None
        asked = self.prompts.verbalized_chat(chat, self._whole(greedy))
        return turn.greedy(asked, "verbalized", self.sampling.max_new_tokens, logprobs=False).text

    def _whole(self, reply: Reply) -> str:
        """The whole answer, the beginning that was written for the model included."""
        return (self.prompts.answer_prefix + reply.raw).strip() if reply.raw else reply.text

    def _read(
        self,
        reply: Reply,
        words: tuple[str, ...],
        forms: tuple[str, ...],
        named: Named | None,
        gaps: dict[str, str],
        name: str,
        chosen: int | None = None,
    ) -> tuple[WordLogprobs | None, int | None]:
        if reply.refused or not reply.positions:  # a letter read from a refusal would be judged as its answer
            gaps[name] = _why(reply, self.standing)
            return None, None
        found = read_at(reply.positions, reply.raw, words, forms, named, chosen)
        if not isinstance(found, str):
            return found
        if reply.positions[0].logprob is None:
            found = NOT_KNOWN
        gaps[name] = found or (NO_LETTER if name == "option_logprobs" else NO_TRUTH)
        return None, None


def failed(model: str, instance: Instance, error: str, calls: int = 0) -> Evidence:
    """The evidence of an instance that was not answered."""
    return Evidence(model, instance.instance_id, status="failed", error=error, calls=calls)


def _why(reply: Reply, standing: Standing) -> str:
    """Why an answer has no log-probs."""
    if not standing.depth:
        return NO_LOGPROBS
    return REFUSED if reply.refused else NOT_SEEN


@dataclass(frozen=True)
class _InstanceRequests:
    """Requests about one instance."""

    interview: EndpointInterview
    instance: Instance
    urls: Urls
    tally: Tally

    def greedy(
        self, chat: Chat, purpose: str, max_tokens: int, text: bool = True, logprobs: bool = True
    ) -> Reply:
        standing = self.interview.standing
        top = standing.top_logprobs if logprobs else 0
        wanted = Wanted(depth=standing.depth if top else 0, logprobs=bool(top), text=text)

        def ask() -> Reply:
            return self._complete(chat, purpose, wanted, max_tokens=max_tokens, top_logprobs=top).replies[0]

        return self.interview.client.doubts.settled(ask) if top else ask()

    def samples(self, chat: Chat, limit: int) -> tuple[tuple[Sample, ...], int]:
        """The samples of one instance, as many as configured, and how many of them were cut before they named an
        option.

        Where a request gives fewer than asked, the rest is asked for again. Where each sample sees the options in
        another order, it is a request of its own.
        """
        if self.interview.sampling.reshuffled:
            return self._reshuffled(limit)
        n_wanted = self.interview.sampling.n_samples
        replies: list[Reply] = []
        while len(replies) < n_wanted:
            n = min(self.interview.standing.n_per_call, n_wanted - len(replies))
            replies += self._drawn(chat, len(replies), n, limit)
        choices = [self._read(reply, self.instance.options, limit).choice for reply in replies]
        n_cut = sum(reply.cut and choice is None for reply, choice in zip(replies, choices, strict=True))
        samples = zip(replies, choices, strict=True)
        return tuple(Sample(reply.text, choice, reply.token_logprobs) for reply, choice in samples), n_cut

    def _reshuffled(self, limit: int) -> tuple[tuple[Sample, ...], int]:
        interview, samples, n_cut = self.interview, [], 0
        for at in range(interview.sampling.n_samples):
            order = Reshuffled.of(interview.seed, self.instance, at)
            shown = order.shown(self.instance)
            chat = interview.prompts.question_chat(shown.question, shown.options, len(shown.images))
            [reply] = self._drawn(chat, at, 1, limit)
            read, prefix = self._read(reply, shown.options, limit), interview.prompts.answer_prefix
            # What was read are the reply's raw words, which its text may lack the first spaces of.
            text = order.in_own_letters(reply.raw, read, prefix).strip() if read.letter else reply.text
            samples.append(Sample(text, order.own(read.choice), reply.token_logprobs))
            n_cut += reply.cut and read.choice is None
        return tuple(samples), n_cut

    def _drawn(self, chat: Chat, at: int, n: int, limit: int) -> Sequence[Reply]:
        """What one request for `n` samples gives, the first of which is sample `at`."""
        sampling, standing = self.interview.sampling, self.interview.standing
        settings: dict[str, Any] = {"max_tokens": limit, "n": n}
        settings |= {"temperature": sampling.temperature, "logprobs": standing.sample_logprobs}
        settings["limits"] = limits_of(sampling)
        wanted = Wanted(n=n, logprobs=standing.sample_logprobs)
        return self._complete(chat, f"sample {at}", wanted, **settings).replies

    def _read(self, reply: Reply, options: tuple[str, ...], limit: int) -> OptionRead:
        read = self.interview.option_of(reply, options)
        lost = reply.cut and cut_answer(self.interview.prompts.answer_style, read.choice, limit)
        return OptionRead(None, "no option") if lost else read

    def _complete(self, chat: Chat, purpose: str, wanted: Wanted, **settings: Any) -> Completion:
        seed = seed_of(self.interview.seed, self.instance.instance_id, purpose)
        body = body_of(chat, self.urls, seed=seed, **settings)
        return self.interview.client.complete(body, wanted, self.tally)
