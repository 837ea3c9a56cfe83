"""What many requests under way at one time take of this machine: file handles, memory, and work for each of them."""

from __future__ import annotations

import json
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engines.endpoint.asking import draw, make_instances
from tests.engines.endpoint.fault_server import PATIENCE

from vqa_canary.engines.endpoint.handles import SPARE, make_room
from vqa_canary.engines.endpoint.requests import ImageUrls
from vqa_canary.engines.endpoint.room import Room
from vqa_canary.engines.endpoint.transport import encoded
from vqa_canary.errors import BadInput

URL = "data:image/png;base64,iVBORw0KGgo+/A=="
TEXTS = st.one_of(st.text(), st.just(URL), st.just('"url": "<image>"'))


@given(
    TEXTS,
    st.lists(st.sampled_from([URL, URL[:-4], "http://h/1.png"])),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_a_request_is_written_whole(text: str, urls: list[str], number: float) -> None:
    """Whatever its texts look like, those that look like an image included."""
    parts: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    content = [*parts, {"type": "text", "text": text}]
    body = {"messages": [{"role": "user", "content": content}], text: [number, None, True]}
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert json.loads(encoded(body)) == body


def test_the_limit_of_open_files_is_raised_as_far_as_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    limits = {"now": (256, 4096)}
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits["now"])
    monkeypatch.setattr(resource, "setrlimit", lambda _, given: limits.update(now=given))
    make_room(40, "models.m")
    assert limits["now"] == (256, 4096)
    make_room(1000, "models.m")
    assert limits["now"] == (1000 + SPARE, 4096)
    limits["now"] = (256, 300)
    make_room(290, "models.m")  # tight, but more than one for each connection
    assert limits["now"] == (300, 300)
    with pytest.raises(
        BadInput, match=r"models.m.concurrency: 301 .* this process may have 300. .*ulimit -n 501"
    ):
        make_room(301, "models.m")


def test_threads_wait_until_there_is_room(caplog: pytest.LogCaptureFixture) -> None:
    room, inside, go = Room(10, "models.m"), [], Event()

    def hold(size: int, entered: Event) -> None:
        with room.of(size):
            inside.append(size)
            entered.set()
            go.wait(PATIENCE)

    first, second = Event(), Event()
    threads = [Thread(target=hold, args=(6, first)), Thread(target=hold, args=(5, second))]
    threads[0].start()
    assert first.wait(PATIENCE)
    threads[1].start()
    with room.of(4):  # beside the first; the second must wait for both
        assert inside == [6]
    assert not second.is_set()
    go.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert inside == [6, 5]
    with room.of(100):  # one alone is let in
        pass
    assert caplog.text.count("fewer requests are sent at one time") == 1


def test_threads_that_wait_for_room_hold_no_image(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def open_image(instance: Any) -> Any:
        opened.append(instance.image_id)
        return draw(instance)

    monkeypatch.setattr("vqa_canary.engines.endpoint.requests.MOST_BYTES", 1)
    images, instances = ImageUrls(open_image, None), make_instances(6, n_images=6)
    begun = Barrier(6)

    def wait_for_room(instance: Any) -> None:
        begun.wait(PATIENCE)
        with images.held(instance):
            pass

    with images.held(instances[0]):
        threads = [Thread(target=wait_for_room, args=(one,)) for one in instances[1:]]
        for thread in threads:
            thread.start()
        begun.wait(PATIENCE)
        assert len(opened) <= 2  # that of the one who holds it, and of the one whose turn it is
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(opened) == sorted(str(one.image_id) for one in instances)
