"""A plan of questions: what it counts, against counting by hand and against the audit's own split and search."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.audit.planning.made_up_questions import planned, questions, shown

from vqa_canary.audit.exact_test import images_for_power, images_to_begin_with
from vqa_canary.audit.planning.first_threshold import images_for_search
from vqa_canary.audit.planning.plan import usual_errors
from vqa_canary.audit.planning.stopping import hopeless
from vqa_canary.audit.planning.widths import interval_of_share, smallest_paired_difference
from vqa_canary.audit.policy import images_needed
from vqa_canary.audit.splitting import calibration_images
from vqa_canary.errors import BadInput
from vqa_canary.pipelines.parameters import AuditSettings, EmbedderSettings, Planning, Sampling, Scoring
from vqa_canary.pipelines.planning.nodes import gather_aims
from vqa_canary.report.audit.plan_lines import MOST_SUBGROUPS, plan_lines


def test_it_counts_the_halves_as_the_audit_will_split_them() -> None:
    """The split is of all images, those that are not asked about too."""
    items = questions(60, per_image=3)
    asked = items[items["item_id"].isin([f"i{at}" for at in range(100)])]
    [plan] = planned(items, shown(asked)).datasets
    half = calibration_images(items["image_id"], 7)
    calibrating = asked[asked["image_id"].isin(half)]
    assert (plan.questions, plan.images) == (100, 34)
    assert (plan.calibration_questions, plan.calibration_images) == (
        len(calibrating),
        calibrating["image_id"].nunique(),
    )
    [collapse] = plan.collapses
    fair = asked[asked["nota_valid"]]
    assert collapse.questions == pytest.approx(0.7 * len(fair))
    assert collapse.fair_images == fair.loc[fair["image_id"].isin(half), "image_id"].nunique()
    sizes = fair.groupby("image_id").size().to_numpy() * 0.7
    assert (collapse.low, collapse.high) == pytest.approx(interval_of_share(0.5, sizes, 0.3))


def test_the_numbers_of_images_are_those_of_the_issue_of_an_audit() -> None:
    [named] = planned(questions(20), method="margin").datasets
    alone, best = named.policies
    assert [one.images for one in alone.needed] == [59, 124, 234]
    assert [one.search for one in alone.needed] == [59, 124, 2331]
    assert [one.in_all for one in alone.needed] == [118, 248, 4662]
    assert [one.in_all_at_half for one in alone.needed] == [236, 496, 9324]
    assert (best.n_methods, [one.images for one in best.needed]) == (8, [99, 210, 442])
    [chosen] = planned(questions(20)).datasets
    assert chosen.policies == (best, alone)


def test_the_page_on_audits_has_the_numbers_that_are_reckoned(root: Path) -> None:
    page = (root / "docs/how-to/audit.md").read_text()
    rows = re.findall(r"^\| (\d) % \| (\d+) \| (\d+) \| (\d+) \|$", page, re.MULTILINE)
    assert len(rows) == 3
    for error, *numbers in rows:
        expected = [images_for_power(int(error) / 100, 0.05, 0.05 / n, 0.8) for n in (1, 8, 11)]
        assert [int(number) for number in numbers] == expected
    tenth = [images_for_power(error, 0.1, 0.05, 0.8) for error in (0.0, 0.01, 0.02)]
    assert f"with a named method {tenth[0]}, {tenth[1]} and {tenth[2]} would do" in page
    assert f"on {images_to_begin_with(0.05, 0.05)} calibration images for a named method at 5 %" in page
    assert f"then {images_for_search(0.02, 0.05, 0.05, 0.8):,} would be needed" in page


@pytest.mark.parametrize("method", [None, "margin"])
def test_a_policy_is_possible_from_the_least_number_of_images_on(method: str | None) -> None:
    least = images_needed(0.05, 0.05 if method else 0.05 / 8)
    for n_images, possible in ((2 * least - 2, False), (2 * least, True)):
        plan = planned(questions(n_images, per_image=2), method=method)
        [policy, _] = plan.datasets[0].policies
        assert (policy.least, policy.possible) == (least, possible)
        assert (hopeless(plan, "m") is None) == possible
        assert policy.chances[0] == 1 if possible else policy.chances == ()


def test_rows_in_any_order_make_one_plan() -> None:
    items = questions(150, per_image=2)
    mixed = items.sample(frac=1, random_state=3)
    assert planned(mixed, shown(mixed).sample(frac=1, random_state=4)) == planned(items)


def test_a_named_method_needs_fewer_images_than_the_best_of_several_at_every_guess() -> None:
    """Of chances that is not so: the search for the best of several begins with more images, of which more may be
    wrong, and so it may pass more often."""
    [best, alone] = planned(questions(240), errors=(0.0, 0.004, 0.01, 0.03)).datasets[0].policies
    assert alone.least < best.least
    for fewer, more in zip(alone.needed, best.needed, strict=True):
        assert fewer.images is not None
        assert more.images is not None
        assert fewer.images < more.images


def test_data_sets_are_split_apart_and_one_that_can_do_is_enough() -> None:
    other = questions(10, dataset="few")
    plan = planned(pd.concat([questions(300), other], ignore_index=True))
    assert [(one.dataset, one.policies[0].possible) for one in plan.datasets] == [
        ("few", False),
        ("questions", True),
    ]
    assert hopeless(plan, "m") is None
    assert hopeless(planned(other), "m") is not None


def test_without_clean_questions_there_is_nothing_to_plan() -> None:
    items = questions(10)
    plan = planned(items, shown(items, ["nota_replace"]))
    assert plan.datasets == ()
    assert hopeless(plan, "m") is None
    assert plan_lines(plan) == []


def test_subgroups_are_those_of_the_items_and_a_strange_column_is_refused() -> None:
    [plan] = planned(questions(40)).datasets
    assert [(one.name, one.images) for one in plan.subgroups] == [
        ("all", 40),
        ("modality=CT", 36),
        ("modality=unknown", 4),
    ]
    assert plan.subgroups[-1].warning == "too few to say: 4 images"
    with pytest.raises(BadInput, match="no column 'modality'"):
        planned(questions(40).drop(columns="modality"))


def test_the_smallest_difference_is_of_all_questions() -> None:
    items = questions(100, per_image=2)
    [plan] = planned(items).datasets
    assert plan.smallest_difference == smallest_paired_difference(0.2, np.full(100, 2), 0.3, 0.8)


def test_guesses_follow_the_target() -> None:
    assert usual_errors(0.05) == (0.0, 0.01, 0.02)
    assert usual_errors(0.1) == (0.0, 0.02, 0.04)


def test_the_stop_names_what_is_there_what_is_needed_and_every_way_on() -> None:
    told = hopeless(planned(questions(150)), "m")
    assert told is not None
    assert "takes 99 calibration images with an answer, and questions has 75 (of 150 images" in told
    assert "audit.method; 59, which does" in told
    assert "planning.without_policy: true" in told
    few = hopeless(planned(questions(40)), "m")
    assert few is not None
    assert "audit.method; 59, which would still not do" in few
    assert "audit.largest_error; 22.5 % would be the least" in few
    named = hopeless(planned(questions(40), method="margin"), "m")
    assert named is not None
    assert "audit.method" not in named


def test_lines_say_what_is_possible_and_what_is_not() -> None:
    text = "\n".join(plan_lines(planned(questions(150))))
    assert "75 of 150 images are for finding the policy" in text
    assert "99 calibration images with an answer even if all are right: NO POLICY CAN BE FOUND" in text
    assert "A run will stop before its first call" in text
    assert "59 such images are the least: it would be found with a probability of 100, 55 or 30 %" in text
    free = "\n".join(plan_lines(planned(questions(150), costs=False)))
    assert "NO POLICY CAN BE FOUND" in free
    assert "will stop" not in free
    enough = "\n".join(plan_lines(planned(questions(300), method="margin")))
    assert "about 128 images, of whose answers at most 2 may be wrong" in enough
    assert "with a probability of 100, 86 or 53 % if 0, 1 or 2 % of these answers are truly wrong" in enough
    assert "59, 124 or 234 calibration images" in enough
    assert (
        "finds a policy so often with 59, 124 or 2,331 of them, so 118, 248 or 4,662 images in all" in enough
    )


def test_planned_looks_take_their_share_of_the_doubt_from_every_policy() -> None:
    """As the audit's own tests do: `policies_table` divides the doubt by methods and looks."""
    plan = planned(questions(240), looks=3)
    [one] = plan.datasets
    for policy in one.policies:
        assert policy.least == images_needed(0.05, 0.05 / (3 * policy.n_methods))
        assert policy.needed[1].images == images_for_power(0.01, 0.05, 0.05 / (3 * policy.n_methods), 0.8)
    assert [policy.possible for policy in one.policies] == [False, True]
    assert planned(questions(240)).datasets[0].policies[0].possible
    told = hopeless(plan, "m")
    assert told is not None
    assert (
        "the best of 8 methods, tested at its share of 3 planned looks, takes 121 calibration images" in told
    )
    assert "audit.planned_looks" in told
    assert "takes 121 calibration images" in "\n".join(plan_lines(plan))


def test_looks_that_the_settings_name_reach_the_plan() -> None:
    audit = AuditSettings.model_validate({"planned_looks": [{"largest_error": 0.1}, {"method": "margin"}]})
    others = Planning(), Scoring.model_validate({"methods": ["margin"]}), Sampling(n_samples=0)
    *_, looks = gather_aims(audit, *others, EmbedderSettings(package=None, path=None), {})
    assert looks == 3


def test_many_subgroups_are_counted() -> None:
    items = questions(60)
    items["modality"] = [f"kind {at % 12}" for at in range(60)]
    text = "\n".join(plan_lines(planned(items)))
    assert f"and {12 - MOST_SUBGROUPS} more" in text


def test_a_target_that_no_number_of_images_meets_is_told_as_such() -> None:
    text = "\n".join(plan_lines(planned(questions(300), errors=(0.0, 0.08))))
    assert "99 or too many calibration images" in text
