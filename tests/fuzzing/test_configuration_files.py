"""Whatever stands in configuration files: settings that may run, or one message names the file or the setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import strategies as st
from kedro.config import OmegaConfigLoader
from tests.fuzzing.contents import ODD_TEXTS, numbers, spoilings, spoilt
from tests.fuzzing.running import outcomes, refused, sizes

from vqa_canary.engines.registration import model_options
from vqa_canary.errors import BadInput
from vqa_canary.pipelines.configuration_files import CheckedConfigLoader
from vqa_canary.pipelines.known_names import check_names

Place = tuple[Any, ...]


@pytest.fixture(scope="module")
def base(root: Path) -> dict[str, Any]:
    """The study `phantom` with one model of each engine, in one piece."""
    loader = OmegaConfigLoader(str(root / "conf"), base_env="base", default_run_env="local")
    parameters: dict[str, Any] = loader["parameters"]
    name, model = next(iter(parameters["models"].items()))
    endpoint = {"engine": "endpoint", "base_url": "http://127.0.0.1:9/v1", "model": "x", "temperature": 1.0}
    recorded = {"engine": "recorded", "path": "README.md", "confidence_scale": 100}
    return parameters | {"models": {name: model, "endpoint": endpoint, "recorded": recorded}}


def places(value: Any, at: Place = ()) -> list[Place]:
    """Where in nested settings something stands."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [one for name, part in inner for one in [(*at, name), *places(part, (*at, name))]]


def changed(value: Any, place: Place, new: Any) -> Any:
    """The settings with another value at one place."""
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = changed(value[place[0]], place[1:], new)
    return copy


def check(root: Path, conf: Path, data: bytes) -> str:
    path = conf / "base/parameters.yml"
    path.write_bytes(data)
    try:
        parameters = CheckedConfigLoader(str(conf), base_env="base", default_run_env="local")["parameters"]
        check_names(parameters)
        for name, model in parameters["models"].items():
            model_options(name, model, root)
    except BadInput as error:
        return refused(error, str(path), "parameters: ")
    return "accepted"


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    for name in ("base", "local"):
        (tmp_path / name).mkdir()
    return tmp_path


odd_values = st.one_of(
    numbers,
    st.sampled_from([text for text in ODD_TEXTS if len(text) < 100]),
    st.sampled_from(
        [None, True, [], {}, [None], {"a": 1}, {5: 6}, "${nowhere}", "${globals:x}", "../x", "7", 10**12]
    ),
)


@sizes(15, 500)
def test_odd_values(root: Path, conf: Path, base: dict[str, Any], n: int) -> None:
    def run(case: tuple[Place, Any]) -> str:
        return check(root, conf, yaml.safe_dump(changed(base, *case)).encode("utf-8", "surrogatepass"))

    found = outcomes(n, st.tuples(st.sampled_from(places(base)), odd_values), run)
    assert "refused whole" in found


@sizes(15, 500)
def test_spoilt_bytes(root: Path, conf: Path, base: dict[str, Any], n: int) -> None:
    sound = yaml.safe_dump(base, sort_keys=False).encode()
    found = outcomes(n, spoilings, lambda steps: check(root, conf, spoilt(sound, steps)))
    assert "refused whole" in found
