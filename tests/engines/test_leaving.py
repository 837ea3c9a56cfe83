"""Nothing leaves the site before somebody has agreed, and what leaves is said exactly."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from tests.engines.endpoint.asking import draw, make_engine, make_instances
from tests.engines.endpoint.fault_server import serving

from vqa_canary.engines.endpoint.addresses import is_public, is_this_machine
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.leaving import leaving, refuse_identities, sends_unchecked, sent
from vqa_canary.engines.registration import model_options
from vqa_canary.errors import BadInput

ELSEWHERE = "http://192.0.2.1:9/v1"
"""An address of documentation, which no machine has."""


def entry(**settings: Any) -> dict[str, Any]:
    return {"engine": "endpoint", "base_url": ELSEWHERE, "model": "m"} | settings


@pytest.mark.parametrize(
    ("address", "here", "public"),
    [
        ("http://127.0.0.1:8000/v1", True, False),
        ("http://[::1]/v1", True, False),
        ("http://localhost/v1", True, False),
        ("http://10.1.2.3/v1", False, False),
        ("http://192.168.0.7/v1", False, False),
        ("http://[fd00::1]/v1", False, False),
        ("https://8.8.8.8/v1", False, True),
        ("https://api.openai.com/v1", False, False),  # a name may lead anywhere
    ],
)
def test_an_address_is_this_machines_or_the_internets_or_nobody_knows(
    address: str, here: bool, public: bool
) -> None:
    assert (is_this_machine(address), is_public(address)) == (here, public)
    assert EndpointModel(base_url=address, model="m").leaves is not here
    assert EndpointModel(base_url=address, model="m", data_leave_the_site=True).leaves
    if not public:
        assert not EndpointModel(base_url=address, model="m", data_leave_the_site=False).leaves


def test_an_address_of_the_internet_is_no_sites_own(tmp_path: Path) -> None:
    told = r"models\.x\.data_leave_the_site: it cannot be false"
    with pytest.raises(BadInput, match=told):
        model_options("x", entry(base_url="https://8.8.8.8/v1", data_leave_the_site=False), tmp_path)


def test_agreeing_is_no_part_of_what_identifies_answers() -> None:
    plain = EndpointModel(base_url=ELSEWHERE, model="m")
    agreed = EndpointModel(base_url=ELSEWHERE, model="m", data_leave_the_site=True, identity_checked=True)
    assert plain.fingerprint == agreed.fingerprint


def test_nothing_is_sent_before_somebody_has_agreed(monkeypatch: pytest.MonkeyPatch) -> None:
    from vqa_canary.engines.endpoint.transport import Transport

    def send(*_: object) -> None:
        raise AssertionError("something was sent")

    monkeypatch.setattr(Transport, "send", send)
    with serving() as server:
        engine = make_engine(server, base_url=ELSEWHERE)
    instances = make_instances(7)
    engine.expect(instances)
    with pytest.raises(BadInput) as caught:
        list(engine.answer(instances[:2], draw))
    told = str(caught.value)
    assert told.startswith(f"parameters: models.fake.data_leave_the_site: {ELSEWHERE} is not this machine")
    assert sent(instances) in told  # all that there is to ask, not this part alone
    assert "data_leave_the_site: true" in told
    assert "Which organ" not in told


def test_what_is_sent_is_counted() -> None:
    instances = make_instances(7, n_images=3)
    assert sent(instances).startswith(
        "the text of 7 questions with their options, as 7 prompts, and 3 images, each"
    )
    assert "image" not in sent([one for one in instances if not one.images])


def test_who_agreed_is_told_once_what_goes_where(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="vqa_canary")
    with serving() as server:
        engine, instances = make_engine(server, data_leave_the_site=True), make_instances(6)
        engine.expect(instances)
        for at in (0, 3):
            assert all(one.status == "ok" for one in engine.answer(instances[at : at + 3], draw))
        assert caplog.text.count(f"sent to {server.url}: {sent(instances)}") == 1
    assert "Which organ" not in caplog.text


def test_which_models_send_unchecked_images_away(tmp_path: Path) -> None:
    models = {
        "here": entry(base_url="http://127.0.0.1:9/v1"),
        "unsaid": entry(),
        "agreed": entry(data_leave_the_site=True),
        "ours": entry(data_leave_the_site=False),
        "looked-at": entry(data_leave_the_site=True, identity_checked=True),
        "tunnel": entry(base_url="http://127.0.0.1:9/v1", data_leave_the_site=True),
        "weights": {"path": "somewhere"},
        "recorded": {"engine": "recorded", "path": "x.csv"},
        "unknown": {"engine": "no such engine"},
    }
    assert sends_unchecked(models, tmp_path) == ["unsaid", "agreed", "tunnel"]


def test_images_that_may_name_somebody_stay_though_the_items_have_them(tmp_path: Path) -> None:
    instances = make_instances(6)
    record = {"may_show_identity": [{"file": "a.dcm", "image_id": instances[1].image_id, "why": "..."}]}
    with pytest.raises(BadInput, match=r"of 1 image the DICOM header .* Nothing has been sent"):
        refuse_identities("m", entry(data_leave_the_site=True), instances, record, tmp_path)
    others = [one for one in instances if one.image_id != instances[1].image_id]
    refuse_identities("m", entry(data_leave_the_site=True), others, record, tmp_path)
    refuse_identities(
        "m", entry(data_leave_the_site=True, identity_checked=True), instances, record, tmp_path
    )
    refuse_identities("m", entry(data_leave_the_site=False), instances, record, tmp_path)
    refuse_identities("m", entry(data_leave_the_site=True), instances, {"may_show_identity": []}, tmp_path)


def test_the_forecast_names_who_sends_what_where() -> None:
    options = {
        "m": EndpointModel(base_url=ELSEWHERE, model="m"),
        "n": EndpointModel(base_url=ELSEWHERE, model="m", data_leave_the_site=True),
        "here": EndpointModel(base_url="http://127.0.0.1/v1", model="m"),
    }
    told = leaving(options, make_instances(3))
    assert told == {
        "m": {"to": ELSEWHERE, "sent": sent(make_instances(3)), "agreed": False},
        "n": {"to": ELSEWHERE, "sent": sent(make_instances(3)), "agreed": True},
    }
