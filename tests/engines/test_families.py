"""Every family of models against full forward passes without cache: one a prompt, one an answer, of many tokens too."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.engines.families.building import QUESTIONS, WORDS
from tests.engines.families.catalogue import ALIKE, FAMILIES, LIKE_ANOTHER, RARE
from tests.engines.races import race

from vqa_canary.engines.local import decoding
from vqa_canary.engines.local.decoding import Answer, Continuation
from vqa_canary.engines.local.interview import LocalInterview
from vqa_canary.engines.local.loading import Loaded, TransformersModel, load
from vqa_canary.engines.local.race import Race
from vqa_canary.engines.local.sampler import Distributions, Draw, Line, choose
from vqa_canary.engines.prompts import LETTERS, Chat, Prompts
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.engines.surface_forms import LETTER_FORMS, WORD_FORMS, find_readout
from vqa_canary.reading import OptionRead, read_confidence
from vqa_canary.rows import Evidence, Instance, content_id, each_image
from vqa_canary.seeding import derive_seed

PROMPTS, SAMPLING, SEED = Prompts(), Sampling(n_samples=2, max_new_tokens=3), 12
BOUND = 1e-4
"""Most that a log-probability in float32 may differ."""
ROUGH = {"qwen3_5": 1e-3}
"""Families in which the library itself rounds more: a recurrent state carried on token by token is not the
one that a whole prompt leaves."""
ROUGHER = {"qwen3_5": 1e-2}
"""Over 256 tokens: the library's own `generate` differs by 3e-3 from its own whole pass at one of them, and by 1e-4 in
double precision."""
READER = "vqa_canary.engines.local.asked.read_option"
PLACES = "vqa_canary.engines.local.places"

EXPECTED_READING = dict.fromkeys(FAMILIES, "tree") | {
    "paligemma": "full prompts",  # image and question attend to the options, so they are not shared
    "qwen3_5": "repeated cache",  # a recurrent state has no branches
    "lfm2_vl": "repeated cache",  # nor has a convolution
    "kosmos2_5": "repeated cache",  # positions do not begin at 0
}
"""The fastest way of reading that each family allows."""


def name_a_choice(text: str, options: tuple[str, ...]) -> OptionRead:
    """In place of the real reader: a random model seldom names a letter, and P(True) needs one.

    Of some texts the last character of ASCII is said to be the letter, so that letters are read at the token that holds
    it; of others, of which bytes are missing in random answers, that is open. It is said to be a statement, for that is
    read of an answer that was cut, too, and most of these are.
    """
    choice = len(text.strip()) % (len(options) + 1)
    said = max((at for at, one in enumerate(text, 1) if one.isascii() and one.isalnum()), default=0)
    if choice == len(options):
        return OptionRead(None, "no option")
    if len(text) % 3 and said:
        return OptionRead(choice, "statement", said - 1, said, letter=True)
    return OptionRead(choice, "statement", 0, said)


OPTIONS = (WORDS[:3], (WORDS[0], WORDS[1], WORDS[5]), WORDS[:4], WORDS[3:5])


@pytest.fixture(scope="module")
def instances() -> list[Instance]:
    """Three images, two of one size; two questions about each; four conditions; prompts of unequal length."""
    return [
        Instance(
            instance_id=content_id(image, question, options),
            dataset="test",
            item_id=f"{image} {question}",
            condition=str(OPTIONS.index(options)),
            question=question,
            options=options,
            image_id=image,
            image_path=f"{image}.png",
            image_sha256="",
            answer_index=0,
        )
        for image in ("square", "wide", "other")
        for question in QUESTIONS
        for options in OPTIONS
    ]


def open_image(instance: Instance) -> Image.Image:
    seed, width = {"square": (1, 40), "wide": (2, 72), "other": (3, 40)}[str(instance.image_id)]
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (40, width, 3), dtype=np.uint8))


@dataclass(frozen=True)
class Oracle:
    """One chat about one image, several, or none, read anew for every token."""

    loaded: Loaded
    chat: Chat
    image: Image.Image | tuple[Image.Image, ...]

    @cached_property
    def known(self) -> dict[tuple[int, ...], np.ndarray]:
        return {}

    @cached_property
    def text(self) -> str:
        text: str = self.loaded.processor.apply_chat_template(
            self.chat, add_generation_prompt=True, tokenize=False
        )
        return text

    @cached_property
    def special(self) -> dict[str, bool]:
        opening = self.loaded.tokenizer.bos_token
        return {"add_special_tokens": not (opening and self.text.startswith(opening))}

    @cached_property
    def inputs(self) -> dict[str, Any]:
        images = self.image if isinstance(self.image, tuple) else (self.image,)
        shown = {"images": [[*images]]} if images else {}
        made = self.loaded.processor(text=self.text, **shown, return_tensors="pt", **self.special)
        return {name: value for name, value in made.items() if name != "labels"}

    def after(self, answer: tuple[int, ...]) -> np.ndarray:
        """Log-probs after the whole prompt and `answer`, in one forward pass."""
        import torch

        if answer not in self.known:
            with torch.no_grad():
                output = self.loaded.model(**self._with(answer), use_cache=False)
            self.known[answer] = torch.log_softmax(output.logits[0, -1].double(), -1).numpy()
        return self.known[answer]

    def along(self, answer: tuple[int, ...]) -> np.ndarray:
        """Log-probs of what might have stood at each token of `answer`, shape (tokens, vocabulary), in one pass."""
        import torch

        with torch.no_grad():
            output = self.loaded.model(**self._with(answer[:-1]), use_cache=False)
        logprobs: np.ndarray = output.logits[0, -len(answer) :].double().log_softmax(-1).numpy()
        self.known.update({answer[:at]: before for at, before in enumerate(logprobs)})
        return logprobs

    def _with(self, answer: tuple[int, ...]) -> dict[str, Any]:
        """What says something of each token says it of the answer's too."""
        import torch

        ids = self.inputs["input_ids"]
        whole = {"input_ids": torch.cat([ids, torch.tensor([answer], dtype=torch.long)], 1)}
        fill = dict.fromkeys(("mm_token_type_ids", "token_type_ids", "moe_mm_token_type_ids"), 0)
        fill["image_embeds_position_mask"] = 0
        fill["attention_mask"] = 1
        if "paligemma" in self.loaded.model.config.model_type:
            fill["token_type_ids"] = 1  # 0 is the prefix, which sees what comes after it
        for name in fill.keys() & self.inputs.keys():
            more = torch.full((1, len(answer)), fill[name], dtype=self.inputs[name].dtype)
            whole[name] = torch.cat([self.inputs[name], more], 1)
        if "cross_attention_mask" in self.inputs:
            mask = self.inputs["cross_attention_mask"]
            whole["cross_attention_mask"] = torch.cat([mask, mask[:, -1:].repeat(1, len(answer), 1, 1)], 1)
        return self.inputs | whole

    def decode(self, choose: Callable[[int, np.ndarray], int]) -> tuple[str, list[float], list[float]]:
        tokens, logprobs, entropies = self.answer(choose)
        said = self.loaded.tokenizer.decode(tokens, skip_special_tokens=True)
        return said.strip(), logprobs, entropies

    def answer(
        self, choose: Callable[[int, np.ndarray], int]
    ) -> tuple[tuple[int, ...], list[float], list[float]]:
        tokens: tuple[int, ...] = ()
        logprobs, entropies = [], []
        for step in range(SAMPLING.max_new_tokens):
            after = self.after(tokens)
            tokens += (choose(step, after),)
            logprobs.append(float(after[tokens[-1]]))
            entropies.append(float(-(np.exp(after) * after).sum()))
            if tokens[-1] in self.loaded.end_ids:
                break
        return tokens, logprobs, entropies

    def read(self, words: tuple[str, ...], forms: tuple[str, ...], said: tuple[int, ...] = ()) -> np.ndarray:
        """Probability of each word behind what was said: every way to write it, by one token or by two."""
        tokenizer = self.loaded.tokenizer
        readout = find_readout(
            self.text + tokenizer.decode(said, skip_special_tokens=False),
            words,
            forms,
            lambda whole: list(tokenizer(whole, **self.special)["input_ids"]),
            tokenizer.unk_token_id,
        )
        first = np.exp(self.after(said))
        found = np.array([first[list(ids)].sum() for ids in readout.first])
        for opening, later in readout.later.items():
            second = np.exp(self.after((*said, opening)))
            found += first[opening] * np.array([second[list(ids)].sum() for ids in later])
        return found


def draw_from(instance: Instance, at: int, seed: int = SEED) -> Callable[[int, np.ndarray], int]:
    key = derive_seed(seed, instance.instance_id, f"sample {at}")
    return lambda step, logprobs: race(key, step, np.exp(logprobs))


def likeliest(_: int, logprobs: np.ndarray) -> int:
    return int(logprobs.argmax())


def read_whatever_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters are read though a random model seldom names one, and finds them unlikely."""
    monkeypatch.setattr(READER, name_a_choice)
    monkeypatch.setattr(
        f"{PLACES}.MAJORITY", -1.0
    )  # letters are read though they are unlikely, and whatever was said
    monkeypatch.setattr(f"{PLACES}.Places._is_letter", lambda *_: True)
    monkeypatch.setattr(f"{PLACES}.covers", lambda readout, tokens, word: True)
    monkeypatch.setattr(f"{PLACES}.siblings", lambda tokenizer, token, named, words: None)
    monkeypatch.setattr(f"{PLACES}.spelling_of", lambda written, word: word)
    monkeypatch.setattr(f"{PLACES}.may_be_an_article", lambda text, named: False)


SOME = (0, 1, 2, 4, 8, 9, 16)
"""Places of a few instances, of all images and both questions."""
ALL = tuple(range(24))
SHORT, LONG, LONGEST = 3, 32, 256
"""Tokens of an answer: few, and more than the windows and chunks of the families hold, which are of 24."""
CASES = [
    *(
        (family, "tree", SOME, SHORT if family in LIKE_ANOTHER else LONG)
        for family in FAMILIES
        if family not in RARE
    ),
    *(
        pytest.param(family, rung, ALL, SHORT, marks=pytest.mark.slow)
        for family in FAMILIES
        for rung in ("tree", "repeated cache", "full prompts")
    ),
    *(pytest.param(family, "tree", SOME, LONGEST, marks=pytest.mark.slow) for family in FAMILIES),
]


@pytest.mark.parametrize(("family", "reading", "places", "n_tokens"), CASES)
def test_every_field_equals_full_forward_passes(
    family: str,
    reading: str,
    places: tuple[int, ...],
    n_tokens: int,
    family_folder: Callable[[str], Path],
    instances: list[Instance],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_whatever_is_said(monkeypatch)
    after = answers_of(monkeypatch)
    folder = family_folder(family)
    if n_tokens == LONGEST:  # answers of random words end by chance, and seldom get that long
        monkeypatch.setattr(decoding, "_goes_on", lambda line, _: len(line.answer.tokens) < n_tokens)
    options = {"path": str(folder), "reading": reading, "answer_tokens": n_tokens}
    engine: Any = make_engine("m", options, PROMPTS, SAMPLING, SEED, Path())
    asked = [instances[at] for at in places]
    evidence = engine.answer(asked, open_image)
    rungs = ["tree", "packed tree", "repeated cache", "full prompts"]
    assert engine.facts["reading"] == max(reading, EXPECTED_READING[family], key=rungs.index)
    loaded = load("m", TransformersModel(path=str(folder)))
    bound = (ROUGHER if n_tokens == LONGEST else ROUGH).get(family, BOUND)
    for at, instance, found in zip(places, asked, evidence, strict=True):
        assert (found.status, found.error) == ("ok", None)
        if (
            at + at // len(OPTIONS)
        ) % 2 == 0:  # two conditions of each question, all of them over the questions
            if n_tokens < LONGEST:
                check(found, after[instance.instance_id], instance, loaded, bound)
            else:
                check_tokens(after[instance.instance_id], instance, loaded, bound)
    lengths = {len(answer.tokens) for one in after.values() for answer in (one.greedy, *one.samples)}
    assert max(lengths) > n_tokens // 2 if n_tokens < LONGEST else lengths == {n_tokens}
    assert any(found.greedy_choice is not None for found in evidence)
    assert any(found.greedy_choice is None for found in evidence) or places == SOME
    # The image, the question and the options are read, or all of the above would say little.
    for other in map(places.index, (8, 4, 1)):
        assert np.abs(np.subtract(evidence[0].option_logprobs, evidence[other].option_logprobs)).max() > 0.01


def answers_of(monkeypatch: pytest.MonkeyPatch) -> dict[str, Continuation]:
    """The tokens that follow each question, by instance: evidence holds their text alone."""
    found: dict[str, Continuation] = {}
    keep = LocalInterview._keep

    def kept(self: Any, one: Any, after: Continuation, said: Any) -> Any:
        found[one.instance.instance_id] = after
        return keep(self, one, after, said)

    monkeypatch.setattr(LocalInterview, "_keep", kept)
    return found


def check(found: Evidence, after: Continuation, instance: Instance, loaded: Loaded, bound: float) -> None:
    """Each token is the one that a whole pass over the answer gives, and each field says what was answered."""
    close = partial(pytest.approx, abs=bound, rel=0)
    options, image = instance.options, tuple(map(open_image, each_image(instance)))
    oracle = Oracle(loaded, PROMPTS.question_chat(instance.question, options, len(image)), image)
    tokens, whole = given(after.greedy, oracle)
    assert list(tokens) == whole.argmax(-1).tolist()
    spelt = loaded.tokenizer.decode(tokens, skip_special_tokens=True)
    text, read = spelt.strip(), name_a_choice(spelt, options)
    assert (found.greedy_text, found.greedy_choice) == (text, read.choice)
    late = read.letter and spelt[: read.start].strip(" (\n")
    assert found.read_at == (letter_token(loaded, tokens, spelt, read) if late else 0)
    letters = oracle.read(tuple(LETTERS[: len(options)]), LETTER_FORMS, tokens[: found.read_at])
    assert found.option_logprobs == close(np.log(letters))
    assert found.option_mass == close(letters.sum())
    assert found.greedy_token_logprobs == close(whole[np.arange(len(tokens)), tokens])
    entropies = -(np.exp(whole) * np.maximum(whole, -1e30)).sum(-1)  # Emu3 rules tokens out
    assert found.greedy_token_entropies == close(entropies)
    assert found.samples is not None
    assert len(found.samples) == len(after.samples) == SAMPLING.n_samples
    samples = [given(answer, oracle) for answer in after.samples]
    assert [list(tokens) for tokens, _ in samples] == drawn(instance, [whole for _, whole in samples])
    for sample, (tokens, whole) in zip(found.samples, samples, strict=True):
        assert sample.text == loaded.tokenizer.decode(tokens, skip_special_tokens=True).strip()
        assert sample.token_logprobs == close(whole[np.arange(len(tokens)), tokens])

    if found.greedy_choice is None:
        assert found.p_true is None
    else:
        chat = PROMPTS.p_true_chat(oracle.chat, text, found.greedy_choice, options)
        true, false = Oracle(loaded, chat, image).read(("True", "False"), WORD_FORMS)
        assert found.p_true == close(true / (true + false))
    sure, *_ = Oracle(loaded, PROMPTS.verbalized_chat(oracle.chat, text), image).decode(likeliest)
    assert found.verbalized_text == sure
    assert found.verbalized_confidence == read_confidence(sure)


def check_tokens(after: Continuation, instance: Instance, loaded: Loaded, bound: float) -> None:
    """Of answers that were made to go on behind their end, which no field of evidence tells of."""
    oracle = Oracle(loaded, PROMPTS.question_chat(instance.question, instance.options), open_image(instance))
    answers = (after.greedy, *after.samples)
    greedy, *samples = (given(answer, oracle) for answer in answers)
    assert list(greedy[0]) == greedy[1].argmax(-1).tolist()
    assert [list(tokens) for tokens, _ in samples] == drawn(instance, [whole for _, whole in samples])
    for answer, (tokens, whole) in zip(answers, (greedy, *samples), strict=True):
        assert answer.logprobs == pytest.approx(whole[np.arange(len(tokens)), tokens], abs=bound, rel=0)


def given(answer: Answer, oracle: Oracle) -> tuple[tuple[int, ...], np.ndarray]:
    """Tokens of an answer, and log-probs of all that might have stood at each: it ends where a token ends it, or is
    cut."""
    tokens = tuple(answer.tokens)
    return tokens, oracle.along(tokens)


def drawn(instance: Instance, samples: list[np.ndarray]) -> list[list[int]]:
    """The tokens of each sample, drawn from the log-probs of each token: the first by a race of our own, which is slow,
    and which `test_decoding.py` holds against the engine's."""
    import torch

    races = [draw_from(instance, at) for at in range(len(samples))]
    said = [
        [own(step, one) for step, one in enumerate(whole[:SHORT])]
        for own, whole in zip(races, samples, strict=True)
    ]
    for step in range(SHORT, max(map(len, samples))):
        going = [at for at, whole in enumerate(samples) if step < len(whole)]
        after = Distributions(torch.tensor(np.stack([samples[at][step] for at in going])))
        lines = [Line(place, Draw.of(SEED, instance.instance_id, at)) for place, at in enumerate(going)]
        for at, taken in zip(going, choose(after, lines, step, Race()), strict=True):
            said[at].append(taken.token)
    return said


def letter_token(loaded: Loaded, tokens: tuple[int, ...], text: str, read: OptionRead) -> int:
    """The first token up to which the text holds the letter, or the first part of it where several tokens spell it."""
    for at in range(len(tokens)):
        said = loaded.tokenizer.decode(tokens[: at + 1], skip_special_tokens=True)
        if read.start is not None and said.startswith(text[: read.start]) and len(said) > read.start:
            return at
    raise AssertionError(text)


@pytest.mark.parametrize("family", ALIKE)
def test_families_that_stand_for_others_have_their_text_model(
    family: str, family_folder: Callable[[str], Path]
) -> None:
    def text(name: str) -> dict[str, Any]:
        """Its class and settings, whatever words it knows."""
        settings = json.loads((family_folder(name) / "config.json").read_text())["text_config"]
        return {
            key: value
            for key, value in settings.items()
            if key != "vocab_size" and not key.endswith("token_id")
        }

    assert text(family)["model_type"]
    for other in ALIKE[family]:
        assert text(other) == text(family)


SLIDING = ("llava_mistral", "qwen2_5_vl_sliding", "gemma3", "gemma4", "cohere2_vision", "aya_vision")


@pytest.mark.parametrize("family", SLIDING)
def test_the_window_is_shorter_than_the_prompts(
    family: str, family_folder: Callable[[str], Path], instances: list[Instance]
) -> None:
    """Else an engine that knows nothing of windows would pass."""
    import torch

    loaded = load("m", TransformersModel(path=str(family_folder(family))))
    one = instances[0]
    oracle = Oracle(loaded, PROMPTS.question_chat(one.question, one.options), open_image(one))
    text = loaded.model.config.text_config
    assert text.sliding_window < oracle.inputs["input_ids"].shape[1]
    before = oracle.after(())
    for module in loaded.model.modules():  # masks are made from the configuration
        if getattr(module, "sliding_window", None) is not None:
            module.sliding_window = 4096
    text.sliding_window = 4096
    with torch.no_grad():
        wide = loaded.model(**oracle.inputs, use_cache=False).logits[0, -1].double().log_softmax(-1).numpy()
    assert np.abs(before - wide).max() > 0.1
