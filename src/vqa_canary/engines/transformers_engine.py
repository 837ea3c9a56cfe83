"""The plain engine: every prompt of every instance read whole. Exact, and slow on purpose.

It is the oracle that faster engines are held against, so it shares nothing between prompts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.engines.answers import parse_choice, parse_confidence
from vqa_canary.engines.decoding import Answer, Continuation, Draw, continue_prompts
from vqa_canary.engines.facts import describe
from vqa_canary.engines.loading import Loaded, TransformersModel, load
from vqa_canary.engines.prompts import LETTERS, Chat, Prompts
from vqa_canary.engines.registration import ImageOpener, Sampling, engine
from vqa_canary.engines.rendering import Prompt, Renderer
from vqa_canary.engines.surface_forms import LETTER_FORMS, WORD_FORMS, Readout
from vqa_canary.errors import BadInput
from vqa_canary.seeding import generator_for
from vqa_canary.tables import Evidence, Instance, Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image


@dataclass
class _Asked:
    """An instance on its way through the three turns."""

    instance: Instance
    image: Image
    chat: Chat
    evidence: Evidence
    tokens: list[int] = field(default_factory=list)


@engine("transformers", TransformersModel)
class TransformersEngine:
    """A transformers image-text-to-text model, asked one whole prompt at a time."""

    def __init__(
        self, name: str, options: TransformersModel, prompts: Prompts, sampling: Sampling, seed: int
    ) -> None:
        self._name, self._options, self._seed = name, options, seed
        self._prompts, self._sampling = prompts, sampling

    @property
    def fingerprint(self) -> str:
        return self._options.fingerprint

    @cached_property
    def facts(self) -> dict[str, str]:
        """What answered: see `engines/facts.py`."""
        return describe(self._loaded)

    @cached_property
    def _loaded(self) -> Loaded:
        return load(self._name, self._options)

    @cached_property
    def _renderer(self) -> Renderer:
        return Renderer(self._loaded.processor)

    def answer(self, instances: Sequence[Instance], open_image: ImageOpener) -> list[Evidence]:
        """Evidence of each instance, in order."""
        done: dict[str, Evidence] = {}
        asked: list[_Asked] = []
        for instance in instances:
            evidence = Evidence(self._name, instance.instance_id)
            try:
                image = open_image(instance)
            except BadInput as error:
                done[instance.instance_id] = replace(evidence, status="failed", error=str(error))
                continue
            chat = self._prompts.question_chat(instance.question, instance.options)
            asked.append(_Asked(instance, image, chat, evidence))
        self._ask_question(asked)
        done |= {one.instance.instance_id: one.evidence for one in asked if one.evidence.status == "failed"}
        asked = [one for one in asked if one.evidence.status == "ok"]
        self._ask_p_true([one for one in asked if one.evidence.greedy_choice is not None])
        self._ask_confidence(asked)
        for one in asked:
            reused = one.tokens[0] * self._sampling.n_samples
            done[one.instance.instance_id] = replace(
                one.evidence, prompt_tokens=sum(one.tokens) + reused, reused_tokens=reused
            )
        return [done[instance.instance_id] for instance in instances]

    def _ask_question(self, asked: Sequence[_Asked]) -> None:
        words = [tuple(LETTERS[: len(one.instance.options)]) for one in asked]
        draws = [self._draws(one.instance) for one in asked]
        for one, (found, readout) in zip(
            asked, self._ask(asked, [one.chat for one in asked], words, LETTER_FORMS, draws), strict=True
        ):
            if np.isnan(found.next_logprobs).any():
                error = f"the model returned NaN in {self._options.dtype}; try dtype: float32"
                one.evidence = replace(one.evidence, status="failed", error=error)
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

    def _ask_p_true(self, asked: Sequence[_Asked]) -> None:
        chats = [
            self._prompts.p_true_chat(
                one.chat,
                one.evidence.greedy_text or "",
                one.evidence.greedy_choice or 0,
                one.instance.options,
            )
            for one in asked
        ]
        words = [("True", "False")] * len(asked)
        for one, (found, readout) in zip(asked, self._ask(asked, chats, words, WORD_FORMS), strict=True):
            true, false = np.exp(_read(found, readout))
            one.evidence = replace(one.evidence, p_true=float(true / (true + false)))

    def _ask_confidence(self, asked: Sequence[_Asked]) -> None:
        chats = [self._prompts.verbalized_chat(one.chat, one.evidence.greedy_text or "") for one in asked]
        for one, (found, _) in zip(asked, self._ask(asked, chats), strict=True):
            text = self._text(found.greedy)
            one.evidence = replace(
                one.evidence, verbalized_text=text, verbalized_confidence=parse_confidence(text)
            )

    def _ask(
        self,
        asked: Sequence[_Asked],
        chats: Sequence[Chat],
        words: Sequence[tuple[str, ...]] | None = None,
        forms: Sequence[str] = (),
        draws: Sequence[list[Draw]] | None = None,
    ) -> Iterator[tuple[Continuation, Readout]]:
        """What follows each chat, in order, and where to read `words` in it."""
        prompts = [self._renderer.render(chat, one.image) for chat, one in zip(chats, asked, strict=True)]
        for one, prompt in zip(asked, prompts, strict=True):
            one.tokens.append(prompt.length)
        readouts = [
            self._renderer.readout(prompt.text, words[at] if words else (), forms)
            for at, prompt in enumerate(prompts)
        ]
        found: dict[int, Continuation] = {}
        for batch in _batches(prompts, readouts, self._options.batch_size):
            own = [draws[at] if draws else [] for at in batch]
            found |= zip(
                batch, self._continue([prompts[at] for at in batch], own, readouts[batch[0]]), strict=True
            )
        return ((found[at], readouts[at]) for at in range(len(prompts)))

    def _continue(
        self, prompts: Sequence[Prompt], draws: Sequence[Sequence[Draw]], readout: Readout
    ) -> list[Continuation]:
        import torch

        inputs = {
            key: torch.cat([prompt.inputs[key] for prompt in prompts]).to(self._loaded.device)
            for key in prompts[0].inputs
        }
        floats = {key for key, value in inputs.items() if value.is_floating_point()}
        inputs |= {key: inputs[key].to(self._loaded.model.dtype) for key in floats}
        return continue_prompts(
            self._loaded.model,
            inputs,
            draws,
            sorted(readout.later),
            self._loaded.end_ids,
            self._sampling.max_new_tokens,
            self._sampling.temperature,
        )

    def _text(self, answer: Answer) -> str:
        text: str = self._loaded.tokenizer.decode(answer.tokens, skip_special_tokens=True)
        return text.strip()

    def _draws(self, instance: Instance) -> list[Draw]:
        return [
            generator_for(self._seed, instance.instance_id, f"sample {at}")
            .random(self._sampling.max_new_tokens)
            .tolist()
            for at in range(self._sampling.n_samples)
        ]


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


def _batches(prompts: Sequence[Prompt], readouts: Sequence[Readout], size: int) -> Iterator[list[int]]:
    """Indices of prompts that one forward pass can take: equal shapes, equal openings."""
    groups: dict[object, list[int]] = defaultdict(list)
    for at, (prompt, readout) in enumerate(zip(prompts, readouts, strict=True)):
        shapes = tuple((key, tuple(value.shape)) for key, value in sorted(prompt.inputs.items()))
        groups[shapes, tuple(sorted(readout.later))].append(at)
    for group in groups.values():
        for start in range(0, len(group), size):
            yield group[start : start + size]
