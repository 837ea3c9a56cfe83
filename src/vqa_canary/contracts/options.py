"""Rules about options, shared by `items` and `instances`."""

from __future__ import annotations

from collections.abc import Sequence


def two_options(options: Sequence[str]) -> bool:
    """at least two options"""
    return len(options) >= 2


def options_are_texts(options: Sequence[str]) -> bool:
    """no option is blank"""
    return all(option.strip() for option in options)


def options_distinct(options: Sequence[str]) -> bool:
    """no two options are the same answer once normalised"""
    from vqa_canary.sources.multiple_choice import normalise

    return len({normalise(option) for option in options}) == len(options)


def answer_inside_options(answer_index: int | None, options: Sequence[str]) -> bool:
    """answer_index counts into options from 0"""
    return answer_index is None or 0 <= answer_index < len(options)
