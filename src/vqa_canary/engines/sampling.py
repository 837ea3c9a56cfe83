"""What is drawn from a model besides its greedy answer, and from which tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from vqa_canary.rows import Gap

LIMITS = ("top_p", "top_k", "min_p", "repetition_penalty")
"""Settings that restrict from which tokens a sample is drawn. Greedy answers and all log-probs are free of them."""
LATER = (*LIMITS, "option_order", "follow_ups")
"""Settings that came later than others."""
PROTOCOLS: Mapping[str, Mapping[str, Any]] = {
    "paper": {"n_samples": 10, "temperature": 0.6, "top_p": 0.9, "option_order": "reshuffled"}
}
"""What each protocol sets. That of the paper is how its authors sampled in an earlier one (arXiv:2506.10769); whether
they did so again is not known."""

FOLLOW_UPS: Mapping[str, str] = {"p_true": "p_true", "verbalized": "verbalized_confidence"}
"""Questions that a model can be asked about its own greedy answer: for each the field of the evidence that it fills."""
LEFT_OUT = "not asked, since sampling.follow_ups leaves it out"
"""Why there is no P(True) or no stated confidence where the study does not ask for it."""

NEUTRAL = {"top_p": 1, "min_p": 0, "repetition_penalty": 1}
"""Values of them that leave every token as it is."""


class Sampling(BaseModel):
    """What is drawn from a model besides its greedy answer: `params:sampling`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_samples: int = Field(10, ge=0, le=10_000)
    temperature: float = Field(1.0, gt=0)
    max_new_tokens: int = Field(8, ge=1, le=100_000)
    """Most tokens of an answer, for greedy, sampled and verbalized answers alike."""
    top_p: float | None = Field(None, gt=0, le=1)
    """A sample's token is drawn from the fewest likeliest tokens whose probabilities add up to this (nucleus sampling,
    Holtzman et al. 2020); None for no such limit."""
    top_k: int | None = Field(None, ge=1)
    """A sample's token is drawn from this many likeliest tokens; None for no such limit."""
    min_p: float | None = Field(None, ge=0, le=1)
    """A sample's token is drawn from those that are at least this share as likely as the likeliest one (Nguyen et al.
    2024); None for no such limit."""
    repetition_penalty: float | None = Field(None, gt=0)
    """Logits of tokens that the prompt or the sample already holds are divided by this where positive and multiplied
    where negative (Keskar et al. 2019, section 4.1); None for no penalty."""
    option_order: Literal["shown", "reshuffled"] = "shown"
    """Whether a sample sees the options in the order in which the instance shows them, or each sample in another one,
    drawn by (seed, instance, sample). Greedy answers and follow-ups see them as the instance shows them."""
    follow_ups: tuple[Literal["p_true", "verbalized"], ...] = ("p_true", "verbalized")
    """Which questions about its own greedy answer a model is asked: whether it is true (P(True)), and how sure it is
    (verbalized confidence). What is not asked is null, with `LEFT_OUT` as the reason."""
    protocol: Literal["paper"] | None = None
    """A name for several of these settings, `PROTOCOLS`; those that are given beside it win."""

    def gaps(self) -> tuple[Gap, ...]:
        """What is null because `follow_ups` leaves its question out."""
        return tuple(
            Gap(field, LEFT_OUT) for name, field in FOLLOW_UPS.items() if name not in self.follow_ups
        )

    @property
    def reshuffled(self) -> bool:
        """Whether each sample sees the options in an order of its own."""
        return self.option_order == "reshuffled"

    @model_validator(mode="before")
    @classmethod
    def _as_the_protocol_says(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        known = given.get("protocol")
        return {**PROTOCOLS[known], **given} if isinstance(known, str) and known in PROTOCOLS else given

    @field_validator("follow_ups", mode="before")
    @classmethod
    def _of_a_list(cls, value: Any) -> Any:
        """A list, as files of settings have it, also where no value may be converted otherwise."""
        return tuple(value) if isinstance(value, list) else value

    @field_validator("follow_ups")
    @classmethod
    def _each_once_in_one_order(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """However they are listed, the same questions are asked, so the evidence has the same key."""
        return tuple(sorted(set(value)))

    @field_validator("top_p", "min_p", "repetition_penalty")
    @classmethod
    def _without_effect(cls, value: float | None, info: ValidationInfo) -> float | None:
        """A value that restricts nothing is no limit: the same draws have the same key, and no server is tried for
        it."""
        return None if value == NEUTRAL[str(info.field_name)] else value

    @model_serializer(mode="wrap")
    def _set_ones(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The settings without later ones that are not set, so that evidence asked before there were such settings
        keeps its key; and without the protocol, whose settings stand there one by one."""
        whole: dict[str, Any] = handler(self)
        return {
            name: value
            for name, value in whole.items()
            if name != "protocol"
            and (name not in LATER or getattr(self, name) != type(self).model_fields[name].default)
        }
