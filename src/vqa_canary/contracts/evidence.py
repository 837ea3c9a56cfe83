"""What a row of `evidence` promises: probabilities are probabilities, and a failure says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp
from typing import TYPE_CHECKING, Any

from vqa_canary.contracts.expectations import between, each_row, not_blank, not_empty, one_of, unique_key

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

Floats = Sequence[float] | None

LOGPROB_TOLERANCE = 1e-9
"""How far above 0, the exact limit, a log-softmax may end by rounding."""
MASS_TOLERANCE = 1e-6
"""How far the sum of the option probabilities may be from `option_mass`, and `option_mass` above 1, by rounding."""


def suite() -> list[Expectation]:
    """Expectations of table `evidence`, or of one shard of it."""
    return [
        not_empty(),
        unique_key("evidence"),
        *not_blank("model", "instance_id"),
        one_of("status", "ok", "failed"),
        *each_row("evidence", failure_has_error_and_nothing_else, option_logprobs_at_most_zero),
        *each_row("evidence", option_mass_is_sum_of_options, greedy_choice_inside_options),
        *each_row("evidence", greedy_token_logprobs_at_most_zero, greedy_token_entropies_at_least_zero),
        *each_row("evidence", greedy_lists_of_one_length, samples_are_sound),
        *each_row("evidence", reused_tokens_within_prompt_tokens, gaps_are_null),
        *each_row("evidence", bounded_words_were_read),
        between("completion_tokens", 0),
        between("calls", 0),
        between("cut_answers", 0),
        *each_row("evidence", read_at_is_a_token_of_the_answer),
        between("p_true", 0, 1),
        between("verbalized_confidence", 0, 1),
    ]


def failure_has_error_and_nothing_else(
    error: str | None,
    status: str,
    option_logprobs: Floats,
    greedy_text: str | None,
    samples: Sequence[Any] | None,
    p_true: float | None,
    verbalized_text: str | None,
) -> bool:
    """a failed row gives its error and no evidence, an ok row no error"""
    evidence = (option_logprobs, greedy_text, samples, p_true, verbalized_text)
    if status == "failed":
        return bool(error and error.strip()) and all(part is None for part in evidence)
    return error is None


def option_logprobs_at_most_zero(option_logprobs: Floats) -> bool:
    """natural log-probabilities, none above 0"""
    return _at_most_zero(option_logprobs)


def option_mass_is_sum_of_options(option_mass: float | None, option_logprobs: Floats) -> bool:
    """option_mass is the sum of exp(option_logprobs), at most 1"""
    if option_mass is None or option_logprobs is None:
        return option_mass is None and option_logprobs is None
    total = sum(exp(value) for value in option_logprobs)
    return abs(total - option_mass) <= MASS_TOLERANCE and option_mass <= 1 + MASS_TOLERANCE


def greedy_choice_inside_options(greedy_choice: int | None, option_logprobs: Floats) -> bool:
    """greedy_choice counts into the options from 0"""
    return _inside(greedy_choice, option_logprobs)


def greedy_token_logprobs_at_most_zero(greedy_token_logprobs: Floats) -> bool:
    """natural log-probabilities, none above 0"""
    return _at_most_zero(greedy_token_logprobs)


def greedy_token_entropies_at_least_zero(greedy_token_entropies: Floats) -> bool:
    """entropies in nats, none below 0"""
    return greedy_token_entropies is None or all(
        value >= -LOGPROB_TOLERANCE for value in greedy_token_entropies
    )


def greedy_lists_of_one_length(greedy_token_logprobs: Floats, greedy_token_entropies: Floats) -> bool:
    """one log-probability and one entropy for each token of the greedy answer"""
    if greedy_token_logprobs is None or greedy_token_entropies is None:
        return True
    return len(greedy_token_logprobs) == len(greedy_token_entropies)


def samples_are_sound(samples: Sequence[Mapping[str, Any]] | None, option_logprobs: Floats) -> bool:
    """each sample's choice counts into the options, its log-probabilities are not above 0"""
    return samples is None or all(
        _inside(sample["choice"], option_logprobs) and _at_most_zero(sample["token_logprobs"])
        for sample in samples
    )


def reused_tokens_within_prompt_tokens(reused_tokens: int | None, prompt_tokens: int | None) -> bool:
    """0 <= reused_tokens <= prompt_tokens: no more tokens came from a cache than the prompts have"""
    if prompt_tokens is None:
        return reused_tokens is None
    return 0 <= (reused_tokens or 0) <= prompt_tokens


def read_at_is_a_token_of_the_answer(
    read_at: int | None, option_logprobs: Floats, greedy_token_logprobs: Floats
) -> bool:
    """letters that were read were read at a token of the greedy answer"""
    if read_at is None:
        return True
    tokens = greedy_token_logprobs
    return option_logprobs is not None and read_at >= 0 and (tokens is None or read_at < len(tokens))


def gaps_are_null(
    gaps: Sequence[Mapping[str, str]] | None,
    option_logprobs: Floats,
    greedy_text: str | None,
    greedy_token_logprobs: Floats,
    greedy_token_entropies: Floats,
    samples: Sequence[Any] | None,
    p_true: float | None,
    verbalized_confidence: float | None,
) -> bool:
    """a field for whose absence a reason is given is null"""
    values = {name: value for name, value in locals().items() if name != "gaps"}
    return all(gap["reason"].strip() and values.get(gap["field"]) is None for gap in gaps or ())


def bounded_words_were_read(
    bounded: Sequence[str] | None, option_logprobs: Floats, p_true: float | None
) -> bool:
    """only a probability that is there can be a bound"""
    return not bounded or option_logprobs is not None or p_true is not None


def _at_most_zero(logprobs: Floats) -> bool:
    return logprobs is None or all(value <= LOGPROB_TOLERANCE for value in logprobs)


def _inside(choice: int | None, option_logprobs: Floats) -> bool:
    return choice is None or (choice >= 0 and (option_logprobs is None or choice < len(option_logprobs)))
