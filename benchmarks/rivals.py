"""How others get the same evidence: `generate` per prompt, and the library's decision pipeline.

Written without the engine's code but for its race, so that each is also a second opinion on its numbers.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from PIL.Image import Image
from transformers import AutoProcessor, LogitsProcessor, LogitsProcessorList, pipeline
from transformers.decision import DecisionConfig

from vqa_canary.engines.local.race import Race
from vqa_canary.engines.local.sampler import Choice, Distributions, Draw, Line
from vqa_canary.engines.local.sampler import choose as race
from vqa_canary.engines.prompts import LETTERS, Chat, Prompts
from vqa_canary.engines.protocols import ImageOpener
from vqa_canary.engines.sampling import Sampling
from vqa_canary.reading import OptionRead, read_confidence
from vqa_canary.rows import Evidence, Instance, Sample

DECISION_TEMPLATE = "<user>{% for part in state.image %}<image>{% endfor %}{{ state.text }}<end><assistant>"


def name_an_option(text: str, options: tuple[str, ...]) -> int:
    """The option whose letter an answer of random words begins with; without one, the text's checksum decides.

    Stands in for the reading of answers in every path, so that P(True) is always asked.
    """
    letter = LETTERS[: len(options)].find(text[:1] or "-")
    return zlib.crc32(text.encode()) % len(options) if letter < 0 else letter


def read_an_option(text: str, options: tuple[str, ...]) -> OptionRead:
    """The same as the engine reads it: by the letter with which every answer begins."""
    return OptionRead(name_an_option(text, options), "letter", 0, 1, letter=True)


@dataclass
class Written:
    """An answer's tokens and their natural log-probs; of a greedy one the nats of entropy too."""

    greedy: bool = False
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)

    def add(self, token: int, logprobs: torch.Tensor) -> None:
        """`logprobs` of the whole vocabulary, shape (vocabulary,)."""
        entropy = float(-(logprobs.exp() * logprobs).sum()) if self.greedy else None
        self.take(Choice(token, float(logprobs[token]), entropy))

    def take(self, choice: Choice) -> None:
        self.tokens.append(choice.token)
        self.logprobs.append(choice.logprob)
        if choice.entropy is not None:
            self.entropies.append(choice.entropy)


class Rival:
    """A model asked through the library alone."""

    def __init__(self, model: Any, processor: Any, sampling: Sampling, seed: int) -> None:
        self.model, self.processor = model, processor
        self.sampling, self.seed = sampling, seed
        self.prompts, self.device = Prompts(), model.device
        self.end = processor.tokenizer.eos_token_id

    def render(self, chat: Chat, image: Image) -> dict[str, Any]:
        text = self.processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
        inputs = self.processor(text=text, images=image, return_tensors="pt")
        return dict(inputs.to(self.device, self.model.dtype))

    def question(self, instance: Instance) -> Chat:
        return self.prompts.question_chat(instance.question, instance.options)

    def follow_ups(self, instance: Instance, greedy: Written) -> tuple[Chat, Chat]:
        """What asks for P(True) and for the confidence in words."""
        chat, text = self.question(instance), self.text(greedy.tokens)
        choice = name_an_option(text, instance.options)
        p_true = self.prompts.p_true_chat(chat, text, choice, instance.options)
        return p_true, self.prompts.verbalized_chat(chat, text)

    def draws(self, instance: Instance) -> list[Draw]:
        """The engine's own randomness of each sample."""
        return [Draw.of(self.seed, instance.instance_id, at) for at in range(self.sampling.n_samples)]

    def text(self, tokens: Sequence[int]) -> str:
        return str(self.processor.tokenizer.decode(tokens, skip_special_tokens=True)).strip()

    def evidence(
        self,
        instance: Instance,
        next_logprobs: torch.Tensor,
        greedy: Written,
        samples: Sequence[Written],
        p_true_logprobs: torch.Tensor,
        verbalized: Written,
    ) -> Evidence:
        """From written answers, and log-probs of shape (vocabulary,) after the question and after P(True)."""
        ids = self.processor.tokenizer.convert_tokens_to_ids
        options = next_logprobs[ids(list(LETTERS[: len(instance.options)]))]
        true, false = p_true_logprobs[ids(["True", "False"])].exp().tolist()
        texts = [self.text(one.tokens) for one in (greedy, verbalized, *samples)]
        choices = [name_an_option(text, instance.options) for text in texts]
        return Evidence(
            "",
            instance.instance_id,
            option_logprobs=tuple(options.tolist()),
            option_mass=float(options.exp().sum()),
            greedy_text=texts[0],
            greedy_choice=choices[0],
            greedy_token_logprobs=tuple(greedy.logprobs),
            greedy_token_entropies=tuple(greedy.entropies),
            samples=tuple(
                Sample(text, choice, tuple(one.logprobs))
                for text, choice, one in zip(texts[2:], choices[2:], samples, strict=True)
            ),
            p_true=true / (true + false),
            verbalized_text=texts[1],
            verbalized_confidence=read_confidence(texts[1]),
        )


class Generate(Rival):
    """`generate` for the greedy answer, each sample (or all, by `num_return_sequences`) and the confidence.

    Samples come from `generate(do_sample=True)`; a logits processor leaves it one token to draw, the one
    that the engine's race picks. It costs one pass over the vocabulary, as a sampler's own warpers do.
    """

    def __init__(self, *args: Any, together: bool = False) -> None:
        super().__init__(*args)
        self._together = together

    def answer(self, instances: Sequence[Instance], open_image: ImageOpener) -> list[Evidence]:
        with torch.inference_mode():
            return [self._answer(one, open_image(one)) for one in instances]

    def _answer(self, instance: Instance, image: Image) -> Evidence:
        inputs = self.render(self.question(instance), image)
        [greedy], next_logprobs = self._generate(inputs)
        draws = self.draws(instance)
        batches = [draws] if self._together and draws else [[draw] for draw in draws]
        samples = [one for batch in batches for one in self._generate(inputs, batch)[0]]
        p_true, verbalized = (self.render(chat, image) for chat in self.follow_ups(instance, greedy))
        true_false = log_softmax(self.model(**p_true, logits_to_keep=1).logits[0, -1])
        [stated], _ = self._generate(verbalized)
        return self.evidence(instance, next_logprobs, greedy, samples, true_false, stated)

    def _generate(
        self, inputs: dict[str, Any], draws: Sequence[Draw] = ()
    ) -> tuple[list[Written], torch.Tensor]:
        """Answers of one prompt, greedy without `draws`, and the log-probs after it."""
        length = inputs["input_ids"].shape[1]
        drawn = _Drawn(draws, length, self.sampling.temperature)
        sampled = {"do_sample": True, "top_k": 0, "logits_processor": LogitsProcessorList([drawn])}
        output = self.model.generate(
            **inputs,
            max_new_tokens=self.sampling.max_new_tokens,
            num_return_sequences=len(draws) or 1,
            return_dict_in_generate=True,
            output_logits=True,
            **(sampled if draws else {"do_sample": False}),
        )
        steps = [log_softmax(logits) for logits in output.logits]
        answers = []
        for row, tokens in enumerate(output.sequences[:, length:].tolist()):
            answer = Written(greedy=not draws)
            for logprobs, token in zip(steps, tokens, strict=True):
                answer.add(token, logprobs[row])
                if token == self.end:
                    break
            answers.append(answer)
        return answers, steps[0][0]


class _Drawn(LogitsProcessor):
    """A logits processor that leaves one token a row, the one that the numbers choose."""

    def __init__(self, draws: Sequence[Draw], prompt_length: int, temperature: float) -> None:
        self._draws, self._length, self._temperature = draws, prompt_length, temperature

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        step = input_ids.shape[1] - self._length
        tokens = [one.token for one in choose(scores, self._draws, step, self._temperature)]
        chosen = torch.tensor(tokens, device=scores.device)
        return torch.full_like(scores, -torch.inf).scatter_(1, chosen[:, None], 0.0)


class Decision:
    """The library's `pipeline("decision")`: a probability for each letter, and nothing else."""

    def __init__(self, model: Any, folder: Path) -> None:
        self._prompts = Prompts()
        processor = AutoProcessor.from_pretrained(folder)  # its own: the pipeline adds tokens
        self._decide: Any = pipeline(
            "decision",
            model=model,
            processor=processor,
            tokenizer=processor.tokenizer,
            device=model.device,
            decision_config=DecisionConfig(chat_template=DECISION_TEMPLATE),
        )

    def answer(self, instances: Sequence[Instance], open_image: ImageOpener) -> list[list[float]]:
        """Probabilities of each instance's options; those on no letter are shared out."""
        return [self._answer(one, open_image(one)) for one in instances]

    def _answer(self, instance: Instance, image: Image) -> list[float]:
        [turn] = self._prompts.question_chat(instance.question, instance.options)
        letters = LETTERS[: len(instance.options)]
        question = {"type": "choice", "criteria": dict(zip(letters, instance.options, strict=True))}
        state = {"image": "the-image", "text": turn["content"][-1]["text"]}
        request = {"state": state, "questions": {"asked": question}, "assets": {"the-image": image}}
        probabilities = self._decide(request)["asked"]["probabilities"]
        return [probabilities[letter] for letter in letters]


def log_softmax(logits: torch.Tensor) -> torch.Tensor:
    return logits.double().log_softmax(-1)


def choose(
    logits: torch.Tensor, draws: Sequence[Draw | None], position: int, temperature: float
) -> list[Choice]:
    """A token for each row of `logits`: the likeliest, or one that the engine's own race draws, so that all contestants
    draw the same samples at the same cost."""
    lines = [Line(row, draw) for row, draw in enumerate(draws)]
    return race(Distributions(logits), lines, position, Race(temperature))
