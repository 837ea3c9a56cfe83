"""Whether a model's chat template has a use for what a configuration says: a system turn, a begun answer, settings; and
whether one that the configuration gives leaves each image its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.prompts import Prompts
from vqa_canary.errors import BadInput

if TYPE_CHECKING:
    from PIL.Image import Image


def refuse_lost(name: str, prompts: Prompts, settings: Mapping[str, Any], renderer: Renderer) -> None:
    """Refuse what the chat template of the model `name` refuses, loses, or takes no notice of.

    Raises
    ------
    BadInput
    """
    plain = prompts.with_settings({"system": "", "answer_prefix": ""})
    if prompts.system and prompts.system not in _rendered(renderer, plain, system=prompts.system):
        raise BadInput(
            f"parameters: system of models.{name} or of prompts: the model's chat template takes no system turn. Write "
            "these words into `prompts.question`, before {question}, and leave `system` out"
        )
    begun = prompts.answer_prefix
    if begun and not _rendered(renderer, plain, answer_prefix=begun).endswith(begun):
        raise BadInput(
            f"parameters: answer_prefix of models.{name} or of prompts: the model's chat template does not leave "
            f"{begun!r} as it is at the end of the prompt. Leave out spaces at its end, or `answer_prefix` itself"
        )
    try:
        written = _both_turns(renderer, prompts) if settings else []
    except Exception as error:  # a template is a program, which fails in any way of its own
        raise BadInput(
            f"parameters: models.{name}.chat_template_kwargs: with {', '.join(settings)} the model's chat template "
            f"fails on a question or on what follows its answer ({type(error).__name__}: {_line(error)}). Look in the "
            "template for the values that it takes"
        ) from error
    for setting in settings:
        others = {key: value for key, value in settings.items() if key != setting}
        if written == _written_without(renderer.with_template(others), prompts):
            raise BadInput(
                f"parameters: models.{name}.chat_template_kwargs.{setting}: with and without it, the model's chat "
                "template writes the same prompt, so it does nothing. Look in the template for the name that it knows"
            )


def refuse_no_place(name: str, prompts: Prompts, renderer: Renderer) -> None:
    """Refuse a chat template given for the model `name` with which its processor cannot take an image.

    Raises
    ------
    BadInput
    """
    why = "no token of the prompt stands for the image"
    try:
        prompt = renderer.render(prompts.question_chat("?", ("?",)), (_made_up_image(),))
        seen = not renderer.image_tokens or not renderer.image_tokens.isdisjoint(prompt.ids)
    except Exception as error:  # each family's processor fails in its own ways
        seen, why = False, _line(error)
    if not seen:
        raise BadInput(
            f"parameters: models.{name}.chat_template: with this template the model's processor cannot take a "
            f"question about an image: {why}. Write {{{{ image }}}}, or what the model's card has in its place, before "
            "the question"
        )


def image_mark(processor: Any) -> str:
    """What stands for an image in a text of this model; empty where its processor puts images in by itself."""
    mark = str(getattr(processor, "image_token", None) or "")
    token = processor.tokenizer.convert_tokens_to_ids(mark)
    try:
        marked, plain = (
            int(
                (
                    processor(text=text, images=[[_made_up_image()]], return_tensors="pt")["input_ids"]
                    == token
                ).sum()
            )
            for text in (f"{mark}?", "?")
        )
    except Exception:
        # Without the mark most processors miss a place for the image, and each says so in its own way.
        return mark
    # BLIP's kind sets its image before any text, so that a mark would be one more.
    return "" if marked > plain > 0 else mark


def _made_up_image() -> Image:
    from PIL import Image

    return Image.linear_gradient("L").convert("RGB").resize((64, 48))


def _rendered(renderer: Renderer, prompts: Prompts, **changed: str) -> str:
    """The question turn, or nothing where the template refuses it."""
    chat = prompts.with_settings(changed).question_chat("?", ("?",))
    try:
        return renderer.text_of(chat)
    except Exception:
        # A chat template is a program of the model's author. Whatever it raises, such as jinja2's TemplateError or a
        # TypeError of its own expressions, it refuses this prompt, and that is all that is asked here.
        return ""


def _written_without(renderer: Renderer, prompts: Prompts) -> list[str] | None:
    """The same by a template that lacks a setting; None where it fails without it."""
    try:
        return _both_turns(renderer, prompts)
    except Exception:  # a template is a program, which fails in any way of its own
        return None


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300].rstrip(".")


def _both_turns(renderer: Renderer, prompts: Prompts) -> list[str]:
    chat = prompts.question_chat("?", ("?",))
    return [renderer.text_of(turns) for turns in (chat, prompts.verbalized_chat(chat, "?"))]
