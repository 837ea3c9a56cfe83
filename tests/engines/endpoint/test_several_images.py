"""Questions that show several images, asked of servers that take them, drop some, or refuse them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pytest
from tests.engines.endpoint.asking import draw, make_engine, make_instances
from tests.engines.endpoint.fake_model import FakeModel
from tests.engines.endpoint.fault_server import Fault, Json, serving

from vqa_canary.engines.endpoint.requests import data_url
from vqa_canary.errors import BadInput
from vqa_canary.rows import Instance, ShownImage, each_image, with_images


def make_several(n: int) -> list[Instance]:
    """Questions about two or three images each."""
    images = [ShownImage(f"image {at}", f"{at}.png", f"{at:064x}") for at in range(5)]
    return [
        with_images(
            replace(one, question=f"Which is worse, {at}?"), images[at % 2 : at % 2 + 2 + at % 3 // 2]
        )
        for at, one in enumerate(make_instances(n))
    ]


def urls_in(body: Json) -> list[str]:
    first, *rest = body["messages"]
    assert all(isinstance(turn["content"], str) for turn in rest)
    kinds = [part["type"] for part in first["content"]]
    assert kinds == ["image_url"] * (len(kinds) - 1) + ["text"]  # the images stand first
    return [part["image_url"]["url"] for part in first["content"][:-1]]


def test_every_request_holds_all_images_in_their_order() -> None:
    with serving() as server:
        engine = make_engine(server)
        instances = make_several(4)
        assert {one.status for one in engine.answer(instances, draw)} == {"ok"}
        sent = {tuple(urls_in(body)) for body in server.requests}
    asked = {tuple(data_url(draw(part), None) for part in each_image(one)) for one in instances}
    assert {len(urls) for urls in asked} == {2, 3}
    assert asked <= sent
    assert engine.facts["images"] == engine.facts["several_images"] == "told apart"


@dataclass
class Dropping(FakeModel):
    """Sees the first of several images, or the last one, and no other."""

    kept: int = 0

    def choices(self, body: Json) -> list[Json]:
        first, *rest = body["messages"]
        *images, text = first["content"]
        return super().choices(body | {"messages": [first | {"content": [images[self.kept], text]}, *rest]})


@pytest.mark.parametrize(("kept", "unseen"), [(0, "image 2 of 2"), (-1, "image 1 of 2")])
def test_a_server_that_drops_images_is_found_out(kept: int, unseen: str) -> None:
    """Also where questions about one image come before."""
    instances = [*make_instances(2), make_several(1)[0]]
    instances[-1] = replace(instances[-1], instance_id="f" * 16)
    with serving(Dropping(kept=kept)) as server:
        with pytest.raises(
            BadInput, match=f"of a question with 2 were NOT told apart: {unseen} was replaced"
        ):
            list(make_engine(server).answer(instances, draw))
        engine = make_engine(server, canary="warn")
        assert len(list(engine.answer(instances[:2], draw))) == 2
        assert "several_images" not in engine.facts
        assert len(list(engine.answer(instances[2:], draw))) == 1
        assert engine.facts["several_images"].startswith(f"NOT told apart: {unseen}")


def at_most_one(number: int, body: Json) -> Fault | None:
    error = {"message": "At most 1 image(s) may be provided in one request.", "type": "BadRequestError"}
    return Fault(400, body=json.dumps({"error": error}).encode()) if len(urls_in(body)) > 1 else None


def test_a_server_that_takes_one_image_answers_about_one() -> None:
    pairs = [replace(one, instance_id=f"0{at}") for at, one in enumerate(make_several(2))]
    instances = [*make_instances(4)[2:], *pairs]
    with serving(script=at_most_one) as server:
        engine = make_engine(server)
        found = {one.instance_id: one for one in engine.answer(instances, draw)}
        with pytest.raises(
            BadInput, match="takes no more images in one request than 1, fewer than the question shows"
        ):
            list(make_engine(server).answer(make_several(3), draw))
    assert [found[one.instance_id].status for one in instances] == ["ok", "ok", "failed", "failed"]
    assert "takes no more images in one request than 1" in (found["01"].error or "")
    assert engine.facts["several_images"].startswith("refused: ")
