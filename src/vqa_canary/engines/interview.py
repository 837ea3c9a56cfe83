"""What is asked of a model about one instance, and how its answers become evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.engines.answers import parse_choice, parse_confidence
from vqa_canary.engines.decoding import Answer, Continuation, Draw, Reading, Request
from vqa_canary.engines.loading import Loaded
from vqa_canary.engines.prompts import LETTERS, Chat, Prompts
from vqa_canary.engines.registration import Sampling
from vqa_canary.engines.rendering import Prompt, Renderer
from vqa_canary.engines.surface_forms import LETTER_FORMS, WORD_FORMS, Readout
from vqa_canary.seeding import generator_for
from vqa_canary.tables import Evidence, Instance, Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass
class Asked:
    """An instance on its way through the turns."""

    instance: Instance
    chat: Chat
    prompt: Prompt
    evidence: Evidence
    prompt_tokens: list[int] = field(default_factory=list)
    tokens_read: list[int] = field(default_factory=list)

    def begin(self) -> None:
        """Forget what was found, so that it can be asked anew."""
        self.evidence = Evidence(self.evidence.model, self.evidence.instance_id)
        self.prompt_tokens, self.tokens_read = [], []

    def fail(self, error: str) -> None:
        """Leave no evidence but the reason why there is none."""
        self.begin()
        self.evidence = replace(self.evidence, status="failed", error=error)

    @property
    def row(self) -> tuple[str, str]:
        """What may share all but its options: the conditions of an item."""
        return self.instance.dataset, self.instance.item_id


@dataclass(frozen=True)
class Question:
    """One prompt about an instance, and what is wanted after it."""

    asked: Asked
    prompt: Prompt
    words: tuple[str, ...] = ()
    forms: Sequence[str] = ()
    draws: Sequence[Draw] = ()
    max_new_tokens: int = 0


class Interview:
    """Three turns: the question, then P(True) and a stated confidence about the greedy answer."""

    def __init__(self, loaded: Loaded, renderer: Renderer, prompts: Prompts, sampling: Sampling, seed: int):
        self._loaded, self._renderer = loaded, renderer
        self._prompts, self._sampling, self._seed = prompts, sampling, seed

    def ask(self, session: Reading, asked: Sequence[Asked]) -> None:
        """Fill in the evidence of each: the question first, then both follow-ups to its answer."""
        import torch

        with torch.no_grad():  # weights quantised to four bits refuse inference mode
            self._ask_question(session, asked)
            answered = [one for one in asked if one.evidence.status == "ok"]
            self._ask_follow_ups(session, answered)
        for one in (one for one in answered if one.evidence.status == "ok"):
            repeated = one.prompt_tokens[0] * self._sampling.n_samples
            total = sum(one.prompt_tokens) + repeated
            one.evidence = replace(
                one.evidence, prompt_tokens=total, reused_tokens=total - sum(one.tokens_read)
            )

    def _ask_question(self, session: Reading, asked: Sequence[Asked]) -> None:
        questions = [
            Question(
                one,
                one.prompt,
                tuple(LETTERS[: len(one.instance.options)]),
                LETTER_FORMS,
                self._draws(one.instance),
                self._sampling.max_new_tokens,
            )
            for one in asked
        ]
        for one, (found, readout) in zip(asked, self._ask(session, questions), strict=True):
            if _has_nan(found):
                self._fail(one)
                continue
            options = one.instance.options
            logprobs = _read(found, readout)
            greedy = self._text(found.greedy)
            samples = tuple(
                Sample(text, parse_choice(text, options), tuple(answer.logprobs))
                for answer, text in ((answer, self._text(answer)) for answer in found.samples)
            )
            one.evidence = replace(
                one.evidence,
                option_logprobs=tuple(logprobs.tolist()),
                option_mass=float(np.exp(logprobs).sum()),
                greedy_text=greedy,
                greedy_choice=parse_choice(greedy, options),
                greedy_token_logprobs=tuple(found.greedy.logprobs),
                greedy_token_entropies=tuple(found.greedy.entropies),
                samples=samples,
            )

    def _ask_follow_ups(self, session: Reading, asked: Sequence[Asked]) -> None:
        judged = [self._p_true(one) for one in asked if one.evidence.greedy_choice is not None]
        sure = [self._confidence(one) for one in asked]
        found = list(self._ask(session, [*judged, *sure]))
        for question, (after, readout) in zip(judged, found, strict=False):
            true, false = np.exp(_read(after, readout))
            one = question.asked
            if true + false > 0:
                one.evidence = replace(one.evidence, p_true=float(true / (true + false)))
        for question, (after, _) in zip(sure, found[len(judged) :], strict=True):
            text, one = self._text(after.greedy), question.asked
            one.evidence = replace(
                one.evidence, verbalized_text=text, verbalized_confidence=parse_confidence(text)
            )
        for question, (after, _) in zip([*judged, *sure], found, strict=True):
            if _has_nan(after):
                self._fail(question.asked)

    def _fail(self, one: Asked) -> None:
        dtype = str(self._loaded.model.dtype).removeprefix("torch.")
        one.fail(f"the model returned NaN in {dtype}; try dtype: float32")

    def _p_true(self, one: Asked) -> Question:
        choice = one.evidence.greedy_choice or 0
        chat = self._prompts.p_true_chat(one.chat, self._said(one), choice, one.instance.options)
        return Question(one, self._renderer.render(chat, one.prompt.image), ("True", "False"), WORD_FORMS)

    def _confidence(self, one: Asked) -> Question:
        chat = self._prompts.verbalized_chat(one.chat, self._said(one))
        prompt = self._renderer.render(chat, one.prompt.image)
        return Question(one, prompt, max_new_tokens=self._sampling.max_new_tokens)

    def _ask(self, session: Reading, questions: Sequence[Question]) -> Iterator[tuple[Continuation, Readout]]:
        """What follows each prompt, in order, and where to read the words in it."""
        readouts = [self._renderer.readout(q.prompt.text, q.words, q.forms) for q in questions]
        requests = [
            Request(q.prompt, q.draws, tuple(sorted(readout.later)), q.max_new_tokens, q.asked.row)
            for q, readout in zip(questions, readouts, strict=True)
        ]
        found = session.read(requests) if requests else []
        for question, one in zip(questions, found, strict=True):
            question.asked.prompt_tokens.append(one.prompt_tokens)
            question.asked.tokens_read.append(one.tokens_read)
        return zip(found, readouts, strict=True)

    @staticmethod
    def _said(one: Asked) -> str:
        return one.evidence.greedy_text or ""

    def _text(self, answer: Answer) -> str:
        text: str = self._loaded.tokenizer.decode(answer.tokens, skip_special_tokens=True)
        return text.strip()

    def _draws(self, instance: Instance) -> list[Draw]:
        return [
            partial(generator_for, self._seed, instance.instance_id, f"sample {at}")
            for at in range(self._sampling.n_samples)
        ]


def _has_nan(found: Continuation) -> bool:
    answers = [np.asarray(one.logprobs) for one in (found.greedy, *found.samples)]
    return any(bool(np.isnan(one).any()) for one in (found.next_logprobs, *found.opened.values(), *answers))


def _read(found: Continuation, readout: Readout) -> NDArray[np.float64]:
    """Log-probability of each word: its surface forms summed."""
    probabilities = np.array([np.exp(found.next_logprobs[list(ids)]).sum() for ids in readout.first])
    for opening, words in readout.later.items():
        after = found.opened[opening]
        inner = np.array([np.exp(after[list(ids)]).sum() for ids in words])
        probabilities = probabilities + np.exp(found.next_logprobs[opening]) * inner
    with np.errstate(divide="ignore"):
        result: NDArray[np.float64] = np.log(probabilities)
    return result
