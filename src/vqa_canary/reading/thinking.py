"""Which part of a model's text is its answer: without its thinking, its end tokens and what runs on behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_NAMES = (
    "think|thinking|thought|thoughts|reasoning|reason|reflection|scratchpad|analysis|inner_monologue|cot"
    "|chain_of_thought|rationale|internal|plan"
)


@dataclass(frozen=True, slots=True)
class Thinking:
    """How one family of models sets its thinking apart from its answer."""

    family: str
    opens: str
    """Regular expression of what begins the thinking."""
    closes: str
    """Regular expression of what ends the thinking; it is also found without the beginning, as many chat templates
    write that."""
    example: str
    """An example of the form: a text whose answer is `B`."""


FAMILIES: tuple[Thinking, ...] = (
    Thinking(
        "tags, with or without a name space: DeepSeek-R1, Qwen3, Seed-OSS and most others",
        rf"<(?:[a-z]{{1,12}}[:_|])?(?:{_NAMES})>",
        rf"</(?:[a-z]{{1,12}}[:_|])?(?:{_NAMES})>",
        "<think>It may be A.</think>\n\nB",
    ),
    Thinking("Magistral", r"\[think\]", r"\[/think\]", "[THINK]It may be A.[/THINK]B"),
    Thinking("Kimi-VL", "◁think▷", "◁/think▷", "◁think▷It may be A.◁/think▷B"),
    Thinking("MedGemma", "<unused94>", "<unused95>", "<unused94>thought\nIt may be A.<unused95>B"),
    Thinking("Gemma 4", r"<\|channel>", r"<channel\|>", "<|channel>thought\nIt may be A.<channel|>B"),
    Thinking(
        "gpt-oss (harmony)",
        r"<\|channel\|>(?:analysis|commentary)(?: [^<]{0,80})?<\|message\|>",
        r"<\|channel\|>final(?: [^<]{0,80})?<\|message\|>",
        "<|channel|>analysis<|message|>It may be A.<|end|><|start|>assistant<|channel|>final<|message|>B<|"
        "return|>",
    ),
    Thinking(
        "gpt-oss without its special tokens",
        r"\A\s{0,9}analysis(?=[A-Z])",
        r"assistant(?:commentary)?final",
        "analysisIt may be A.assistantfinalB",
    ),
    Thinking(
        "OpenThinker, Sky-T1",
        r"<\|begin_of_thought\|>",
        r"<\|end_of_thought\|>",
        "<|begin_of_thought|>It may be A.<|end_of_thought|><|begin_of_solution|>B<|end_of_solution|>",
    ),
    Thinking(
        "Command A",
        r"<\|start_thinking\|>",
        r"<\|end_thinking\|>",
        "<|START_THINKING|>It may be A.<|END_THINKING|><|START_RESPONSE|>B<|END_RESPONSE|>",
    ),
    Thinking(
        "Apertus",
        r"<\|inner_prefix\|>",
        r"<\|inner_suffix\|>",
        "<|inner_prefix|>It may be A.<|inner_suffix|>B<|assistant_end|>",
    ),
    Thinking(
        "chat front ends",
        r"<details type=\"?reasoning[^<>]{0,80}>",
        "</details>",
        '<details type="reasoning">It may be A.</details>\nB',
    ),
    Thinking(
        "Granite 3.2",
        r"\A\s{0,9}here is my thought process:",
        "here is my response:",
        "Here is my thought process:\nIt may be A.\n\nHere is my response:\nB",
    ),
)
"""The forms of thinking that are known. To add a family, add a row; a test reads every example, also without its
beginning and without its end."""

ENDS: tuple[str, ...] = (
    r"<\|(?:im_end|endoftext|end_of_text|eot_id|eom_id|end|return|eot|end_of_sentence|endofturn|end_of_turn"
    r"|assistant_end|end_of_solution|end_response|end_of_turn_token|end_of_document|observation|user|"
    r"system)\|>",
    r"<\|im_start\|>\s?(?:user|system|human)",
    r"<\|start_header_id\|>\s?(?:user|system)",
    r"</?(?:s|eos|end_of_turn|end_of_utterance|pad|eod|eot|endoftext)>",
    r"<start_of_turn>\s?user",
    r"<(?:end_)?turn\|>",
    r"<\uff5c(?:end▁of▁sentence|user)\uff5c>",
    r"\[(?:/?inst|eos|/?answer_end|eot)\]",
    r"\n\s{0,4}#{0,4} {0,2}(?:question|human|user|instruction|problem|next question|frage|pregunta|问题|題目|题目)"
    r"(?: \d{1,4})?\s?[:：]",
)
"""What ends an answer: whatever stands behind is not part of it. The last: a model that goes on with a new question."""

BEGINNINGS: tuple[str, ...] = (
    r"<\|im_start\|>\s?assistant",
    r"<\|start_header_id\|>\s?assistant\s?<\|end_header_id\|>",
    r"<\|start\|>\s?assistant",
    r"<\|channel\|>\s?final\s?<\|message\|>",
    r"<start_of_turn>\s?model",
    r"<\|turn>\s?model",
    r"<\|(?:assistant|begin_of_text|startoftext|start_response|begin_of_solution|message|start_of_turn_token"
    r"|chatbot_token)\|>",
    r"<(?:s|bos|pad)>",
    r"<\uff5c(?:assistant|begin▁of▁sentence)\uff5c>",
    r"\[/inst\]",
    r"(?:assistant|gpt|model|bot|ai)\s?[:：]",
    r"\s",
)
"""What may stand before an answer without being part of it."""


def answer_part(text: str) -> tuple[int, int]:
    """Where the answer stands in `text`: from its start to its end, as a half-open range of characters.

    Thinking before it (see `FAMILIES`) is left out, also where its opening was part of the prompt; so are tokens
    that begin or end a turn, and what stands behind the end. Thinking that was not ended leaves an empty range:
    there is no answer yet.
    """
    start, end = _behind_thinking(text)
    begun = _compiled(BEGINNINGS)
    while start < end and (found := begun.match(text, start, end)):
        start = found.end()
    if ended := _compiled(ENDS).search(text, start, end):
        end = ended.start()
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def thinks_only(text: str) -> bool:
    """Whether `text` holds thinking and no answer."""
    start, end = answer_part(text)
    return start == end and bool(_openings().search(text) or _closings().search(text))


def _behind_thinking(text: str) -> tuple[int, int]:
    """The range behind the last thinking; that before the first, if only there something is said."""
    opened = [found.span() for found in _openings().finditer(text)]
    closed = [found.span() for found in _closings().finditer(text)]
    if opened and (not closed or closed[-1][0] < opened[-1][0]):
        return len(text), len(text)
    if not closed:
        return 0, len(text)
    start = closed[-1][1]
    if not _says_something(text[start:]) and opened and opened[0][0] < closed[0][0]:
        return 0, opened[0][0]
    return start, len(text)


def _says_something(text: str) -> bool:
    ended = _compiled(ENDS).search(text)
    return bool((text[: ended.start()] if ended else text).strip())


def _openings() -> re.Pattern[str]:
    return _compiled(tuple(one.opens for one in FAMILIES))


def _closings() -> re.Pattern[str]:
    return _compiled(tuple(one.closes for one in FAMILIES))


@cache
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE)
