"""Listed tokens lined up with the text, however a server writes them, and letters read where they stand."""

from __future__ import annotations

from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.engines.answer_words import Named
from vqa_canary.engines.endpoint.alignment import answer_start, token_at
from vqa_canary.engines.endpoint.places import NOT_LINED_UP, read_at
from vqa_canary.engines.endpoint.positions import Position, TopToken
from vqa_canary.engines.local.places import SMALL_LETTER, UNTOLD
from vqa_canary.engines.surface_forms import LETTER_FORMS

TEXTS = st.lists(
    st.sampled_from(["The", " answer", " is", " **", "D", "**", ".", "\n", "答案是", "\uff24", "é", " (D)"]),
    min_size=1,
).map("".join)


def as_text(part: bytes) -> Position:
    """A token as OpenAI and vLLM give it: where it is no text of its own, with its bytes."""
    return Position(token=part.decode("utf-8", "replace"), logprob=-1.0, bytes=list(part))


def as_marked(part: bytes) -> Position:
    """As tokenisers write spaces and line ends."""
    text = part.decode("utf-8", "replace").replace(" ", "Ġ").replace("\n", "Ċ")
    return Position(token=text, logprob=-1.0, bytes=list(part))


def as_escaped(part: bytes) -> Position:
    try:
        return Position(token=part.decode().replace(" ", "▁"), logprob=-1.0)
    except UnicodeDecodeError:
        return Position(token="bytes:" + "".join(f"\\x{byte:02x}" for byte in part), logprob=-1.0)


STYLES = st.sampled_from([as_text, as_marked, as_escaped])


@given(TEXTS, STYLES, st.booleans(), st.sampled_from([(), ("</s>",), ("<|END_OF_TURN|>", "D")]), st.data())
def test_the_token_of_a_character_is_found_however_the_text_is_cut(
    text: str, style: object, thought: bool, ends: tuple[str, ...], data: st.DataObject
) -> None:
    assert callable(style)
    if not text.strip():
        return
    rest, parts = text.encode(), []
    while rest:
        cut = data.draw(st.integers(1, len(rest)))
        parts.append(rest[:cut])
        rest = rest[cut:]
    before = [as_text(part) for part in (b"Is it D", b"? Or **D**", b"</think>")] if thought else []
    behind = [as_text(end.encode()) for end in ends[:1]]
    tokens = [*before, *map(style, parts), *behind]
    at = data.draw(st.sampled_from([n for n, char in enumerate(text) if not char.isspace()]))
    own = len(text[:at].encode())
    lengths = [sum(map(len, parts[: n + 1])) for n in range(len(parts))]
    holding = next(n for n, end in enumerate(lengths) if end > own)
    assert token_at(tokens, text.strip(), at - (len(text) - len(text.lstrip()))) == len(before) + holding
    start = answer_start(tokens, text.strip())
    assert start is not None
    assert start >= len(before)


def test_an_end_token_that_holds_the_letter_is_not_it() -> None:
    tokens = [as_text(b"D"), as_text(b"<|END_OF_TURN_TOKEN|>")]
    assert (answer_start(tokens, "D"), token_at(tokens, "D", 0)) == (0, 0)


def test_bytes_written_out_are_read_and_what_is_beyond_ascii_may_be_written_in_any_way() -> None:
    text = "Größe: D"
    tokens = [Position(token=one, logprob=-1.0) for one in ("Gr", "<0xC3>", "<0xB6>", "ße", ":", "▁D")]
    assert token_at(tokens, text, 7) == 5
    tokens = [Position(token=one, logprob=-1.0) for one in ("Gr", "Ã¶", "ÃŁe", ":", "ĠD")]
    assert token_at(tokens, text, 7) == 4
    assert answer_start(tokens, text) == 0
    assert answer_start(tokens[1:], text) is None
    assert token_at(tokens[1:], "Something else: D", 16) is None


def listed(token: str, **others: float) -> Position:
    """The chosen token has what the others leave."""
    p = {
        token: 1 - sum(others.values()) - 0.01,
        **{text.replace("_", " "): one for text, one in others.items()},
    }
    top = [TopToken(token=text, logprob=log(one)) for text, one in p.items()]
    return Position(token=token, logprob=log(p[token]), top_logprobs=top)


FIRST = listed("The", Based=0.02, A=0.002)
WORDS = ("A", "B", "C", "D")


def probabilities(found: object) -> list[float]:
    assert isinstance(found, tuple)
    return [exp(one) for one in found[0].logprobs]


def test_letters_are_read_at_the_letter_not_at_the_article() -> None:
    """The article A is among the likeliest first tokens; the answer is D."""
    sentence = [FIRST, listed(" correct"), listed(" answer"), listed(" is"), listed(" **")]
    tokens = [*sentence, listed("D", A=0.1, B=0.05, C=0.04), listed("**.")]
    text = "The correct answer is **D**."
    found = read_at(tokens, text, WORDS, LETTER_FORMS, Named(3, "D", text.index("D")))
    assert isinstance(found, tuple)
    assert found[1] == 5
    assert probabilities(found) == pytest.approx([0.1, 0.05, 0.04, 0.8])
    assert found[0].bounded == ()


@pytest.mark.parametrize("token", ["**{}", "({}", " ({}).", "**{}**", "{}**"])
def test_a_letter_inside_a_token_is_read_beside_the_others_written_so(token: str) -> None:
    own, other = token.format("D"), token.format("A")
    p = {own: 0.7, other: 0.2, "A": 0.05, "Z": 0.01}
    place = Position(
        token=own,
        logprob=log(0.7),
        top_logprobs=[TopToken(token=text, logprob=log(one)) for text, one in p.items()],
    )
    text = "It is" + own
    found = read_at([FIRST.model_copy(update={"token": "It is"}), place], text, WORDS, LETTER_FORMS,
                    Named(3, "D", text.index("D")))  # fmt: skip
    assert isinstance(found, tuple)
    assert probabilities(found)[0] == pytest.approx(0.25)
    assert probabilities(found)[3] == pytest.approx(0.7)
    assert found[0].bounded == ("B", "C")


def test_small_letters_are_read_beside_small_ones() -> None:
    found = read_at([listed("d", a=0.2, b=0.1, c=0.05)], "d", WORDS, LETTER_FORMS, Named(3, "d", 0))
    assert probabilities(found) == pytest.approx([0.2, 0.1, 0.05, 0.64])


def test_a_small_letter_among_words_is_not_told_from_the_article() -> None:
    tokens = [listed("it"), listed(" is"), listed(" c", **{" a": 0.35, " the": 0.2})]
    assert read_at(tokens, "it is c", WORDS, LETTER_FORMS, Named(2, "c", 6)) == SMALL_LETTER


def test_a_model_that_begins_with_the_letter_or_opens_it_is_read_from_the_first_token() -> None:
    opened = [listed("(", A=0.1), listed("D", A=0.2, B=0.1, C=0.1), listed(")")]
    found = read_at(opened, "(D)", WORDS, LETTER_FORMS, Named(3, "D", 1))
    assert isinstance(found, tuple)
    assert found[1] == 0
    assert probabilities(found)[0] == pytest.approx(0.1 + 0.89 * 0.2)


def test_without_a_letter_the_first_token_is_read_only_if_letters_have_most_of_it() -> None:
    assert read_at([FIRST], "The lung", WORDS, LETTER_FORMS, None) == ""
    likely = listed("lung", A=0.3, B=0.2, C=0.1)
    assert isinstance(read_at([likely], "lung", WORDS, LETTER_FORMS, None), tuple)
    unlikely = listed("lung", A=0.3, B=0.1)
    assert read_at([unlikely], "lung", WORDS, LETTER_FORMS, None) == ""
    beyond = listed("E", A=0.3, B=0.1)  # a letter, though of no option
    assert isinstance(read_at([beyond], "E", WORDS, LETTER_FORMS, None), tuple)
    assert isinstance(read_at([beyond], "E", ("True", "False"), LETTER_FORMS, None), str)


def test_what_cannot_be_lined_up_or_told_apart_is_not_read() -> None:
    tokens = [FIRST, listed(" answer:D")]
    assert read_at(tokens, "The answer: C", WORDS, LETTER_FORMS, Named(2, "C", 12)) == NOT_LINED_UP
    assert read_at(tokens, "The answer:D", WORDS, LETTER_FORMS, Named(3, "D", 11)) == UNTOLD


LIVER = ("Lung", "Liver", "Spleen", "Kidney")


@pytest.mark.parametrize(
    ("tokens", "chosen"),
    [
        (["A", " liver", " is", " shown", "."], 1),
        (["C", "-arm", " image", " of", " the", " liver"], None),
        (["A", "bdomen"], None),
        ([" (", "A", " liver", ")"], 1),
    ],
)
def test_an_article_is_no_letter(tokens: list[str], chosen: int | None) -> None:
    positions = [listed(one, The=0.01) for one in tokens]
    assert read_at(positions, "".join(tokens).strip(), WORDS, LETTER_FORMS, None, chosen) == ""


@pytest.mark.parametrize("text", ["E", "E.", "(E)", "E: none", "E\nNone", "**E**", "\uff25"])
def test_a_letter_by_itself_is_read_though_it_is_no_options(text: str) -> None:
    found = read_at([listed("E", A=0.3, B=0.1)], text, WORDS, LETTER_FORMS, None)
    assert probabilities(found)[:2] == pytest.approx([0.3, 0.1])


def test_letters_are_not_read_against_what_the_text_names() -> None:
    likely = listed("Liver", A=0.3, B=0.2, C=0.1)
    assert read_at([likely], "Liver", WORDS, LETTER_FORMS, None, 1) == ""
    assert isinstance(read_at([likely], "Lung", WORDS, LETTER_FORMS, None, 0), tuple)
    beyond = listed("Lung", A=0.3, E=0.4)
    assert read_at([beyond], "Lung", WORDS, LETTER_FORMS, None, 0) == ""


@pytest.mark.parametrize(
    ("tokens", "text", "thought", "start"),
    [
        (["A", " shows", " air", ".", "Liver"], "Liver", None, 4),  # a reasoning that is not told
        (["A", " shows", " air", ".", "B", "</s>"], "B", None, 4),
        (["A", " shows", " air", ".", "A"], "A", None, None),
        (["A", " shows", " air", "."], "A", None, None),
        (["It", " is", " not", " B"], "B", "It is not B", None),  # the reasoning's tokens alone
        (["It", " is", " not", " B", "</think>", "\n", "B"], "B", "It is not B", 6),
        (["<think>", "It", " is", " A", "final", "B"], "B", "It is A", 5),
        (["B", "<|im_end|>"], "B", "It is not B", 0),
        (["B", "<|im_end|>", "\n", "B"], "B", None, 0),
        (["B", "\n", "B"], "B", None, None),
        (["x", "</think>", "B", "\n", "B"], "B", "x", None),
        (["<s>", "B", "</s>"], "B", None, 1),
        (["\n", "(", "B", ")"], "(B)", None, 0),
        (["B", "\n", "</s>"], "B", None, 0),
        (["<answer>", "B", "</answer>"], "<answer>B</answer>", None, 0),
    ],
)
def test_the_answers_tokens_are_told_beyond_doubt_or_not_at_all(
    tokens: list[str], text: str, thought: str | None, start: int | None
) -> None:
    assert answer_start([as_text(one.encode()) for one in tokens], text, thought) == start
