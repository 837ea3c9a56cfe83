"""Options in one cell, in every form of docs/how-to/questions.md; what may be read in two ways is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.sources.cells import Refused
from vqa_canary.sources.given_options import GivenOptions, options_of
from vqa_canary.sources.list_text import LONGEST, NoList, parsed_list

PAGE = Path(__file__).parents[2] / "docs/how-to/questions.md"


def rows_of_the_page() -> list[tuple[str, str]]:
    """Cell and what is said of it, of the table of options."""
    table = PAGE.read_text(encoding="utf-8").partition("| cell | options |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(.*)` \| (.*) \|$", table, re.MULTILINE)
    assert len(rows) > 20
    return [(cell.replace("\\|", "|"), said) for cell, said in rows]


def texts(cell: object, separator: str | None = None) -> tuple[str, ...]:
    given_options = options_of(cell, separator)
    assert given_options is not None
    return given_options.texts


@pytest.mark.parametrize(("cell", "said"), rows_of_the_page())
def test_the_page_says_what_is_read(cell: str, said: str) -> None:
    if said.startswith("refused"):
        with pytest.raises(Refused, match=r"^options: "):
            texts(cell)
    else:
        assert texts(cell) == tuple(said.split(" / "))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("A. Lung\nB. Liver\nC. Spleen", ("Lung", "Liver", "Spleen")),
        ("Option A: Lung\nOption B: Liver", ("Lung", "Liver")),
        (["选项A、肺", "选项B、肝"], ("肺", "肝")),
        ("Lung\r\nLiver\r\n", ("Lung", "Liver")),
        ("Lung\tLiver", ("Lung", "Liver")),
        ("(a) lung (b) liver", ("lung", "liver")),
        ("A) lung, B) liver, C) heart", ("lung", "liver", "heart")),
        ("A) Grade I; B) Grade II\nC) Grade III", ("Grade I", "Grade II", "Grade III")),
        ("A) lung, left B) liver", ("lung, left", "liver")),
        ("（A）肺 （B）肝", ("肺", "肝")),
        ("Ａ．肺；Ｂ．肝", ("肺", "肝")),
        ("['Lung', None, nan, 'Liver']", ("Lung", "Liver")),
        ("[1, 2.0, -3]", ("1", "2", "-3")),
        ({"text": ["x", "y"], "label": ["A", "B"]}, ("x", "y")),
        ({"a": "x", "b": "y"}, ("x", "y")),
        ('[["A", "YES"], ["B", "NO"]]', ("YES", "NO")),
        ([{"letter": "A", "content": "AB"}, {"letter": "B", "content": "O+"}], ("AB", "O+")),
        (
            [{"letter": "A", "text": "x"}, {"letter": "B", "text": "y"}, {"letter": "C", "text": ""}],
            ("x", "y"),
        ),
        (["A. fibrillation", "B. flutter"], ("fibrillation", "flutter")),
        (["A. fumigatus", "B. aspergillosis"], ("fumigatus", "aspergillosis")),
        (["A. pneumonia", "B. arthritis", "C. edema"], ("pneumonia", "arthritis", "edema")),
        (["A) fumigatus", "B) albicans"], ("fumigatus", "albicans")),
        (["T: high", "T: low"], ("T: high", "T: low")),
        (["E. coli", "S. aureus", "K. oxytoca"], ("E. coli", "S. aureus", "K. oxytoca")),
        (["(A) x", "", "(C) y"], ("x", "y")),
        ("A - Lung|B - Liver", ("Lung", "Liver")),
        (["A \u2013 Lung", "B \u2013 Liver"], ("Lung", "Liver")),
        (["A] Lung", "B] Liver"], ("Lung", "Liver")),
        (["B - cell", "T - cell"], ("B - cell", "T - cell")),
        (["A-V node", "B-fibre"], ("A-V node", "B-fibre")),
        ("Lung;Liver;", ("Lung", "Liver")),
        ("['it\\'s', 'so']", ("it's", "so")),
        ("<b>A.</b> Lung|<b>B.</b> Liver", ("Lung", "Liver")),
        ("<p>A. Lung</p>|<p>B. Liver</p>", ("Lung", "Liver")),
        ("*A)* Lung|*B)* Liver", ("Lung", "Liver")),
        ("__A__ Lung|__B__ Liver", ("Lung", "Liver")),
        (["\\textbf{(A)} Lung", "\\textbf{(B)} Liver"], ("Lung", "Liver")),
        ("- A. Lung|- B. Liver", ("Lung", "Liver")),
        ("A/ Lung|B/ Liver", ("Lung", "Liver")),
        ("A, Lung|B, Liver", ("Lung", "Liver")),
        ("A=Lung|B=Liver", ("Lung", "Liver")),
        ("A> Lung|B> Liver", ("Lung", "Liver")),
        ("A -> Lung|B -> Liver", ("Lung", "Liver")),
        ("\u24b6 Lung|\U0001f151 Liver", ("Lung", "Liver")),
        ("Option A Lung|Option B Liver", ("Lung", "Liver")),
        (["A\tLung", "B\tLiver"], ("Lung", "Liver")),
        ("A fib|B cell", ("A fib", "B cell")),
        ("C diff|E coli", ("C diff", "E coli")),
        ("B cell|T cell", ("B cell", "T cell")),
        ("A wave|B wave|C wave", ("A wave", "B wave", "C wave")),
        ("A mass|A cyst", ("A mass", "A cyst")),
        ("A, B|B, C", ("A, B", "B, C")),
        ("A > B|B > A|A = B", ("A > B", "B > A", "A = B")),
        ("A is larger|B is smaller", ("A is larger", "B is smaller")),
        ("A only|A and B", ("A only", "A and B")),
        ("O- blood|A- blood", ("O- blood", "A- blood")),
        ("c = 5|c = 7|a mass", ("c = 5", "c = 7", "a mass")),
        ("V/Q scan|A/G ratio", ("V/Q scan", "A/G ratio")),
        ("A型|B型|AB型|O型", ("A型", "B型", "AB型", "O型")),
        ("<i>E. coli</i>|<i>S. aureus</i>", ("<i>E. coli</i>", "<i>S. aureus</i>")),
        ("a typical|atypical", ("a typical", "atypical")),
        ("Grade 1 2|Grade 12", ("Grade 1 2", "Grade 12")),
        ("Lung (A)|Liver (B)", ("Lung (A)", "Liver (B)")),
    ],
)
def test_more_forms(cell: object, expected: tuple[str, ...]) -> None:
    assert texts(cell) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "A. lung\nliver\nC. spleen",
        "A: lung\nA: liver",
        ["Option B: lung", "Option A: liver"],
        "B. Lung\nA. Liver",
        "(B) Lung (A) Liver",
        ["A) x", "C) y"],
        ["A. fumigatus", "B. dermatitidis", "C. albicans"],
        ["A. baumannii", "B. fragilis"],
        {"A": "x", "C": "y"},
        {"1": "x", "2": "y"},
        {"text": ["x", "y"], "label": ["B", "A"]},
        "['a' ... 'z']",
        "['a', 'b'",
        "array(['a', 'b']",
        "A. B.",
        "Ｌung／Liver",
        ["x", "x."],
        ["Lung", "\uff2c\uff55\uff4e\uff47"],
        "B - Liver|A - Lung",
        ["A - Lung", "Liver"],
        ["B] Liver", "A] Lung"],
        "Lung || Liver || Spleen",
        "|Lung|Liver|",
        "Lung;;Liver",
        "**B.** Liver|**A.** Lung",
        "<b>A.</b> Lung|Liver",
        "*B* Liver|*A* Lung",
        "B, Liver|A, Lung",
        "B> Liver|A> Lung",
        ["B\tLiver", "A\tLung"],
        "A= Lung|Liver",
        "B Liver|A Lung",
        "A x|B y|C z",
        "B-Liver|A-Lung",
        ["B_ Liver", "A_ Lung"],
        ["A", "Lung", "B", "Liver"],
        "B肝|A肺",
        "A = 5|B = 7",
        "Lung (B)|Liver (A)",
        [["B", "Liver"], ["A", "Lung"]],
        [[0, "Lung"], [1, "Liver"]],
        [["A", "B"], ["B", "A"]],
        "10%|10 %",
        "5mm|5 mm",
    ],
)
def test_what_is_not_certain_is_refused(cell: object) -> None:
    with pytest.raises(Refused, match=r"^options: "):
        texts(cell)


words = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=12
).filter(lambda text: bool(re.search(r"\w\w", text)) and not re.match(r"\W*\w\W", text))
several = st.lists(words, min_size=2, max_size=5, unique=True)


def told(cell: object) -> tuple[str, ...] | str:
    try:
        return texts(cell)
    except Refused as error:
        return str(error)


@given(several)
def test_a_list_means_the_same_however_it_is_printed(options: list[str]) -> None:
    native = told(options)
    if isinstance(native, str):
        return
    assert told(json.dumps(options)) == native
    assert told(json.dumps(options, ensure_ascii=False)) == native
    assert told(repr(options)) == native
    assert told(repr(tuple(options))) == native
    assert told("[" + " ".join(map(repr, options)) + "]") == native
    assert told("[" + "\n ".join(map(repr, options)) + "]") == native
    letters = "ABCDE"[: len(options)]
    assert told(dict(zip(letters, options, strict=True))) == native
    assert told(repr(dict(zip(letters, options, strict=True)))) == native
    assert told([f"{letter}) {text}" for letter, text in zip(letters, options, strict=True)]) == native


@given(st.text("AB,;|'\"[]{}()\n\\. xé0", max_size=30))
def test_any_text_is_options_or_a_reason(cell: str) -> None:
    found: GivenOptions | str | None
    try:
        found = options_of(cell, None)
    except Refused as error:
        found = str(error)
    assert len(found) <= 600 if isinstance(found, str) else found is None or 2 <= len(found.texts) <= 26


@pytest.mark.parametrize(
    "text",
    ["[" * 5000, "[" + "'a'," * LONGEST, "{'a': " * 3000, "[*x]", "{**x}", "[f'{x}']", "[b'x']", "[1j]"],
)
def test_a_list_made_to_harm_is_no_list(text: str) -> None:
    with pytest.raises(NoList):
        parsed_list(text)
