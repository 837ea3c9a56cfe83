"""Every way of reading against full forward passes without cache or batches, written down anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image
from tests.engines.conftest import SLOW_FOR_THE_OTHER
from tests.engines.test_families import draw_from
from tests.optional import not_none

from vqa_canary.engines.cutting import parts
from vqa_canary.engines.local.loading import Loaded, TransformersModel, load
from vqa_canary.engines.prompts import LETTERS, Prompts
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.engines.shards import evidence_shards
from vqa_canary.errors import BadInput, TooManyFailures
from vqa_canary.planned_shard import ShardPlan
from vqa_canary.reading import OptionRead, read_option
from vqa_canary.rows import Evidence, Instance

PROMPTS, SAMPLING, SEED = Prompts(), Sampling(n_samples=4, max_new_tokens=4), 11


READINGS = ("tree", "repeated cache", "full prompts")
EACH_READING = pytest.mark.parametrize(
    ("model_folder", "reading"),
    [
        *(("llava", reading) for reading in READINGS),
        ("idefics3", "tree"),
        *(pytest.param("idefics3", reading, marks=pytest.mark.slow) for reading in READINGS[1:]),
    ],
    indirect=True,
)
"""The second architecture is read in the fastest way, and in the slow tests in each."""


def ask(folder: Path, instances: list[Instance], open_image: Any, **options: Any) -> list[Evidence]:
    engine = make_engine("m", {"path": str(folder), **options}, PROMPTS, SAMPLING, SEED, Path())
    return list(engine.answer(instances, open_image))


@pytest.fixture(scope="module", autouse=True)
def whatever_is_said() -> Iterator[None]:
    """A random model seldom says a letter: its letters are read though they are unlikely."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vqa_canary.engines.local.places.MAJORITY", 0.0)
        patch.setattr("vqa_canary.engines.local.places.Places._is_letter", lambda *_: True)
        yield


@pytest.fixture(scope="module", params=READINGS)
def reading(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def evidence(model_folder: Path, instances: list[Instance], open_image: Any, reading: str) -> list[Evidence]:
    engine: Any = make_engine(
        "m", {"path": str(model_folder), "reading": reading}, PROMPTS, SAMPLING, SEED, Path()
    )
    found: list[Evidence] = engine.answer(instances, open_image)
    assert engine.facts["reading"] == reading
    return found


@pytest.fixture(scope="module")
def loaded(model_folder: Path) -> Loaded:
    return load("m", TransformersModel(path=str(model_folder)))


def next_logprobs(loaded: Loaded, chat: Any, image: Image.Image, answer: list[int]) -> np.ndarray:
    """Log-probs after the whole prompt and `answer`, in one forward pass."""
    import torch

    text = loaded.processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    inputs = loaded.processor(text=text, images=[[image]], return_tensors="pt")
    ids = torch.cat([inputs.pop("input_ids"), torch.tensor([answer], dtype=torch.long)], dim=1)
    inputs["attention_mask"] = torch.ones_like(ids)
    with torch.no_grad():
        logits = loaded.model(input_ids=ids, **inputs, use_cache=False).logits[0, -1]
    logprobs: np.ndarray = torch.log_softmax(logits.double(), -1).numpy()
    return logprobs


def decode(
    loaded: Loaded, chat: Any, image: Image.Image, choose: Callable[[int, np.ndarray], int], steps: int
) -> tuple[str, list[float], list[float]]:
    tokens, logprobs, entropies = answer(loaded, chat, image, choose, steps)
    return loaded.tokenizer.decode(tokens, skip_special_tokens=True).strip(), logprobs, entropies


def answer(
    loaded: Loaded, chat: Any, image: Image.Image, choose: Callable[[int, np.ndarray], int], steps: int
) -> tuple[list[int], list[float], list[float]]:
    tokens: list[int] = []
    logprobs, entropies = [], []
    for step in range(steps):
        after = next_logprobs(loaded, chat, image, tokens)
        tokens.append(choose(step, after))
        logprobs.append(float(after[tokens[-1]]))
        entropies.append(float(-(np.exp(after) * after).sum()))
        if tokens[-1] in loaded.end_ids:
            break
    return tokens, logprobs, entropies


@EACH_READING
def test_every_field_equals_full_forward_passes(
    loaded: Loaded, instances: list[Instance], evidence: list[Evidence], open_image: Any
) -> None:
    for instance, found in zip(instances[:5], evidence, strict=False):
        image = open_image(instance)
        chat = PROMPTS.question_chat(instance.question, instance.options)
        tokens, *_ = answer(
            loaded, chat, image, lambda _, after: int(after.argmax()), SAMPLING.max_new_tokens
        )
        first = next_logprobs(loaded, chat, image, tokens[: found.read_at])
        letters = loaded.tokenizer.convert_tokens_to_ids(list(LETTERS[: len(instance.options)]))
        assert found.option_logprobs == pytest.approx(first[letters], abs=1e-4)
        assert found.option_mass == pytest.approx(np.exp(first[letters]).sum(), abs=1e-6)

        text, logprobs, entropies = decode(
            loaded, chat, image, lambda _, after: int(after.argmax()), SAMPLING.max_new_tokens
        )
        assert found.greedy_text == text
        assert found.greedy_choice == read_option(text, instance.options).choice
        assert found.greedy_token_logprobs == pytest.approx(logprobs, abs=1e-4)
        assert found.greedy_token_entropies == pytest.approx(entropies, abs=1e-4)
        assert found.samples is not None
        assert len(found.samples) == SAMPLING.n_samples
        for at, sample in enumerate(found.samples):
            text, logprobs, _ = decode(
                loaded, chat, image, draw_from(instance, at, SEED), SAMPLING.max_new_tokens
            )
            assert (sample.text, sample.choice) == (text, read_option(text, instance.options).choice)
            assert sample.token_logprobs == pytest.approx(logprobs, abs=1e-4)

        asked = PROMPTS.verbalized_chat(chat, found.greedy_text)
        said, *_ = decode(loaded, asked, image, lambda _, after: int(after.argmax()), SAMPLING.max_new_tokens)
        assert found.verbalized_text == said
        assert (found.p_true is None) == (found.greedy_choice is None)


@SLOW_FOR_THE_OTHER
def test_p_true_is_the_share_of_true_among_true_and_false(
    model_folder: Path,
    loaded: Loaded,
    instances: list[Instance],
    open_image: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A random model seldom names a letter, so every answer is read as the first option."""
    monkeypatch.setattr(
        "vqa_canary.engines.local.asked.read_option", lambda text, options: OptionRead(0, "text")
    )
    instance = instances[3]
    [found] = ask(model_folder, [instance], open_image)
    assert found.greedy_text is not None
    chat = PROMPTS.question_chat(instance.question, instance.options)
    asked = PROMPTS.p_true_chat(chat, found.greedy_text, 0, instance.options)
    after = np.exp(next_logprobs(loaded, asked, open_image(instance), []))
    true, false = after[loaded.tokenizer.convert_tokens_to_ids(["True", "False"])]
    assert found.p_true == pytest.approx(true / (true + false), abs=1e-6)


@EACH_READING
def test_batch_size_and_order_change_no_choice(
    model_folder: Path, instances: list[Instance], evidence: list[Evidence], open_image: Any, reading: str
) -> None:
    alone = ask(model_folder, instances[::-1], open_image, batch_size=1, reading=reading)[::-1]
    for one, other in zip(evidence, alone, strict=True):
        assert one.option_logprobs == pytest.approx(other.option_logprobs, abs=1e-4)
        assert [s.text for s in one.samples or ()] == [s.text for s in other.samples or ()]
        fields = ("greedy_text", "greedy_choice", "verbalized_text", "prompt_tokens", "reused_tokens")
        assert [asdict(one)[key] for key in fields] == [asdict(other)[key] for key in fields]


@pytest.mark.parametrize("reading", ["tree"], indirect=True)
def test_the_image_and_the_options_matter(
    model_folder: Path, instances: list[Instance], evidence: list[Evidence]
) -> None:
    blank = Image.new("RGB", (48, 40))
    other = ask(model_folder, instances, lambda _: blank)
    gaps = [
        np.abs(np.subtract(not_none(one.option_logprobs), not_none(two.option_logprobs))).max()
        for one, two in zip(evidence, other, strict=True)
    ]
    assert min(gaps) > 1e-3


@EACH_READING
def test_tokens_read_are_counted_truthfully(
    loaded: Loaded, instances: list[Instance], evidence: list[Evidence], open_image: Any, reading: str
) -> None:
    """Against sets of token prefixes: what a tree reads of a prompt is what no other prompt began with."""

    def ids(chat: Any, image: Image.Image) -> list[int]:
        text = loaded.processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
        return list(loaded.processor(text=text, images=[[image]])["input_ids"][0])

    images: set[tuple[str, int]] = set()
    paths: set[tuple[object, ...]] = set()
    own = asked = 0
    for instance, found in zip(instances, evidence, strict=True):
        image, chat = open_image(instance), PROMPTS.question_chat(instance.question, instance.options)
        said, choice = found.greedy_text or "", found.greedy_choice
        turns = [chat, PROMPTS.verbalized_chat(chat, said)]
        if choice is not None:
            turns.append(PROMPTS.p_true_chat(chat, said, choice, instance.options))
        prompts = [ids(turn, image) for turn in turns]
        assert found.prompt_tokens == len(prompts[0]) * SAMPLING.n_samples + sum(map(len, prompts))
        asked += found.prompt_tokens
        own += sum(map(len, prompts))
        end = (
            max(at for at, token in enumerate(prompts[0]) if token == loaded.model.config.image_token_id) + 1
        )
        images.add((str(instance.image_id), end))
        if reading == "tree":
            paths |= {
                (instance.item_id, tuple(prompt[:upto]))
                for prompt in prompts
                for upto in range(end + 1, len(prompt) + 1)
            }
        else:
            paths |= {
                (instance.item_id, t, at)
                for t, prompt in enumerate(prompts)
                for at in range(end, len(prompt))
            }
    read = sum((found.prompt_tokens or 0) - (found.reused_tokens or 0) for found in evidence)
    answers = sum(len(f.greedy_token_logprobs or ()) for f in evidence)
    expected = own if reading == "full prompts" else sum(end for _, end in images) + len(paths)
    assert expected - answers * (reading == "tree") <= read <= expected
    assert asked > read


@SLOW_FOR_THE_OTHER
def test_an_image_that_cannot_be_opened_is_a_failed_row(
    model_folder: Path, instances: list[Instance], open_image: Any
) -> None:
    def refuse_one(instance: Instance) -> Any:
        if instance is instances[1]:
            raise BadInput("1.png: no such file")
        return open_image(instance)

    found = ask(model_folder, instances[:3], refuse_one)
    assert [one.status for one in found] == ["ok", "failed", "ok"]
    assert found[1] == Evidence("m", instances[1].instance_id, "failed", error="1.png: no such file")


def engine_with_nan(model_folder: Path) -> Any:
    import torch

    engine: Any = make_engine("m", {"path": str(model_folder)}, PROMPTS, SAMPLING, SEED, Path())
    with torch.no_grad():
        engine._loaded.model.get_output_embeddings().weight.fill_(torch.nan)
    return engine


@SLOW_FOR_THE_OTHER
def test_a_model_that_returns_nan_is_a_failed_row(
    model_folder: Path, instances: list[Instance], open_image: Any
) -> None:
    [found] = engine_with_nan(model_folder).answer(instances[:1], open_image)
    assert (found.status, found.option_logprobs, found.samples) == ("failed", None, None)
    assert "NaN in float32" in found.error


@SLOW_FOR_THE_OTHER
def test_a_model_that_returns_nothing_but_nan_is_named(
    model_folder: Path, instances: list[Instance], open_image: Any
) -> None:
    with pytest.raises(
        BadInput, match=r"'m' failed on all of the first 3 .* about 3 images.* NaN in float32"
    ):
        engine_with_nan(model_folder).answer(instances[:3], open_image)


@SLOW_FOR_THE_OTHER
def test_a_model_that_breaks_half_way_is_left(
    model_folder: Path, instances: list[Instance], open_image: Any
) -> None:
    import torch

    settings = {"path": str(model_folder), "batch_size": 1, "stop_after_failures": 3}
    engine: Any = make_engine("m", settings, PROMPTS, SAMPLING, SEED, Path())
    assert [one.status for one in engine.answer(instances[:2], open_image)] == ["ok", "ok"]
    with torch.no_grad():
        engine._loaded.model.get_output_embeddings().weight.fill_(torch.nan)
    assert [one.status for one in engine.answer(instances[2:4], open_image)] == ["failed", "failed"]
    with pytest.raises(TooManyFailures, match=r"3 questions in a row failed: 3 x .*Finished shards are kept"):
        engine.answer(instances[2:], open_image)


def test_shards_hold_whole_items_whatever_the_row_order(instances: list[Instance]) -> None:
    class Fake:
        fingerprint = "f"
        facts: ClassVar[dict[str, str]] = {}

        def answer(self, part: list[Instance], _: object) -> list[Evidence]:
            return [Evidence("m", one.instance_id) for one in part]

    def plan(rows: list[Instance], fingerprint: str = "f") -> ShardPlan:
        fake: Any = Fake()
        unopened: Any = None
        fake.fingerprint = fingerprint
        return evidence_shards("m", rows, fake, unopened, PROMPTS, SAMPLING, SEED, instances_per_shard=2)

    shards = plan(instances)
    assert list(shards) == list(plan(instances[::-1]))
    assert set(shards).isdisjoint(plan(instances, "g"))
    ids = [row for make in shards.values() for row in make.compute({}, print)["instance_id"]]
    assert sorted(ids) == sorted(one.instance_id for one in instances)
    assert len(shards) == 5


def test_what_is_asked_of_an_item_about_an_image_is_never_cut(instances: list[Instance]) -> None:
    rows = [replace(instances[0], item_id=str(n // 2), instance_id=str(n)) for n in range(6)]
    assert [[one.item_id for one in part] for part in parts(rows, 3)] == [["0"] * 2, ["1"] * 2, ["2"] * 2]
    assert [len(part) for part in parts(rows, 4)] == [4, 2]
    assert [len(part) for part in parts(rows, 1)] == [2, 2, 2]
    assert list(parts([], 3)) == []


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"path": "nowhere"}, "models.m.path: .*'nowhere' is no folder.*reference_models"),
        ({"path": "."}, r"models.m.path: .* holds no \*\.safetensors file"),
        ({"path": ".", "batchsize": 3}, "models.m.batchsize: .*Did you mean 'batch_size'"),
        ({"engine": "transformer", "path": "."}, "models.m.engine: .*Did you mean 'transformers'"),
    ],
)
def test_a_model_that_cannot_be_used_is_named(
    model: dict[str, Any], message: str, tmp_path: Path, instances: list[Instance], open_image: Any
) -> None:
    with pytest.raises(BadInput, match=message):
        make_engine("m", model, PROMPTS, SAMPLING, SEED, tmp_path).answer(instances, open_image)


@SLOW_FOR_THE_OTHER
def test_a_text_that_holds_the_image_token_fails_alone(
    model_folder: Path, instances: list[Instance], open_image: Any
) -> None:
    rows = [*instances[:2], replace(instances[2], options=("lung", "a <image> of it", "liver"))]
    found = ask(model_folder, rows, open_image)
    assert [one.status for one in found] == ["ok", "ok", "failed"]
    assert "'<image>', which stands for the image" in (found[2].error or "")


@SLOW_FOR_THE_OTHER
def test_nan_after_a_follow_up_fails_the_row(
    model_folder: Path, instances: list[Instance], open_image: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine: Any = make_engine("m", {"path": str(model_folder)}, PROMPTS, SAMPLING, SEED, Path())
    engine.answer(instances[:2], open_image)
    [proven] = engine._proofs._proven.values()
    read = proven.reading.read

    def poison(self: Any, requests: Any) -> Any:
        found = read.__func__(self, requests)
        if not requests[0].draws:
            found[0].next_logprobs[:] = np.nan
        return found

    monkeypatch.setattr(type(proven.reading), "read", poison)
    found = engine.answer(instances[:2], open_image)
    assert sorted(one.status for one in found) == ["failed", "ok"]
    assert all(one.p_true is None and one.samples is None for one in found if one.status == "failed")
