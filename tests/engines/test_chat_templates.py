"""Chat templates that a configuration gives: read from a text or a file, checked, and used in place of the model's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.engines.breaking import copied
from tests.engines.conftest import SLOW_FOR_THE_OTHER, draw_noise, some_instances
from tests.engines.test_several_images import instance

from vqa_canary.engines.chat_templates import (
    MOST_BYTES,
    given_template,
    refuse_broken_template,
    whole_template,
)
from vqa_canary.engines.local.facts import describe
from vqa_canary.engines.local.loading import TransformersModel, load
from vqa_canary.engines.local.template_settings import image_mark
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.registration import make_engine, model_options
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput

BARE = "{{ image }}{{ prompt }}"
TURNS = """{% for message in messages %}
{{ message['role'] }}: {% for part in message['content'] %}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}

{% endfor %}
{% if add_generation_prompt %}assistant: {% endif %}"""  # noqa: E501
SAMPLING = Sampling(n_samples=1, max_new_tokens=2)


@pytest.fixture
def bare_folder(model_folder: Path, tmp_path: Path) -> Path:
    """A model that comes without a chat template."""
    folder = copied(model_folder, tmp_path)
    (folder / "chat_template.jinja").unlink()
    return folder


def engine_of(folder: Path, root: Path, prompts: Prompts | None = None, **settings: Any) -> Any:
    model = {"path": str(folder), **settings}
    return make_engine("m", model, prompts or Prompts(), SAMPLING, 5, root)


def refusal(folder: Path, root: Path, given: object) -> str:
    with pytest.raises(BadInput, match=r"^parameters: models\.m\.chat_template: ") as caught:
        model_options("m", {"path": str(folder), "chat_template": given}, root)
    return str(caught.value).removeprefix("parameters: models.m.chat_template: ")


def test_a_file_and_its_text_are_one_template_wherever_the_file_lies(
    bare_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "own.jinja").write_text(TURNS)
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "own.txt").write_text("\ufeff" + TURNS, encoding="utf-8")
    given = [TURNS, "own.jinja", "deeper/own.txt", str(tmp_path / "own.jinja")]
    prints = [engine_of(bare_folder, tmp_path, chat_template=one).fingerprint for one in given]
    assert len(set(prints)) == 1
    (tmp_path / "own.jinja").write_text(TURNS + " ")
    changed = engine_of(bare_folder, tmp_path, chat_template="own.jinja").fingerprint
    assert len({*prints, changed, engine_of(bare_folder, tmp_path, chat_template=BARE).fingerprint}) == 3


def test_what_is_no_template_is_named_before_a_model_is_loaded(bare_folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "outside.jinja").write_text(BARE)
    (root / "link.jinja").symlink_to(tmp_path / "outside.jinja")
    (root / "circle.jinja").symlink_to(root / "circle.jinja")
    (root / "latin.jinja").write_bytes(b"{{ prompt }} \xe9")
    (root / "words.jinja").write_text("no template at all")
    (root / "huge.jinja").write_text("{{ prompt }}" + " " * MOST_BYTES)
    for given, what in (
        ("../outside.jinja", "leaves the project's folder"),
        (str(tmp_path / "outside.jinja"), "leaves the project's folder"),
        ("link.jinja", "leaves the project's folder"),
        ("circle.jinja", "cannot be read|is neither"),
        ("latin.jinja", "is not written in UTF-8"),
        ("words.jinja", "holds no Jinja template"),
        ("huge.jinja", "more than 1,048,576 bytes"),
        ("missing.jinja", "'missing.jinja' is neither a file nor a Jinja text"),
        ("a" * 5000, "is neither|cannot be read"),
        ("nul\0", "is neither a file nor a Jinja text"),
        (".", "is neither a file nor a Jinja text"),
        (7, "valid string"),
    ):
        found = refusal(bare_folder, root, given)
        assert any(words in found for words in what.split("|")), (given, found)


def test_the_old_form_names_the_new_one(bare_folder: Path, tmp_path: Path) -> None:
    found = refusal(bare_folder, tmp_path, {"enable_thinking": False})
    assert "called `chat_template_kwargs` now" in found
    assert "chat_template_kwargs: {enable_thinking: False}" in found
    endpoint = {"engine": "endpoint", "base_url": "http://127.0.0.1/v1", "model": "m"}
    for given, what in (
        ({"enable_thinking": False}, "chat_template_kwargs"),
        (BARE, "give the template to the server"),
    ):
        with pytest.raises(BadInput, match=rf"models\.m\.chat_template: .*{what}"):
            model_options("m", endpoint | {"chat_template": given}, tmp_path)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{{ prompt", "line 1 of the template: unexpected end of template"),
        ("{{ image }}\n{% for message in messages %}\n{{ prompt }}\n{% endfro %}", "line 4 of the template: .*endfro"),
        ("{{ image }}\n{{ prompt | shout }}", "line 2 of the template: No filter named 'shout'"),
        ("no template", "is no Jinja text"),
    ],
)  # fmt: skip
def test_a_broken_template_is_named_by_its_line(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        refuse_broken_template(text)


def test_tags_of_published_templates_are_known() -> None:
    refuse_broken_template(
        "{% generation %}{{ prompt }}{% endgeneration %}{% for m in messages %}{% break %}{% endfor %}"
    )


def test_shorthands_are_filled_in_where_they_are_used_and_lines_stay() -> None:
    assert whole_template(TURNS, "<image>") == TURNS
    assert whole_template("{% set image = 1 %}{{ image }}", "<image>") == "{% set image = 1 %}{{ image }}"
    for text in (BARE, "{{ prompt }}", "{{ image }}\n{{ prompt }}"):
        whole = whole_template(text, "<'im\\age'>")
        assert whole.endswith(text)
        assert "\n" not in whole.removesuffix(text)


@SLOW_FOR_THE_OTHER
def test_a_model_without_a_template_is_asked_with_a_bare_one(bare_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(
        BadInput, match=r"models\.m\.path: .*holds no chat template.*\{\{ image \}\}\{\{ prompt \}\}"
    ):
        engine_of(bare_folder, tmp_path)
    prompts = Prompts(system="Be brief.", answer_prefix="It is (")
    engine = engine_of(bare_folder, tmp_path, prompts, chat_template=BARE)
    found = engine.answer(
        [some_instances()[0], instance(("square", "other"), "Which?", ("lung", "liver"))], draw_two
    )
    assert [(one.status, one.error) for one in found] == [("ok", None)] * 2
    mark = engine._renderer._processor.image_token
    chat = prompts.question_chat("Which?", ("lung", "liver"), n_images=2)
    lines = prompts.question.format(question="Which?", options="A) lung\nB) liver")
    assert engine._renderer.text_of(chat) == f"{mark}{mark}Be brief.\n{lines}\nIt is ("
    follow_up = prompts.verbalized_chat(chat, "It is (A)")
    assert (
        engine._renderer.text_of(follow_up)
        == f"{mark}{mark}Be brief.\n{lines}\nIt is (A)\n{prompts.verbalized}"
    )
    assert engine.facts["chat_template"] == describe(engine._loaded)["chat_template"]


def draw_two(instance: Any) -> Any:
    """Noise for an image of any name."""
    from dataclasses import replace

    return draw_noise(
        replace(
            instance, image_id={"square": "image 1", "other": "image 2"}.get(instance.image_id, "image 0")
        )
    )


@SLOW_FOR_THE_OTHER
def test_a_given_template_takes_the_place_of_the_models_own(model_folder: Path, tmp_path: Path) -> None:
    prompts = Prompts(system="Be brief.", answer_prefix="It is (")
    engine = engine_of(model_folder, tmp_path, prompts, chat_template=TURNS)
    asked = [some_instances()[0], instance(("square", "other"), "Which?", ("lung", "liver"))]
    assert [one.status for one in engine.answer(asked, draw_two)] == ["ok", "ok"]
    text = engine._renderer.text_of(prompts.question_chat("Which?", ("lung",), n_images=2))
    assert text.startswith("system: Be brief.\nuser: <image><image>Which?\n")
    assert text.endswith("\nassistant: It is (")
    own = describe(load("m", TransformersModel(path=str(model_folder))))
    assert {name for name, value in own.items() if engine.facts[name] != value} == {"chat_template"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "{{ image }}",
            "template that is given here loses parts of what is asked: the question.*Write \\{\\{ prompt",
        ),
        ("{{ prompt }}", "cannot take a question about an image: .*Write \\{\\{ image \\}\\}"),
        ("{{ image }}\n{{ prompt }}\n{{ messages[0].content.nothing.at_all }}", "line 3 of the template: "),
        ("{{ image }}{{ raise_exception('not so') }}{{ prompt }}", "line 1 of the template: .*not so"),
    ],
)
def test_a_template_that_does_not_fit_the_model_is_named(
    bare_folder: Path, tmp_path: Path, text: str, what: str
) -> None:
    engine = engine_of(bare_folder, tmp_path, chat_template=text)
    with pytest.raises(BadInput, match=rf"(?s)^parameters: models\.m\.chat_template: .*{what}"):
        engine.answer(some_instances()[:1], draw_noise)


def test_a_mark_is_written_where_the_processor_sets_no_image_by_itself(model_folder: Path) -> None:
    processor = load("m", TransformersModel(path=str(model_folder))).processor
    assert image_mark(processor) == processor.image_token

    class SetsItsOwn:
        """As BLIP's processors do: image tokens stand before any text."""

        tokenizer, image_token = processor.tokenizer, processor.image_token

        def __call__(self, text: str, **_: object) -> Any:
            return self.tokenizer(4 * self.image_token + text, return_tensors="pt")

    assert image_mark(SetsItsOwn()) == ""


def test_a_text_is_never_taken_for_a_path() -> None:
    assert given_template(BARE, Path("/nowhere")) == BARE
    assert given_template(None, Path("/nowhere")) is None
