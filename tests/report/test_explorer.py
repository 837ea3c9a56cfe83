"""The explorer's data: complete, small enough, and silent where questions are private."""

from __future__ import annotations

import json
from dataclasses import replace

from PIL import Image

from vqa_canary.frames import frame, to_rows
from vqa_canary.report.study.contents import Study
from vqa_canary.report.study.explorer import explorer_json
from vqa_canary.report.study.thumbnails import thumbnails
from vqa_canary.rows import Instance, ShownImage, with_images


def test_every_answer_is_there(study: Study) -> None:
    data = json.loads(explorer_json(study, "max_probability"))
    row = study.scores.query("condition == 'nota_replace' and method == 'margin'").iloc[17]
    item = [one["id"] for one in data["items"]].index(row["item_id"])
    answer = data["answers"][data["models"].index(row["model"])][item][
        data["conditions"].index("nota_replace")
    ]
    assert answer[1] == int(row["correct"])
    assert answer[2 + data["methods"].index("margin")] == round(row["uncertainty"] * 1000)
    shown = data["items"][item]["shown"][data["conditions"].index("nota_replace")]
    texts = [data["items"][item]["texts"][at] for at in shown[1]]
    assert texts[shown[2]] == "None of the above"


def test_nothing_is_right_where_the_answer_is_gone(study: Study) -> None:
    data = json.loads(explorer_json(study, "margin"))
    gone = data["conditions"].index("answer_removed")
    assert all(item["shown"][gone][2] is None for item in data["items"])
    assert all(item[gone][1] is None for model in data["answers"] for item in model)


def test_no_script_can_end_early(study: Study) -> None:
    assert "<" not in explorer_json(study, "margin")


def test_it_shrinks_by_methods_and_then_by_items(study: Study) -> None:
    whole = len(explorer_json(study, "margin"))
    fewer = json.loads(explorer_json(study, "margin", whole - 1))
    assert fewer["methods"] == ["margin"]
    assert len(fewer["items"]) == fewer["asked"] == 60
    least = explorer_json(study, "margin", whole // 4)
    assert 0 < len(json.loads(least)["items"]) < 60
    assert len(least) < whole // 2


def test_private_questions_stay_out(study: Study) -> None:
    text = explorer_json(replace(study, show_questions=False), "margin")
    assert "Question number" not in text
    assert "None of the above" not in text


def test_all_images_of_a_question_are_named_in_their_order(study: Study) -> None:
    rows = to_rows(study.instances, Instance)
    pair = with_images(rows[0], [ShownImage("second", "s.png", ""), *rows[0].images])
    shown = replace(study, instances=frame([pair, *rows[1:]], "instances"), thumbnails={"second": "data:,"})
    data = json.loads(explorer_json(shown, "margin"))
    found = {view[3] for item in data["items"] for view in item["shown"] if view}
    assert f"second {rows[0].image_id}" in found
    assert {one.image_id for one in rows[1:]} <= found


def test_thumbnails_are_small_and_bounded(study: Study) -> None:
    rows = to_rows(study.instances, Instance)
    noise = Image.effect_noise((400, 300), 80)
    every = thumbnails(rows, lambda _: noise)
    assert len(every) == 20
    assert all(uri.startswith("data:image/jpeg;base64,") and len(uri) < 20_000 for uri in every.values())
    pair = with_images(rows[0], [*rows[0].images, ShownImage("further", "f.png", "")])
    assert set(thumbnails([pair], lambda _: noise)) == {rows[0].image_id, "further"}
    some = thumbnails(rows, lambda _: noise, sum(map(len, every.values())) // 2)
    assert 0 < len(some) < 20
    assert some.items() <= every.items()
