"""Whether a model's chat template has a use for what a configuration says: a system turn, a begun answer, settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.prompts import Prompts
from vqa_canary.errors import BadInput


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
    for setting in settings:
        others = {key: value for key, value in settings.items() if key != setting}
        if _both_turns(renderer, prompts) == _both_turns(renderer.with_template(others), prompts):
            raise BadInput(
                f"parameters: models.{name}.chat_template.{setting}: with and without it, the model's chat template "
                "writes the same prompt, so it does nothing. Look in the template for the name that it knows"
            )


def _rendered(renderer: Renderer, prompts: Prompts, **changed: str) -> str:
    """The question turn, or nothing where the template refuses it."""
    chat = prompts.with_settings(changed).question_chat("?", ("?",))
    try:
        return renderer.text_of(chat)
    except Exception:
        # A chat template is a program of the model's author. Whatever it raises, such as jinja2's TemplateError or a
        # TypeError of its own expressions, it refuses this prompt, and that is all that is asked here.
        return ""


def _both_turns(renderer: Renderer, prompts: Prompts) -> list[str]:
    chat = prompts.question_chat("?", ("?",))
    return [renderer.text_of(turns) for turns in (chat, prompts.verbalized_chat(chat, "?"))]
