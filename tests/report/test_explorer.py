"""The explorer's data: complete, small enough, and silent where questions are private."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from vqa_canary.frames import frame, to_rows
from vqa_canary.report.study.contents import Study
from vqa_canary.report.study.explorer import explorer_json, option_probabilities
from vqa_canary.report.study.thumbnails import thumbnails
from vqa_canary.rows import Instance, ShownImage, with_images


def decoded(text: str, kind: str = "u1") -> list[int]:
    values: list[int] = np.frombuffer(base64.b64decode(text), kind).tolist()
    return values


def places(data: dict[str, Any]) -> dict[tuple[str, str], int]:
    """Where each item's condition stands in the columns of answers."""
    asked = [
        (item["id"], condition)
        for item in data["items"]
        for condition, shown in zip(data["conditions"], item["shown"], strict=True)
        if shown
    ]
    return {place: at for at, place in enumerate(asked)}


def test_every_answer_is_there(study: Study) -> None:
    data = json.loads(explorer_json(study, "max_probability"))
    at, answers = places(data), data["answers"]
    assert len(at) == len(study.instances)
    choice, right = decoded(answers["choice"]), decoded(answers["right"])
    for row in study.scores.query("method == 'margin'").to_dict("records"):
        k = data["models"].index(row["model"]) * len(at) + at[row["item_id"], row["condition"]]
        assert choice[k] == (254 if row["choice"] == -1 else row["choice"])
        assert right[k] == (255 if row["correct"] is None else int(row["correct"]))
        scale = answers["uncertainty"][data["methods"].index("margin")]
        steps = np.frombuffer(base64.b64decode(scale["steps"]), "<u2")[k]
        assert abs(scale["least"] + scale["step"] * steps - row["uncertainty"]) <= 0.0005
    item = data["items"][5]
    shown = item["shown"][data["conditions"].index("nota_replace")]
    assert [item["texts"][text] for text in shown[1]][shown[2]] == "None of the above"


def test_nothing_is_right_where_the_answer_is_gone(study: Study) -> None:
    data = json.loads(explorer_json(study, "margin"))
    gone = data["conditions"].index("answer_removed")
    assert all(item["shown"][gone][2] is None for item in data["items"])
    right, at = decoded(data["answers"]["right"]), places(data)
    found = {
        right[m * len(at) + at[item["id"], "answer_removed"]]
        for m in range(len(study.asked))
        for item in data["items"]
    }
    assert found == {255}


def test_probabilities_of_options_are_those_of_the_evidence(study: Study) -> None:
    one = study.instances.iloc[7]
    evidence = pd.DataFrame(
        {
            "model": ["m-1100", "n-600"],
            "instance_id": [one["instance_id"]] * 2,
            "option_logprobs": [np.log([0.5, 0.3, 0.1]), None],
        }
    )
    told = replace(study, probabilities=option_probabilities(evidence))
    data = json.loads(explorer_json(told, "margin"))
    values, at = decoded(data["answers"]["probability"]), places(data)
    first = 3 * (data["models"].index("m-1100") * len(at) + at[one["item_id"], one["condition"]])
    assert values[first : first + 3] == [125, 75, 25]
    assert {*values[:first], *values[first + 3 :]} == {255}
    assert json.loads(explorer_json(study, "margin"))["answers"]["probability"] == ""


def test_no_script_can_end_early(study: Study) -> None:
    assert "<" not in explorer_json(study, "margin")


def test_it_shrinks_by_methods_and_then_by_items(study: Study) -> None:
    whole = len(explorer_json(study, "margin"))
    fewer = json.loads(explorer_json(study, "margin", whole - 40))
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
    assert all(uri.startswith("data:image/jpeg;base64,") and len(uri) < 60_000 for uri in every.values())
    pair = with_images(rows[0], [*rows[0].images, ShownImage("further", "f.png", "")])
    assert set(thumbnails([pair], lambda _: noise)) == {rows[0].image_id, "further"}
    some = thumbnails(rows, lambda _: noise, sum(map(len, every.values())) // 2)
    assert 0 < len(some) < 20
    assert some.items() <= every.items()
