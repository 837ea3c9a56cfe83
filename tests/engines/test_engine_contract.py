"""What every registered engine promises; a new one is tested the moment it exists, whichever package it is of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from tests.engines.conftest import draw_noise, some_instances
from tests.engines.endpoint.fake_model import FakeModel
from tests.engines.endpoint.fault_server import serving

from vqa_canary.engines.answered_rows import answered_rows, facts_of
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.registration import ENGINES, engine, make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.engines.shards import evidence_shards
from vqa_canary.errors import BadInput
from vqa_canary.plugin_faults import PluginFault
from vqa_canary.rows import Evidence, Gap, Instance, Sample
from vqa_canary.testing import check_engine, made_up


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def example(
    family_folder: Callable[[str], Path], tmp_path: Path, stack: ExitStack
) -> Callable[[str], dict[str, Any] | None]:
    """What one of our own engines can ask; None for that of another package."""

    def of(name: str) -> dict[str, Any] | None:
        asked: dict[str, Any] = {"instances": some_instances(), "open_image": draw_noise}
        if name == "transformers":
            return {"options": {"path": str(family_folder("llava"))}, **asked}
        if name == "endpoint":
            server = stack.enter_context(serving(FakeModel()))
            model = {"base_url": server.url, "model": "fake", "min_wait": 0.001, "max_wait": 0.02}
            return {"options": model, "repeatable": False, **asked}
        if name == "recorded":
            lines = ["id,answer", *(f"q{n:03d},A" for n in range(9))]
            (tmp_path / "answers.csv").write_text("\n".join(lines))
            return {"options": {"path": str(tmp_path / "answers.csv")}}
        return None

    return of


@pytest.mark.parametrize("name", ENGINES)
def test_contract(name: str, example: Callable[[str], dict[str, Any] | None]) -> None:
    check_engine(name, **(example(name) or {}))


SAMPLE: Any = Sample
"""Takes fields of any type."""


class Closed(BaseModel):
    """No settings at all."""

    model_config = ConfigDict(extra="forbid")


class Open(BaseModel):
    """Takes whatever it is given."""


class Even:
    """Believes in every option alike."""

    fingerprint, facts = "even", {"what": "nothing"}

    def __init__(
        self, name: str, options: BaseModel, prompts: Prompts, sampling: Sampling, seed: int
    ) -> None:
        self._name = name

    def answer(self, instances: list[Instance], open_image: Any) -> Iterator[Evidence]:
        """One row each."""
        for one in instances:
            yield self.row(one)

    def row(self, one: Instance) -> Evidence:
        from math import log

        n = len(one.options)
        return Evidence(self._name, one.instance_id, option_logprobs=(-log(n),) * n, option_mass=1.0)


class Losing(Even):
    """Loses the first row."""

    def answer(self, instances: list[Instance], open_image: Any) -> Iterator[Evidence]:
        return super().answer(instances[1:], open_image)


class Stammering(Even):
    """Says everything twice."""

    def answer(self, instances: list[Instance], open_image: Any) -> Iterator[Evidence]:
        return super().answer([*instances, *instances], open_image)


class Assuming(Even):
    """Calls itself by a name of its own."""

    def row(self, one: Instance) -> Evidence:
        return replace(super().row(one), model="Jane Doe")


class Straying(Even):
    """Answers about what nobody asked."""

    def row(self, one: Instance) -> Evidence:
        return replace(super().row(one), instance_id="Jane Doe")


class Moody(Even):
    """Answers by what it was asked before."""

    asked = 0

    def row(self, one: Instance) -> Evidence:
        Moody.asked += 1
        return replace(super().row(one), verbalized_text=str(Moody.asked))


class Sociable(Even):
    """Looks at the others in the batch."""

    def answer(self, instances: list[Instance], open_image: Any) -> Iterator[Evidence]:
        for row in super().answer(instances, open_image):
            yield replace(row, option_logprobs=None, option_mass=None) if len(instances) < 2 else row


class Sloppy(Even):
    """Probabilities that are none."""

    def row(self, one: Instance) -> Evidence:
        return replace(super().row(one), option_mass=3.0)


class Fragile(Even):
    """Wants every image."""

    def answer(self, instances: list[Instance], open_image: Any) -> Iterator[Evidence]:
        rows = [super(Fragile, self).row(one) for one in instances if open_image(one)]
        return iter(rows)


class Breaking(Even):
    """Breaks in the middle."""

    error: BaseException = KeyError()

    def row(self, one: Instance) -> Evidence:
        if one.instance_id == "i003":
            raise self.error
        return super().row(one)


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Registers an engine for the time of a test."""
    list(ENGINES)

    def register(kind: type[Even], options: type[BaseModel] = Closed) -> str:
        monkeypatch.setattr(ENGINES, "_members", dict(ENGINES._members))
        maker: Any = kind
        engine(kind.__name__, options)(maker)
        return kind.__name__

    return register


def test_a_small_sound_engine_passes(registered: Callable[..., str]) -> None:
    check_engine(registered(Even), {})


@pytest.mark.parametrize(
    ("kind", "error", "told"),
    [
        (
            Losing,
            PluginFault,
            r"Losing \(defined in .*test_engine_contract.py:\d+\) gives no row of instance i000",
        ),
        (Stammering, PluginFault, "gives a second row of instance i000"),
        (Assuming, PluginFault, "its engine Assuming .* gives for instance i000 evidence of another model"),
        (Straying, PluginFault, r"gives a row of an instance, which it was not asked for\."),
        (Moody, AssertionError, "answers instance i000 in two ways with one seed"),
        (Sociable, AssertionError, "otherwise alone than among others"),
        (Sloppy, AssertionError, "option_mass_is_sum_of_options"),
        (Fragile, AssertionError, "stops all answers; its instance must fail alone"),
    ],
)
def test_an_engine_that_breaks_a_promise_fails_the_check(
    kind: type[Even], error: type[Exception], told: str, registered: Callable[..., str]
) -> None:
    with pytest.raises(error, match=told):
        check_engine(registered(kind), {})


def test_an_engine_that_takes_unknown_settings_fails_the_check(registered: Callable[..., str]) -> None:
    with pytest.raises(AssertionError, match="takes unknown settings"):
        check_engine(registered(Even, Open))


@pytest.mark.parametrize("module", ["mine.engine", "vqa_canary.engines.mine"])
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KeyError("Jane Doe, born 1950"), "KeyError, raised from "),
        (SystemExit("Jane Doe, born 1950"), "SystemExit, raised from "),
        (RuntimeError("CUDA out of memory, Jane"), "RuntimeError, raised from .* give the model a smaller"),
    ],
)
def test_an_engine_that_breaks_in_a_run_is_named_with_the_instance_and_quotes_nothing(
    error: BaseException, told: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever its file lies: a user may have added it to this package."""
    monkeypatch.setattr(Breaking, "__module__", module)
    monkeypatch.setattr(Breaking, "error", error)
    model: Any = Breaking("mine", Closed(), Prompts(), Sampling(), 7)
    [shard] = evidence_shards(
        "mine", [made_up.instance(n) for n in range(5)], model, draw_noise, Prompts(), Sampling(), 7
    ).values()
    kept: list[Evidence] = []
    with pytest.raises(PluginFault, match=f"fails on instance i003 with {told}") as raised:
        shard.compute({}, kept.append)
    message = str(raised.value)
    assert message.startswith("model mine: its engine Breaking (defined in ")
    assert "Jane" not in message
    assert raised.value.__cause__ is error  # for the log at level DEBUG
    assert [row.instance_id for row in kept] == ["i000"]  # what was answered is kept; i003 shares its image


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"greedy_text": 5}, "greedy_text is of type int, not text"),
        ({"greedy_choice": "spleen"}, "greedy_choice is of type str, not a whole number"),
        ({"greedy_choice": 2**70}, "greedy_choice is of type int, not a whole number"),
        ({"option_mass": "spleen"}, "option_mass is of type str, not a number"),
        ({"option_logprobs": -0.5}, "option_logprobs is of type float, not numbers in a tuple"),
        ({"option_logprobs": (-0.5, "spleen")}, "option_logprobs is of type tuple, not numbers in a tuple"),
        ({"samples": ("spleen",)}, "samples is of type tuple, not Samples in a tuple"),
        ({"samples": (SAMPLE("spleen", "B", ()),)}, "samples is of type tuple, not Samples in a tuple"),
        ({"gaps": Gap("p_true", "none")}, "gaps is of type Gap, not Gaps in a tuple"),
        ({"status": None}, "status is of type NoneType, not text"),
        ({"error": KeyError("spleen")}, "error is of type KeyError, not text"),
    ],
)
def test_evidence_of_the_wrong_types_is_told_with_the_field_and_quotes_nothing(
    changes: dict[str, Any], told: str
) -> None:
    asked: Any = made_up.instance(0)
    model: Any = Even("m", Closed(), Prompts(), Sampling(), 7)
    with pytest.raises(PluginFault) as raised:
        [*answered_rows("m", model, [asked], [replace(made_up.evidence(0), model="m", **changes)])]
    assert f" gives for instance i000 an Evidence whose {told}. An engine must" in str(raised.value)
    assert "spleen" not in str(raised.value)


def test_an_engine_that_asks_in_one_way_is_not_said_to_ask_nothing(registered: Callable[..., str]) -> None:
    name = registered(Even)
    with pytest.raises(BadInput, match=r"models\.m\.answer_style: the engine 'Even' asks in one way alone"):
        make_engine("m", {"engine": name, "answer_style": "letter"}, Prompts(), Sampling(), 7, Path())
    prompts = Prompts.model_validate({"answer_style": "letter and text"})
    with pytest.raises(
        BadInput, match=r"models\.m is of an engine that asks in one way alone, since its settings"
    ):
        make_engine("m", {"engine": name}, prompts, Sampling(), 7, Path())


@pytest.mark.parametrize(("fingerprint", "odd"), [(None, "NoneType"), (3, "int"), (" ", "a blank text")])
def test_a_fingerprint_that_is_no_text_is_refused(fingerprint: Any, odd: str) -> None:
    model: Any = Even("m", Closed(), Prompts(), Sampling(), 7)
    model.fingerprint = fingerprint
    with pytest.raises(PluginFault, match=rf"its engine Even .* gives {odd} as its fingerprint"):
        evidence_shards("m", [], model, draw_noise, Prompts(), Sampling(), 7)


@pytest.mark.parametrize(
    ("facts", "odd"), [("spleen", "str"), ({"n": 3}, "int"), ({3: "n"}, "int"), (None, "NoneType")]
)
def test_facts_that_are_no_texts_are_refused(facts: Any, odd: str) -> None:
    model: Any = Even("m", Closed(), Prompts(), Sampling(), 7)
    model.facts = facts
    with pytest.raises(PluginFault, match=rf"its engine Even .* gives {odd} in its facts, which are a dict"):
        facts_of("m", model)


@pytest.mark.parametrize("module", ["mine.engine", "vqa_canary.engines.mine"])
def test_an_engine_that_cannot_be_made_is_named(
    module: str, registered: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unmade(Even):
        """Takes too little."""

        def __init__(self, name: str) -> None:
            super().__init__(name, Closed(), Prompts(), Sampling(), 7)

    monkeypatch.setattr(Unmade, "__module__", module)
    with pytest.raises(PluginFault, match=r"model m: its engine 'Unmade' .* when it is made with TypeError"):
        make_engine("m", {"engine": registered(Unmade)}, Prompts(), Sampling(), 7, Path())
