"""The turns of a chat."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from vqa_canary.engines.prompts import Prompts


def test_a_question_shows_every_option_once_with_its_letter() -> None:
    [turn] = Prompts().question_chat("Which organ?", ("lung", "heart"))
    assert turn["content"][0] == {"type": "image"}
    assert turn["content"][1]["text"].splitlines()[:3] == ["Which organ?", "A) lung", "B) heart"]


def test_follow_ups_keep_the_question_and_the_models_own_answer() -> None:
    prompts = Prompts()
    chat = prompts.question_chat("Which organ?", ("lung", "heart"))
    for asked in (prompts.p_true_chat(chat, "B", 1, ("lung", "heart")), prompts.verbalized_chat(chat, "B")):
        assert asked[:1] == chat
        assert [turn["role"] for turn in asked] == ["user", "assistant", "user"]
        assert asked[1]["content"] == [{"type": "text", "text": "B"}]
    assert "B) heart" in prompts.p_true_chat(chat, "B", 1, ("lung", "heart"))[2]["content"][0]["text"]


def test_braces_in_a_question_are_shown_as_they_are() -> None:
    [turn] = Prompts().question_chat("{options} or {0}?", ("{letter}", "b"))
    assert turn["content"][1]["text"].splitlines()[:2] == ["{options} or {0}?", "A) {letter}"]


def test_wording_changes_the_fingerprint() -> None:
    assert Prompts().fingerprint == Prompts().fingerprint != Prompts(option="({letter}) {text}").fingerprint


def test_unknown_templates_and_too_many_options_are_refused() -> None:
    with pytest.raises(ValidationError, match="qestion"):
        Prompts.model_validate({"qestion": "?"})
    with pytest.raises(ValueError, match="27 options"):
        Prompts().question_chat("?", ("x",) * 27)
