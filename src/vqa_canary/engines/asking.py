"""Settings of a model that say how it is asked; engines that ask have them all."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, field_validator

from vqa_canary.engines.prompts import AnswerStyle, Prompts

TEMPLATE_SETS = frozenset(
    {"add_generation_prompt", "chat_template", "continue_final_message", "documents", "messages", "return_dict",
     "return_tensors", "tokenize", "tools"}
)  # fmt: skip
"""Arguments of a chat template that the engines set themselves, so that no configuration may."""


class Asking(BaseModel):
    """How one model is asked, where it differs from the study's `prompts`."""

    answer_style: AnswerStyle | None = None
    """How this model is asked for an answer, in place of `prompts.answer_style`."""
    answer_tokens: int | None = Field(default=None, ge=1, le=100_000)
    """Most tokens of this model's answer to a question, in place of `prompts.answer_tokens`."""
    answer_prefix: str | None = None
    """The beginning of this model's answer, written for it, in place of `prompts.answer_prefix`."""
    system: str | None = None
    """The system turn before the question, in place of `prompts.system`."""
    chat_template_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Settings that the model's own chat template knows, such as `enable_thinking: false`."""

    @field_validator("chat_template_kwargs")
    @classmethod
    def _leaves_the_rest_alone(cls, value: dict[str, Any]) -> dict[str, Any]:
        taken = sorted(TEMPLATE_SETS & value.keys())
        if taken:
            raise ValueError(f"{taken[0]!r} is set by the engine itself; leave it out")
        return value

    def of_model(self, prompts: Prompts) -> Prompts:
        """The study's prompts, as this model is asked."""
        own = self.model_dump(include={"answer_style", "answer_tokens", "answer_prefix", "system"})
        return prompts.with_settings({name: value for name, value in own.items() if value is not None})

    @property
    def asked_otherwise(self) -> list[Any]:
        """The settings of this class that are set, for a fingerprint; empty where none is, so that the fingerprints of
        models without them stay as they were."""
        own = self.model_dump(mode="json", include=set(Asking.model_fields))
        found = {name: value for name, value in own.items() if value is not None and value != {}}
        return [sorted(found.items())] if found else []
