"""Languages: which one a question is in, yes and no, choices, and for which wrong options may be made up."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.rows import Item, Refusal
from vqa_canary.sources.given_options import speaks_of_others
from vqa_canary.sources.languages import CHINESE, ENGLISH, LANGUAGES, UNKNOWN, language_of
from vqa_canary.sources.languages.chinese import choices_of, in_english, verdict_of
from vqa_canary.sources.languages.chinese_terms import TERMS
from vqa_canary.sources.overlap import overlap
from vqa_canary.sources.questions import questions
from vqa_canary.sources.wording import normalise

Pictures = Callable[..., Path]


def read(folder: Path, *asked: tuple[str, Any], **more: Any) -> list[Item | Refusal]:
    records: list[Mapping[str, Any]] = [
        {"image": f"{at}.png", "question": question, "answer": answer} | more
        for at, (question, answer) in enumerate(asked)
    ]
    (folder / "q.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return list(questions(folder, 7, file="q.jsonl"))


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("Which organ is marked?", "en"),
        ("Is Ménière's disease what is shown?", "en"),
        ("What does the β-blocker do?", "en"),
        ("图中的器官是什么？", "zh"),
        ("CT上有肿瘤吗?", "zh"),
        ("Welches Organ ist markiert?", "de"),
        ("Ist ein Tumor sichtbar?", "de"),
        ("Quel organe est marqué ?", "fr"),
        ("Y a-t-il une tumeur dans l'image ?", "fr"),
        ("¿Qué órgano se muestra en la imagen?", "es"),
        ("Quale organo è mostrato?", "it"),
        ("Qual órgão está marcado na imagem?", "pt"),
        ("Wat is het orgaan?", "nl"),
        ("これは何ですか", ""),
        ("Какой это орган?", ""),
        ("Ποιο όργανο είναι αυτό;", ""),
        ("ما هذا العضو؟", ""),
        ("Hangi organ gösteriliyor?", ""),
        ("Vilket organ är markerat?", ""),
        ("Modality?", None),
        ("T2?", None),
        ("", None),
    ],
)
def test_the_language_of_a_question(question: str, code: str | None) -> None:
    found = language_of(question)
    assert (None if found is None else found.code) == code


def test_an_answer_tells_the_language_where_the_question_does_not() -> None:
    assert language_of("MRI?", "Nein") is next(one for one in LANGUAGES if one.code == "de")
    assert language_of("MRI?", "No") is None  # English, Spanish and Italian
    assert language_of("MRI?", "肺") is CHINESE
    assert language_of("Which organ?", "肺") is UNKNOWN


@given(st.text(max_size=30), st.text(max_size=10))
def test_every_text_has_a_language_or_none(question: str, answer: str) -> None:
    assert language_of(question, answer) in (*LANGUAGES, UNKNOWN, None)


def test_each_language_is_one_sound_row() -> None:
    assert len({one.code for one in LANGUAGES}) == len(LANGUAGES)
    for one in LANGUAGES:
        assert not one.yes & one.no
        assert len({normalise(text) for text in one.yes_no}) == 2
        for question in ("这是肺吗?", ""):
            if one.verdict is None or question:
                assert one.says_yes(question, normalise(one.yes_no[0])) is True
                assert one.says_yes(question, normalise(one.yes_no[1])) is False
        assert all(word == word.casefold() for word in one.words)


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("图像中有肿瘤吗？", "没有", ("否", ("是", "否"))),
        ("图像中有肿瘤吗？", "有", ("是", ("是", "否"))),
        ("这是健康的肺吗？", "不是", ("否", ("是", "否"))),
        ("图片中包含肝脏吗?", "包含", ("是", ("是", "否"))),
        ("肺是正常的吗?", "不正常", ("否", ("是", "否"))),
        ("Ist ein Tumor sichtbar?", "Nein.", ("Nein", ("Ja", "Nein"))),
        ("Y a-t-il une tumeur ?", "oui", ("Oui", ("Oui", "Non"))),
        ("¿Hay un tumor en la imagen?", "si", ("Sí", ("Sí", "No"))),
        ("Há um tumor na imagem?", "não", ("Não", ("Sim", "Não"))),
        ("Is there a tumor?", "no", ("No", ("Yes", "No"))),
        ("Finns det en tumör?", "yes", ("Yes", ("Yes", "No"))),
        ("扫描的是图像的哪个平面,横断面还是冠状面?", "冠状面", ("冠状面", ("横断面", "冠状面"))),
        ("Is it a CT or an MRI?", "MRI", ("MRI", ("CT", "MRI"))),
    ],
)
def test_yes_no_and_choices_in_the_language_of_the_question(
    pictures: Pictures, question: str, answer: str, expected: tuple[str, tuple[str, ...]]
) -> None:
    [row] = read(pictures(1), (question, answer))
    assert isinstance(row, Item), row
    assert (row.options[row.answer_index], set(row.options)) == (expected[0], set(expected[1]))
    assert not row.nota_valid
    assert row.answer_type == "closed"


@pytest.mark.parametrize(
    ("question", "answer", "verdict"),
    [
        ("肺看起来不正常吗?", "不正常", True),
        ("肺看起来不正常吗?", "正常", False),
        ("肺看起来不正常吗?", "是的", True),
        ("肺是异常的吗?", "正常", None),
        ("没有异常吗?", "没有", None),
        ("有没有异常?", "没有", False),
        ("图中的器官是什么？", "肺", None),
        ("图中的器官是什么？", "没有", None),
        ("图像中有肿瘤吗?", "左肺", None),
    ],
)
def test_what_a_chinese_answer_says(question: str, answer: str, verdict: bool | None) -> None:
    assert verdict_of(question, answer) is verdict


@pytest.mark.parametrize(
    ("question", "answer", "choices"),
    [
        ("图中异常是高密度还是低密度?", "高密度", ("高密度", "低密度")),
        ("这是T1加权还是T2加权的核磁共振图像?", "T2", ("T1", "T2")),
        ("图中肺、心脏和肝脏哪个更大?", "肺", ("肺", "心脏", "肝脏")),
        ("肺或者心脏哪个是异常的?", "心脏", ("肺", "心脏")),
        ("肿瘤是良性还是恶性?", "恶性", ("良性", "恶性")),
        ("脑肿瘤是白色的还是灰色的?", "白色", ("白色", "灰色")),
        ("图中脾脏和肝脏哪个更大?", "心脏", None),
        ("图中脾脏和肝脏哪个更大?", "都是", None),
        ("图中的东西像甲还是像乙丙丁?", "像甲", None),
    ],
)
def test_choices_of_a_chinese_question(question: str, answer: str, choices: tuple[str, ...] | None) -> None:
    assert choices_of(question, answer) == choices


def test_chinese_answers_are_judged_by_their_english_terms() -> None:
    assert in_english("左上肺") == "left top lung"
    assert in_english("肺，心脏") == "lung, heart"
    assert in_english("脾脏与肝") == "spleen, liver"
    assert in_english("非增强型脑肿瘤") == "brain non-enhancing tumor"
    assert in_english("未知之物") is None
    assert in_english("") is None
    assert overlap(in_english("核磁共振") or "", in_english("MRI") or "")
    assert overlap(in_english("肺") or "", in_english("左肺") or "")
    assert not overlap(in_english("左肺") or "", in_english("右肺") or "")


@given(
    st.lists(st.sampled_from(sorted(term for term, said in TERMS.items() if said)), min_size=1, max_size=3)
)
def test_a_list_of_terms_is_the_list_of_what_they_say(terms: list[str]) -> None:
    assert in_english("，".join(terms)) == ", ".join(TERMS[term] for term in terms)


ORGANS = [("图中的器官是什么？", organ) for organ in ("肝脏", "肺", "心脏", "脾脏")]


def test_chinese_distractors_are_chinese_answers(pictures: Pictures) -> None:
    english = [("Which organ is shown?", organ) for organ in ("Liver", "Lung", "Heart", "Spleen")]
    rows = read(pictures(8), *ORGANS, *english)
    items = [row for row in rows if isinstance(row, Item)]
    assert len(items) == 8
    assert {frozenset(item.options) for item in items[:4]} == {frozenset({"肝脏", "肺", "心脏", "脾脏"})}
    assert all(text.isascii() for item in items[4:] for text in item.options)


@pytest.mark.parametrize(
    ("question", "answer", "why"),
    [
        (
            "Welches Organ ist markiert?",
            "Leber",
            "seems to be in German, and wrong options are made up in English and Chinese",
        ),
        ("Vilket organ är markerat?", "lever", "seems to be in a language without rules"),
        ("图中的器官是什么？", "未知之物", "in none of the Chinese terms that are known"),
        ("图像中有肿瘤吗?", "左肺", "asks for yes or no, and is answered otherwise"),
        ("Which organ is marked?", "肾", "seems to be in a language without rules"),
    ],
)
def test_nothing_is_made_up_in_a_language_without_rules(
    pictures: Pictures, question: str, answer: str, why: str
) -> None:
    folder = pictures(8)
    english = [("Which organ is shown?", organ) for organ in ("Liver", "Lung", "Heart", "Spleen")]
    row = read(folder, (question, answer), *ORGANS[:3], *english)[0]
    assert isinstance(row, Refusal)
    assert why in row.reason
    if "yes or no" not in why:
        assert "give the question its options" in row.reason
    assert "{" not in row.reason
    for other in read(folder, (question, answer), *ORGANS[:3], *english)[1:]:
        assert isinstance(other, Refusal) or answer not in other.options
    [given_options] = read(folder, (question, answer), options=[answer, "x y", "z"])
    assert isinstance(given_options, Item)


def test_a_question_that_does_not_tell_takes_the_language_of_its_file(pictures: Pictures) -> None:
    folder = pictures(4)
    silent = [("Modality?", one) for one in ("CT", "MRI", "Ultrasound")]
    assert all(isinstance(row, Refusal) for row in read(folder, *silent))
    assert isinstance(read(folder, *silent, ("Which organ is shown?", "Liver"))[0], Item)
    assert isinstance(read(folder, *silent, ("Welches Organ ist markiert?", "Leber"))[0], Refusal)


@pytest.mark.parametrize(
    "option",
    [
        *("以上都不是", "以上皆非", "都是", "Keine der genannten", "Aucune de ces réponses"),
        *("Ninguna de las anteriores", "Nenhuma das anteriores", "Beide"),
    ],
)  # fmt: skip
def test_options_that_speak_of_others_in_any_language(option: str) -> None:
    assert speaks_of_others(option)
    assert not speaks_of_others("肺炎")


def test_english_needs_no_terms_of_its_own() -> None:
    assert ENGLISH.terms is not None
    assert ENGLISH.terms("Left Lung") == "Left Lung"
