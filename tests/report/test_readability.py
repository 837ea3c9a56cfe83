"""What both pages say of a model whose answers cannot be read, and of one whose can."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from tests.report import audits
from tests.report.conftest import EVIL
from tests.report.unread import estimate, row, rows

from vqa_canary.estimate import Estimate
from vqa_canary.report.accuracy import shown
from vqa_canary.report.audit.page import make_audit_report
from vqa_canary.report.numbers import Range
from vqa_canary.report.readability import last_lines, sheet, warnings
from vqa_canary.report.rendering import Report
from vqa_canary.report.sheet import Column, Sheet, latex_text, sort_key
from vqa_canary.report.study.contents import Study
from vqa_canary.report.study.page import make_report

UNREAD = "m-600"


@pytest.fixture(scope="module")
def unread(study: Study) -> Report:
    """The page of the same study, where one model's answers could not be read."""
    from tests.conftest import leave_undrawn

    with pytest.MonkeyPatch.context() as patch:
        leave_undrawn(patch)
        return make_report(replace(study, readability=rows(UNREAD, "m-1100")))


def table(report: Report, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report.tables[f"{name}.csv"])))


def in_words(page: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def test_each_kind_of_trouble_is_told_with_its_counts() -> None:
    bad = row("m", "clean", 60, compared=60, contrary=12, median_mass=0.123, cut_answers=3)
    bad["warnings"] = ["cut", "contrary", "mass"]
    cut, contrary, mass = warnings([bad])
    assert all(one.grave for one in (cut, contrary, mass))
    assert cut.text.startswith("clean: 3 answers and samples of answered instances ended there before")
    assert contrary.text.startswith("clean: in 12 of 60 instances (20.0 %) the text names another option")
    assert mass.text.startswith("clean: the median probability on all option letters together is 0.123.")
    assert "m" in mass.title


def test_unread_answers_are_told_with_their_shapes_and_the_range() -> None:
    [unread, cut] = warnings(rows())
    assert unread.title == "Not all answers of odd can be read"
    assert (
        "clean: 24 of 60 answers name an option (40.0 %; accuracy 30.0 % to 75.0 %); nota_replace: 12 of 60 answers "
        "name an option (20.0 %; accuracy 15.0 % to 75.0 %). What names none looks like: an option denied (52), empty "
        "(26)."
    ) in unread.text
    assert "clean: 6 of 60 answers ended at the token limit" in cut.text
    assert len(last_lines(rows())) == 2


def test_a_subset_that_can_be_read_whole_has_a_number_and_no_range() -> None:
    """Of another number of questions than there are answers, the number is told."""
    part = row("m", "nota_replace", 50)
    for one in part["accuracy"]:
        whole = one["subset"] == "nota_valid"
        one |= {
            "unread_wrong": estimate(0.25, 8),
            "unread_left_out": estimate(0.25, 8) if whole else estimate(0.5, 4),
        }
    assert {place[3] for place in shown([part])} == {"all", "modality=CT"}
    [told] = warnings([part])
    assert told.text.startswith("nota_replace: 50 of 60 answers name an option (83.3 %).")
    part["accuracy"][1] |= {"unread_left_out": estimate(1 / 3, 6)}
    [told] = warnings([part])
    assert "(83.3 %; accuracy on 8 questions of nota_valid 25.0 % to 33.3 %)" in told.text


def test_letters_beyond_the_options_are_grave_only_where_something_is_right() -> None:
    """Where the answer was removed there is no accuracy that they could spoil."""
    beyond: dict[str, Any] = {"warnings": ["beyond"], "beyond": 10, "accuracy": []}
    right, removed = row("a", "clean", 50, **beyond), row("b", "answer_removed", 50, answerable=0, **beyond)
    mild_last = warnings([removed | {"model": "0"}, right])
    assert [one.grave for one in mild_last] == [True, False]
    assert mild_last[0].title == "Answers of a name options that were not offered"
    assert (
        "clean: 50 of 60 answers name an option (83.3 %), 10 are a letter beyond the options."
        in mild_last[0].text
    )
    assert len(last_lines([removed, right])) == 1


def test_many_conditions_and_shapes_are_cut_short_and_counted() -> None:
    shapes = [{"shape": f"shape {k}", "n": 9 - k} for k in range(6)]
    [told] = warnings([row("m", f"c{k}", 20, shapes=shapes) for k in range(6)])
    assert "c3: 20 of 60" in told.text
    assert "c4" not in told.text
    assert "2 more conditions." in told.text
    assert "shape 3 (36), others (54)." in told.text


def test_the_data_set_is_named_where_there_are_several() -> None:
    both = [row("m", "clean", 20, dataset=name) for name in ("d", "e")]
    assert [one.title for one in warnings(both)] == [
        f"Not all answers of m on {name} can be read" for name in ("d", "e")
    ]


def test_little_under_every_condition_is_told_of_all_together() -> None:
    """Over all conditions 94 %, and under none of them too few."""
    whole = row("m", "", 56)
    [told] = warnings([whole, row("m", "clean", 58)])
    assert told.text.startswith("all conditions: 56 of 60")


@pytest.mark.usefixtures("unprinted")
def test_a_model_that_is_read_changes_nothing_but_the_new_table(study: Study, report: Report) -> None:
    read = [row(model, condition, 60) for model in study.models for condition in ("", *study.conditions)]
    made = make_report(replace(study, readability=read))
    assert "readability.csv" in made.tables
    without = {name: text for name, text in made.tables.items() if not name.startswith("readability.")}
    assert without == report.tables
    assert made.figures == report.figures
    assert "can be read" not in in_words(made.page)


def test_the_study_page_shows_a_range_wherever_a_table_has_accuracy(unread: Report) -> None:
    assert "Not all answers of m-600 can be read" in in_words(unread.page)
    for one in table(unread, "leaderboard"):
        for key, ends in (("accuracy", ("0.3", "0.75")), ("accuracy_nota", ("0.15", "0.75"))):
            if one["model"] == UNREAD:
                assert one[key] == ""
                assert one[f"{key}_reason"].startswith("a range")
                assert (one[f"{key}_unread_wrong"], one[f"{key}_unread_left_out"]) == ends
                assert float(one[f"{key}_unread_wrong_low"]) < float(ends[0])
            else:
                assert float(one[key]) > 0
                assert one[f"{key}_unread_wrong"] == one[f"{key}_unread_left_out"] == ""
    accuracy = {one["model"]: one for one in table(unread, "accuracy")}
    assert accuracy[UNREAD]["clean_unread_wrong"] == "0.3"
    assert accuracy[UNREAD]["answer_removed"] == ""
    by_ct = [one for one in table(unread, "breakdown") if one["value"] == "CT" and one["model"] == UNREAD]
    assert [one["accuracy_unread_wrong"] for one in by_ct] == ["0.3"]
    assert re.search(r"0\.300 to 0\.750<small>0\.240 to 0\.360; 0\.690 to 0\.810</small>", unread.page)
    assert "with accuracy 0.30 to" in in_words(unread.page)


@pytest.mark.usefixtures("undrawn")
def test_names_and_shapes_stay_texts(study: Study) -> None:
    shapes = [{"shape": EVIL, "n": 3}]
    page = make_report(replace(study, readability=[row(EVIL, "clean", 20, shapes=shapes)])).page
    assert "<img src=x" not in page
    assert EVIL in unescape(page)


@pytest.mark.usefixtures("undrawn")
def test_the_audit_shows_ranges_in_its_cards_and_subgroups() -> None:
    made = make_audit_report(audits.unread())
    said = in_words(made.page)
    assert "Not all answers of radiology-vlm-7b can be read" in said
    assert (
        "Accuracy 30.0 % to 75.0 % unread wrong: 95 %: 24.0 to 36.0 %; 60 questions, 20 images; unread left out:"
        in said
    )
    assert "Accuracy, nota_replace 15.0 % to 75.0 %" in said
    groups = {one["value"]: one for one in table(made, "subgroups")}
    assert groups["CT"]["accuracy_unread_wrong"] == "0.3"
    assert groups["MRI"]["accuracy"] == "0.6"
    plain = in_words(make_audit_report(audits.found()).page)
    assert "Not all answers of" not in plain
    assert "unread" not in plain


@pytest.mark.usefixtures("undrawn")
def test_where_methods_have_answers_of_their_own_so_have_ranges() -> None:
    audit = audits.unread()
    for one in audit["readability"]:
        for each in one["accuracy"]:
            each["method"] = "max_probability"
    assert "30.0 % to 75.0 %" in in_words(make_audit_report(audit).page)
    assert {method for *_, method in shown(audit["readability"])} == {"max_probability"}


@pytest.mark.parametrize("missing", [False, True])
def test_a_range_is_one_cell_with_two_ends(missing: bool) -> None:
    most: dict[str, Any] = estimate(None if missing else 0.75, 24)
    ends = [Estimate(*one.values()) for one in (estimate(0.3, 60), most)]
    cell = Range(*ends)
    column = Column("a", "a")
    made = Sheet("s", "s", (column,), ((cell,), (Estimate(0.5, 0.4, 0.6, 0, 0),)))
    first, second = csv.DictReader(io.StringIO(made.csv))
    assert (first["a"], first["a_low"], first["a_unread_wrong"]) == ("", "", "0.3")
    assert first["a_unread_left_out"] == ("" if missing else "0.75")
    assert (second["a"], second["a_low"], second["a_unread_wrong"]) == ("0.5", "0.4", "")
    assert sort_key(cell) == "0.3"
    assert cell.text == ("0.300 to -" if missing else "0.300 to 0.750")
    assert latex_text(cell, column).startswith("0.300 [0.240, 0.360] to ")


def test_the_table_has_a_row_a_condition_and_none_for_all_of_them() -> None:
    made = sheet(rows())
    assert len(made.rows) == 4
    assert "an option denied (20), empty (10)" in made.rows[0]
