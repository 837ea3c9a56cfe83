"""What is asked of a model about one instance, and how its answers become evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.engines.local.asked import Asked, Said, Turn
from vqa_canary.engines.local.decoding import Answer, Continuation, Reading, Request
from vqa_canary.engines.local.loading import Loaded
from vqa_canary.engines.local.places import NO_LETTER, NO_TRUTH, Place, Places
from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.local.sampler import Draw
from vqa_canary.engines.prompts import LETTERS, Prompts, cut_answer
from vqa_canary.engines.reshuffling import Reshuffled
from vqa_canary.engines.sampling import Sampling
from vqa_canary.engines.surface_forms import LETTER_FORMS, WORD_FORMS, Readout
from vqa_canary.reading import OptionRead, read_confidence
from vqa_canary.rows import Instance, Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

Found = tuple[Continuation, Readout]
"""What followed a prompt, and where the words are read in it."""


class LocalInterview:
    """Three turns: the question, then P(True) and a stated confidence about the greedy answer."""

    def __init__(self, loaded: Loaded, renderer: Renderer, prompts: Prompts, sampling: Sampling, seed: int):
        self._loaded, self._renderer = loaded, renderer
        self._prompts, self._sampling, self._seed = prompts, sampling, seed
        self.limit = prompts.answer_limit(sampling.max_new_tokens)
        self._places = Places(renderer)
        added = loaded.tokenizer.added_tokens_decoder
        self._marks = frozenset(token for token, one in added.items() if one.special)

    def ask(self, session: Reading, asked: Sequence[Asked]) -> None:
        """Fill in the evidence of each: the question first, then the follow-ups to its answer."""
        import torch

        with torch.no_grad():  # weights quantised to four bits refuse inference mode
            self._ask_question(session, asked)
            if self._sampling.reshuffled:
                self._ask_reshuffled(session, asked)
            # Follow-ups quote the answer, so they come after it. In the same session they share what was read for the
            # question.
            answered = [one for one in asked if one.evidence.status == "ok"]
            self._ask_follow_ups(session, answered)
        for one in (one for one in answered if one.evidence.status == "ok"):
            # What samples would have cost without sharing: each would have read the whole prompt again. Those with
            # prompts of their own are counted already.
            repeated = 0 if self._sampling.reshuffled else one.prompt_tokens[0] * self._sampling.n_samples
            total = sum(one.prompt_tokens) + repeated
            one.evidence = replace(
                one.evidence, prompt_tokens=total, reused_tokens=total - sum(one.tokens_read)
            )

    def _ask_question(self, session: Reading, asked: Sequence[Asked]) -> None:
        turns = [
            Turn(
                one,
                one.prompt,
                tuple(LETTERS[: len(one.instance.options)]),
                LETTER_FORMS,
                self._draws(one.instance),
                self.limit,
            )
            for one in asked
        ]
        found = self._ask(session, turns)
        places: list[Place] = []
        for turn, (after, readout) in zip(turns, found, strict=True):
            if _has_nan(after):
                self._fail(turn.asked)
                continue
            said = self._said(after.greedy)
            read = self._keep(turn.asked, after, said)
            if turn.asked.evidence.status == "ok":
                named = said.named_letter(read, turn.asked.prefix)
                chosen = None if read.letter else read.choice
                place = self._places.find(turn, after, readout, said, named, NO_LETTER, chosen)
                places.append(place)
        for place, logprobs in self._read(session, places):
            one = place.turn.asked
            if logprobs is None:
                one.lack("option_logprobs", place.reason)
            else:
                one.evidence = replace(
                    one.evidence,
                    option_logprobs=tuple(logprobs.tolist()),
                    option_mass=float(np.exp(logprobs).sum()),
                    read_at=place.at,
                )

    def _keep(self, one: Asked, found: Continuation, said: Said) -> OptionRead:
        """What was answered, greedy and sampled; an answer that was cut before it named an option fails the row."""
        options, ends = one.instance.options, self._loaded.end_ids
        whole, cut = said.option(one.prefix, options), said.is_cut(self.limit, ends)
        read = said.before_the_cut(whole, one.prefix) if cut else whole
        if cut and (error := cut_answer(self._prompts.answer_style, read.choice, self.limit)):
            one.fail(error)
            return read
        samples, n_cut, known = [], int(cut and read.choice is None), {said.text: whole}
        for answer in found.samples:
            own = self._said(answer)
            # Samples often repeat one another, and reading a text is not free.
            if own.text not in known:
                known[own.text] = own.option(one.prefix, options)
            left = self._left_of(own, known[own.text], one.prefix)
            n_cut += own.is_cut(self.limit, ends) and left.choice is None
            samples.append(Sample(own.text.strip(), left.choice, tuple(answer.logprobs)))
        one.evidence = replace(
            one.evidence,
            greedy_text=said.text.strip(),
            greedy_choice=read.choice,
            greedy_token_logprobs=tuple(found.greedy.logprobs),
            greedy_token_entropies=tuple(found.greedy.entropies),
            samples=tuple(samples),
            cut_answers=n_cut,
        )
        one.said = (one.prefix + said.text).strip()
        return read

    def _left_of(self, said: Said, read: OptionRead, prefix: str) -> OptionRead:
        """What is left of the reading of a sample, which may have been cut at the token limit."""
        if not said.is_cut(self.limit, self._loaded.end_ids):
            return read
        left = said.before_the_cut(read, prefix)
        lost = cut_answer(self._prompts.answer_style, left.choice, self.limit)
        return OptionRead(None, "no option") if lost else left

    def _ask_reshuffled(self, session: Reading, asked: Sequence[Asked]) -> None:
        """Samples that each see the options in another order; what they name becomes an option of the instance.

        One sample of every instance is asked for at a time: more prompts at once would make a tree's mask larger by
        the square of their number.
        """
        for at in range(self._sampling.n_samples):
            left = [one for one in asked if one.evidence.status == "ok"]
            orders = [Reshuffled.of(self._seed, one.instance, at) for one in left]
            found = session.read(list(map(partial(self._reshuffled, at), left, orders))) if left else []
            for one, order, after in zip(left, orders, found, strict=True):
                one.prompt_tokens.append(after.prompt_tokens)
                one.tokens_read.append(after.tokens_read)
                if _has_nan(after):
                    self._fail(one)
                else:
                    self._keep_reshuffled(one, order, after.samples[0])

    def _reshuffled(self, at: int, one: Asked, order: Reshuffled) -> Request:
        """The request for one sample of an instance."""
        shown, images = order.shown(one.instance), one.prompt.images
        chat = self._prompts.question_chat(shown.question, shown.options, len(images))
        draw = Draw.of(self._seed, one.instance.instance_id, at)
        prompt = self._renderer.render(chat, images)
        return Request(prompt, (draw,), (), self.limit, one.row, greedy=False)

    def _keep_reshuffled(self, one: Asked, order: Reshuffled, answer: Answer) -> None:
        said = self._said(answer)
        read = self._left_of(said, said.option(one.prefix, order.shown(one.instance).options), one.prefix)
        text = order.in_own_letters(said.text, read, one.prefix).strip()
        sample = Sample(text, order.own(read.choice), tuple(answer.logprobs))
        cut = said.is_cut(self.limit, self._loaded.end_ids) and read.choice is None
        one.evidence = replace(
            one.evidence,
            samples=(*(one.evidence.samples or ()), sample),
            cut_answers=(one.evidence.cut_answers or 0) + cut,
        )

    def _ask_follow_ups(self, session: Reading, asked: Sequence[Asked]) -> None:
        wanted = self._sampling.follow_ups
        for one in asked:
            for gap in self._sampling.gaps():
                one.lack(gap.field, gap.reason)
        judged = [
            self._p_true(one)
            for one in asked
            if "p_true" in wanted and one.evidence.greedy_choice is not None
        ]
        sure = [self._confidence(one) for one in asked if "verbalized" in wanted]
        found = list(self._ask(session, [*judged, *sure]))
        for turn, (after, _) in zip([*judged, *sure], found, strict=True):
            if _has_nan(after):
                self._fail(turn.asked)
        for turn, (after, _) in zip(sure, found[len(judged) :], strict=True):
            if (one := turn.asked).evidence.status == "ok":
                text = self._said(after.greedy).text.strip()
                one.evidence = replace(
                    one.evidence, verbalized_text=text, verbalized_confidence=read_confidence(text)
                )
        sound = [at for at, turn in enumerate(judged) if turn.asked.evidence.status == "ok"]
        self._judge(session, [judged[at] for at in sound], [found[at] for at in sound])

    def _judge(self, session: Reading, judged: Sequence[Turn], found: Sequence[Found]) -> None:
        """P(True), where the reply says True or False: at its first token, or behind what else it says."""
        places = [
            self._places.first(turn, after, readout)
            for turn, (after, readout) in zip(judged, found, strict=True)
        ]
        for at, place in enumerate(places):
            if place is None:  # the reply was decoded
                after, readout = found[at]
                said = self._said(after.greedy)
                places[at] = self._places.find(judged[at], after, readout, said, said.named_truth(), NO_TRUTH)
        for place, logprobs in self._read(session, [place for place in places if place]):
            one = place.turn.asked
            if logprobs is None:
                one.lack("p_true", place.reason)
                continue
            true, false = np.exp(logprobs)
            # Both may be 0, and then their ratio says nothing.
            if true + false > 0:
                one.evidence = replace(one.evidence, p_true=float(true / (true + false)))

    def _read(
        self, session: Reading, places: Sequence[Place]
    ) -> Iterator[tuple[Place, NDArray[np.float64] | None]]:
        """Log-probabilities of the words at each place; None where there is no place to read them at."""
        later = [place for place in places if place.prompt]
        requests = [
            Request(place.prompt, (), tuple(sorted(place.readout.later)), 0, place.turn.asked.row)
            for place in later
            if place.prompt
        ]
        found = dict(zip(map(id, later), session.read(requests) if requests else [], strict=True))
        for place in places:
            after = found.get(id(place), place.after)
            if after is not None and _has_nan(after):
                self._fail(place.turn.asked)
            else:
                yield place, None if after is None else place.read(after)

    def _said(self, answer: Answer) -> Said:
        return Said.of(answer, self._loaded.tokenizer, self._marks)

    def _fail(self, one: Asked) -> None:
        dtype = str(self._loaded.model.dtype).removeprefix("torch.")
        one.fail(f"the model returned NaN in {dtype}; try dtype: float32")

    def _p_true(self, one: Asked) -> Turn:
        choice = one.evidence.greedy_choice or 0
        chat = self._prompts.p_true_chat(one.chat, one.said, choice, one.instance.options)
        prompt, limit = self._renderer.render(chat, one.prompt.images), self._sampling.max_new_tokens
        # A short reply is read at its first token. Any other is decoded, in the same passes as stated confidences.
        return Turn(one, prompt, ("True", "False"), WORD_FORMS, max_new_tokens=limit, brief=True)

    def _confidence(self, one: Asked) -> Turn:
        chat = self._prompts.verbalized_chat(one.chat, one.said)
        prompt = self._renderer.render(chat, one.prompt.images)
        return Turn(one, prompt, max_new_tokens=self._sampling.max_new_tokens)

    def _ask(self, session: Reading, turns: Sequence[Turn]) -> Iterator[Found]:
        """What follows each prompt, in order, and where to read the words in it."""
        readouts = [self._places.readout(turn) for turn in turns]
        requests = [
            Request(
                turn.prompt,
                turn.draws,
                tuple(sorted(readout.later)),
                turn.max_new_tokens,
                turn.asked.row,
                partial(self._is_brief, turn, readout) if turn.brief else None,
            )
            for turn, readout in zip(turns, readouts, strict=True)
        ]
        found = session.read(requests) if requests else []
        for turn, one in zip(turns, found, strict=True):
            turn.asked.prompt_tokens.append(one.prompt_tokens)
            turn.asked.tokens_read.append(one.tokens_read)
        return zip(found, readouts, strict=True)

    def _is_brief(self, turn: Turn, readout: Readout, after: Continuation) -> bool:
        return self._places.first(turn, after, readout) is not None

    def _draws(self, instance: Instance) -> list[Draw]:
        """Those of samples that go on from the prompt of the greedy answer."""
        if self._sampling.reshuffled:
            return []
        return [Draw.of(self._seed, instance.instance_id, at) for at in range(self._sampling.n_samples)]


def _has_nan(found: Continuation) -> bool:
    answers = [np.asarray(one.logprobs) for one in (found.greedy, *found.samples)]
    return any(bool(np.isnan(one).any()) for one in (found.next_logprobs, *found.opened.values(), *answers))
