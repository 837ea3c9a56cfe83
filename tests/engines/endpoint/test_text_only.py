"""Questions without an image, asked of an endpoint: no request holds one, and the canary still looks at images."""

from __future__ import annotations

from dataclasses import replace

from tests.engines.endpoint.asking import CANARY_CALLS, draw, make_engine, make_instances
from tests.engines.endpoint.fake_model import FakeModel
from tests.engines.endpoint.fault_server import Json, serving

from vqa_canary.engines.endpoint.canary import NO_IMAGES
from vqa_canary.rows import Instance, content_id, with_images


def bare(instances: list[Instance]) -> list[Instance]:
    """The same questions without an image."""
    return [
        replace(with_images(one, ()), instance_id=content_id("bare", one.instance_id), condition="text_only")
        for one in instances
    ]


def holds_image(body: Json) -> bool:
    return any(not isinstance(turn["content"], str) for turn in body["messages"])


def test_no_request_about_them_holds_an_image() -> None:
    seen = make_instances(4)
    unseen = bare(seen)
    with serving() as server:
        engine = make_engine(server)
        rows = {row.instance_id: row for row in engine.answer([*unseen, *seen], draw)}
        told = [holds_image(body) for body in server.requests]
    assert {row.status for row in rows.values()} == {"ok"}
    assert engine.facts["images"] == "told apart"
    assert told[:CANARY_CALLS] == [True] * CANARY_CALLS  # though questions without an image come first
    assert sum(told[CANARY_CALLS:]) == len(told[CANARY_CALLS:]) / 2
    for one, other in zip(seen, unseen, strict=True):
        assert rows[one.instance_id].option_logprobs != rows[other.instance_id].option_logprobs


def test_a_part_without_images_is_asked_after_a_look_at_the_images_of_others() -> None:
    """As where a run that was cut off goes on with such a part."""
    seen = make_instances(3)
    with serving() as server:
        engine = make_engine(server)
        engine.expect([*bare(seen), *seen])
        assert {row.status for row in engine.answer(bare(seen), draw)} == {"ok"}
        assert engine.facts["images"] == "told apart"
    with serving(FakeModel(sees_images=False)) as server:
        engine = make_engine(server, canary="warn")
        engine.expect([*bare(seen), *seen])
        assert {row.status for row in engine.answer(bare(seen), draw)} == {"ok"}
        assert engine.facts["images"].startswith("NOT told apart")


def test_a_study_of_text_alone_needs_no_image_until_one_comes() -> None:
    seen = make_instances(3)
    with serving(FakeModel(sees_images=False)) as server:
        engine = make_engine(server, canary="warn")
        assert {row.status for row in engine.answer(bare(seen), draw)} == {"ok"}
        assert engine.facts["images"] == NO_IMAGES
        assert not any(map(holds_image, server.requests))
        assert {row.status for row in engine.answer(seen, draw)} == {"ok"}
        assert engine.facts["images"].startswith("NOT told apart")
