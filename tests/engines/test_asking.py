"""Answer styles, a system turn, an answer begun for the model, and settings of its chat template."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engines.endpoint.asking import ask as ask_endpoint
from tests.engines.endpoint.fake_model import FakeModel
from tests.engines.endpoint.fault_server import serving
from tests.engines.speaking import speak
from tests.engines.test_families import SEED, Oracle, open_image
from tests.engines.test_families import instances as instances  # a fixture
from tests.optional import not_none

from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.local.image_tokens import image_tokens
from vqa_canary.engines.local.loading import TransformersModel, load
from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.local.template_settings import refuse_lost
from vqa_canary.engines.prompts import ASKED, LETTERS, Prompts
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput
from vqa_canary.reading import OptionRead
from vqa_canary.rows import Instance

OPTIONS = ("lung", "heart")
WAYS: list[dict[str, Any]] = [
    {"answer_style": "reasoned"},
    {"answer_tokens": 99},
    {"answer_prefix": "The answer is ("},
    {"system": "You are a radiologist."},
    {"chat_template_kwargs": {"enable_thinking": False}},
]


def test_each_style_asks_in_its_own_words_and_has_room_for_its_answer() -> None:
    limits = {}
    for style, asked in ASKED.items():
        prompts = Prompts.model_validate({"answer_style": style})
        assert prompts.question_chat("?", OPTIONS)[0]["content"][1]["text"].endswith(asked)
        limits[style] = prompts.answer_limit(4)
    assert limits == {"letter": 4, "letter and text": 64, "reasoned": 512}
    assert Prompts.model_validate({"answer_style": "reasoned"}).answer_limit(1000) == 1000
    assert Prompts.model_validate({"answer_style": "reasoned", "answer_tokens": 20}).answer_limit(1000) == 20
    own = Prompts.model_validate({"answer_style": "reasoned", "question": "{question} {options}"})
    assert own.question == "{question} {options}"


def test_what_is_not_set_is_in_no_fingerprint_and_what_is_set_is(tmp_path: Path) -> None:
    assert list(Prompts().model_dump()) == ["question", "option", "p_true", "verbalized"]
    assert Prompts().fingerprint == Prompts(answer_style="letter", system="").fingerprint
    known = {Prompts().fingerprint} | {Prompts.model_validate(way).fingerprint for way in WAYS[:-1]}
    assert len(known) == len(WAYS)
    model = {"base_url": "http://127.0.0.1/v1", "model": "m"}
    plain = EndpointModel.model_validate(model)
    assert plain.asked_otherwise == []
    known = {plain.fingerprint} | {EndpointModel.model_validate(model | way).fingerprint for way in WAYS}
    assert len(known) == len(WAYS) + 1


def test_a_models_own_way_wins_over_the_studys() -> None:
    study = Prompts.model_validate({"answer_style": "reasoned", "system": "Think."})
    model = EndpointModel.model_validate({"base_url": "http://127.0.0.1/v1", "model": "m", "system": "",
                                          "answer_style": "letter and text"})  # fmt: skip
    own = model.of_model(study)
    assert (own.answer_style, own.system) == ("letter and text", "")
    assert own.question.endswith(ASKED["letter and text"])
    assert own == model.of_model(own)


def test_a_system_turn_stands_first_and_a_begun_answer_is_one_with_its_end() -> None:
    prompts = Prompts(system="You are a radiologist.", answer_prefix="The answer is (")
    chat = prompts.question_chat("Which organ?", OPTIONS)
    assert [turn["role"] for turn in chat] == ["system", "user", "assistant"]
    for asked in (
        prompts.p_true_chat(chat, "The answer is (B)", 1, OPTIONS),
        prompts.verbalized_chat(chat, "The answer is (B)"),
    ):
        assert [turn["role"] for turn in asked] == ["system", "user", "assistant", "user"]
        assert asked[2]["content"] == [{"type": "text", "text": "The answer is (B)"}]


def renderer_of(folder: Path, settings: dict[str, Any] | None = None) -> Renderer:
    loaded = load("m", TransformersModel(path=str(folder)))
    return Renderer(loaded.processor, image_tokens(loaded), settings)


def test_a_template_that_has_no_use_for_a_setting_is_named(
    family_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = family_folder("qwen2_5_vl")
    with pytest.raises(BadInput, match=r"system of models\.m.*takes no system turn.*prompts\.question"):
        refuse_lost("m", Prompts(system="You are a radiologist."), {}, renderer_of(family_folder("llava")))
    refuse_lost("m", Prompts(answer_prefix="The answer is ("), {}, renderer_of(folder))
    settings = {"enable_thinking": False}
    with pytest.raises(BadInput, match=r"models\.m\.chat_template_kwargs\.enable_thinking.*does nothing"):
        refuse_lost("m", Prompts(), settings, renderer_of(folder, settings))
    thinking = tmp_path / "thinking"
    shutil.copytree(folder, thinking)
    template = thinking / "chat_template.jinja"
    off = "add_generation_prompt and enable_thinking is defined and not enable_thinking"
    template.write_text(template.read_text() + "{% if " + off + " %}<think></think>{% endif %}")
    renderer = renderer_of(thinking, settings)
    refuse_lost("m", Prompts(), settings, renderer)
    assert renderer.text_of(Prompts().question_chat("?", OPTIONS)).endswith("<think></think>")
    trimming = tmp_path / "trimming"
    shutil.copytree(folder, trimming)
    template = trimming / "chat_template.jinja"
    template.write_text(template.read_text().replace("part['text']", "part['text'] | trim"))
    with pytest.raises(BadInput, match=r"answer_prefix of models\.m.*Leave out spaces at its end"):
        refuse_lost("m", Prompts(answer_prefix="Answer: "), {}, renderer_of(trimming))


def read_in_brackets(text: str, options: tuple[str, ...]) -> OptionRead:
    start = text.find("(") + 1
    letter = text[start : start + 1]
    if start and letter in LETTERS[: len(options)]:
        return OptionRead(LETTERS.index(letter), "statement", start, start + 1, letter=True)
    return OptionRead(None, "no option")


def test_a_model_goes_on_with_the_answer_that_was_begun_for_it(
    family_folder: Callable[[str], Path], instances: list[Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, instance = family_folder("qwen2_5_vl"), instances[0]
    begun = "The answer is ("
    speak(monkeypatch, lambda question: "B)" if question.draws else None)
    monkeypatch.setattr("vqa_canary.engines.local.asked.read_option", read_in_brackets)
    model = {"path": str(folder), "answer_prefix": begun}
    sampling = Sampling(n_samples=1, max_new_tokens=3)
    [one] = make_engine("m", model, Prompts(), sampling, SEED, Path()).answer([instance], open_image)
    assert (one.greedy_text, one.greedy_choice, one.read_at) == ("B)", 1, 0)
    loaded = load("m", TransformersModel(path=str(folder)))
    chat = Prompts(answer_prefix=begun).question_chat(instance.question, instance.options)
    oracle = Oracle(loaded, chat, open_image(instance))
    text = loaded.processor.apply_chat_template(chat, continue_final_message=True, tokenize=False)
    assert text.endswith(begun)
    vars(oracle)["text"] = text
    after = oracle.after(())
    tokenizer, found = loaded.tokenizer, np.exp(not_none(one.option_logprobs))
    for letter, p in zip(
        "ABC", found, strict=True
    ):  # right behind the bracket, or behind a space or a line end
        ways = {letter, f"Ġ{letter}", f"Ċ{letter}"} & tokenizer.get_vocab().keys()
        first = sum(np.exp(after[tokenizer.convert_tokens_to_ids(way)]) for way in ways)
        assert p >= first - 1e-6
        assert p == pytest.approx(first, abs=0.1)
    asked = Prompts().verbalized_chat(chat[:1], "The answer is (B)")
    sure, *_ = Oracle(loaded, asked, open_image(instance)).decode(lambda _, logprobs: int(logprobs.argmax()))
    assert one.verbalized_text == sure


def test_an_endpoint_is_asked_in_the_same_ways() -> None:
    with serving(FakeModel(depth=20)) as server:
        ask_endpoint(
            server, n=1, answer_prefix="The answer is (", system="You are a radiologist.",
            chat_template_kwargs={"enable_thinking": False}, answer_style="letter and text",
        )  # fmt: skip
    question = server.requests[0]
    assert [turn["role"] for turn in question["messages"]] == ["system", "user", "assistant"]
    assert question["messages"][0]["content"] == "You are a radiologist."
    assert question["messages"][1]["content"][1]["text"].endswith(ASKED["letter and text"])
    assert (question["continue_final_message"], question["add_generation_prompt"]) == (True, False)
    assert question["max_tokens"] == 64
    assert all(body["chat_template_kwargs"] == {"enable_thinking": False} for body in server.requests)
    follow_ups = [body for body in server.requests if body["messages"][-1]["role"] == "user"]
    assert follow_ups
    assert not any("continue_final_message" in body for body in follow_ups)
    assert all(
        body["messages"][2]["content"].startswith("The answer is (")
        for body in follow_ups
        if body["max_tokens"] == 8
    )


def test_template_settings_are_given_once_and_leave_the_engines_own_alone() -> None:
    model = {
        "base_url": "http://127.0.0.1/v1",
        "model": "m",
        "chat_template_kwargs": {"enable_thinking": False},
    }
    with pytest.raises(ValueError, match="not both"):
        EndpointModel.model_validate(model | {"extra_body": {"chat_template_kwargs": {}}})
    with pytest.raises(ValueError, match="'tokenize' is set by the engine itself"):
        EndpointModel.model_validate(model | {"chat_template_kwargs": {"tokenize": True}})


def test_recorded_answers_cannot_be_asked_for_otherwise(tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text("id,answer\n1,A\n")
    model = {"engine": "recorded", "path": "answers.csv"}
    for way in WAYS:
        [setting] = way
        with pytest.raises(BadInput, match=rf"models\.mine\.{setting}: the engine 'recorded' asks nothing"):
            make_engine("mine", model | way, Prompts(), Sampling(), 7, tmp_path)
        if setting != "chat_template_kwargs":
            # How the other models of a study are asked does not concern it.
            make_engine("mine", model, Prompts.model_validate(way), Sampling(), 7, tmp_path)
