"""A policy is taken from an audit as it stands, and applied to nothing else than was audited."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tests.monitoring.conftest import POLICY

from vqa_canary.errors import BadInput
from vqa_canary.monitoring.freezing import AskedNow, engines_of, frozen_policy, refuse_another_model

SETTINGS = {
    "sampling": "n_samples: 5",
    "images": "grey: full_range",
    "embedder": "path: model",
    "scoring": "methods: margin, anll; label: choice",
}


def policy_of(**changed: Any) -> Any:
    return SimpleNamespace(
        **{"method": "margin", "threshold": 0.5, "alpha": 0.05, "delta": 0.05, "outcome": "policy found"}
        | changed
    )


def audit(*headlines: Any, **changed: Any) -> Any:
    given = headlines or (SimpleNamespace(dataset="d", model="m", policy=policy_of()),)
    fingerprints = {"prompts": "c0c0", "models": {"m": "f0f0", "n": "e0e0"}}
    whole = {
        "study": "audit",
        "seed": 7,
        "settings": SETTINGS,
        "fingerprints": fingerprints,
        "headline": given,
        "models": [SimpleNamespace(model="m", facts={"reported_model": "m-1; m-1"})],
    }
    return SimpleNamespace(**whole | changed)


def now(**changed: Any) -> AskedNow:
    same: dict[str, Any] = {
        "models": ("m",),
        "engines": {"m": "endpoint"},
        "fingerprints": {"m": "f0f0"},
        "prompts": "c0c0",
        "settings": SETTINGS,
        "methods": ("margin",),
        "label": "choice",
        "seed": 7,
    }
    return AskedNow(**same | changed)


def frozen(record: Any, **chosen: Any) -> Any:
    return frozen_policy(record, "ab" * 32, **{"dataset": None, "model": None, "warn_every": 1000} | chosen)


def test_the_policy_is_that_of_the_headline() -> None:
    assert frozen(audit()) == POLICY
    locked = audit(protocol=SimpleNamespace(hash="1234", claimed=False, because="a second look"))
    found = frozen(locked)
    assert (found.lock, found.unclaimed) == ("1234", "a second look")


def test_without_a_policy_there_is_nothing_to_watch() -> None:
    nothing = SimpleNamespace(
        dataset="d", model="m", policy=policy_of(threshold=None, outcome="no safe policy could be shown")
    )
    with pytest.raises(BadInput, match=r"has no policy for m on d \(no safe policy could be shown\)"):
        frozen(audit(nothing))
    with pytest.raises(BadInput, match="none was sought"):
        frozen(audit(SimpleNamespace(dataset="d", model="m", policy=None)))


def test_of_several_models_one_is_named() -> None:
    both = [SimpleNamespace(dataset="d", model=name, policy=policy_of()) for name in "mn"]
    with pytest.raises(
        BadInput, match=r"monitor\.dataset and monitor\.model: dataset: d, model: m; dataset: d, model: n"
    ):
        frozen(audit(*both))
    assert frozen(audit(*both), model="n").fingerprint == "e0e0"
    with pytest.raises(BadInput, match=r"monitor\.model: the audit 'audit' has no model 'mm'.*It has: m, n"):
        frozen(audit(*both), model="mm")


def test_what_was_audited_is_let_through() -> None:
    assert refuse_another_model(POLICY, audit(), now(), None) is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"models": ("n",), "engines": {"n": "endpoint"}}, "the audit's model 'm' is not configured"),
        ({"methods": ("anll",)}, "decides by 'margin', which is not among them"),
        ({"fingerprints": {"m": "0000"}}, r"models\.m: fingerprint f0f0 in the audit, 0000 now"),
        ({"prompts": "0000"}, "prompts: fingerprint c0c0 in the audit, 0000 now"),
        (
            {"settings": SETTINGS | {"sampling": "n_samples: 6"}},
            "sampling: n_samples: 5 in the audit, n_samples: 6 now",
        ),
        ({"settings": SETTINGS | {"embedder": "other"}}, "embedder: path: model in the audit, other now"),
        ({"label": "native"}, "label: native now"),
        ({"seed": 8}, "seed: 7 in the audit, 8 now"),
    ],
)
def test_anything_else_is_refused_with_what_differs(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        refuse_another_model(POLICY, audit(), now(**changed), "somebody")


def test_recorded_answers_need_a_name_and_no_fingerprint() -> None:
    recorded = now(engines={"m": "recorded"}, fingerprints={"m": "of a file"})
    with pytest.raises(BadInput, match=r"monitor\.vouched_by"):
        refuse_another_model(POLICY, audit(), recorded, None)
    assert refuse_another_model(POLICY, audit(), recorded, "Dr N. N.") == "Dr N. N."


def test_an_engine_that_is_not_named_is_the_local_one() -> None:
    assert engines_of({"a": {"path": "x"}, "b": {"engine": "recorded"}}) == {
        "a": "transformers",
        "b": "recorded",
    }
