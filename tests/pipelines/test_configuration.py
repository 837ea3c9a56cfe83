"""The key of a model: where it may stand, and what is said where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader

from vqa_canary.errors import BadInput
from vqa_canary.pipelines import configuration
from vqa_canary.pipelines.credentials import API_KEY, credentials_of

MODEL = {"credentials": "my-endpoint"}


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of a configuration that is read for the environment `audit`."""
    for name in ("base", "local", "audit"):
        (tmp_path / name).mkdir()
    loader = OmegaConfigLoader(str(tmp_path), env="audit", base_env="base", default_run_env="local")
    monkeypatch.setattr(configuration, "_loader", loader)
    monkeypatch.setenv(API_KEY, "of the environment")
    return tmp_path


def write(conf: Path, folder: str, entry: str, key: str) -> None:
    (conf / folder / "credentials.yml").write_text(f"{entry}: {{api_key: {key}}}\n")


def key_of(model: dict[str, str]) -> str | None:
    key = credentials_of("m", model).api_key
    return key.get_secret_value() if key else None


def test_a_key_of_conf_local_is_found_whatever_environment_runs(conf: Path) -> None:
    write(conf, "local", "my-endpoint", "abc")
    assert key_of(MODEL) == "abc"


def test_a_key_of_the_environment_that_runs_wins(conf: Path) -> None:
    write(conf, "local", "my-endpoint", "abc")
    write(conf, "audit", "my-endpoint", "def")
    assert key_of(MODEL) == "def"


def test_without_an_entry_the_environment_variable_counts(conf: Path) -> None:
    write(conf, "local", "my-endpoint", "abc")
    assert key_of({}) == "of the environment"


def test_reading_credentials_leaves_the_other_settings_of_the_environment_as_they_are(conf: Path) -> None:
    """Kedro answers `${globals:...}` for all loaders of a process by the one that was made last."""
    write(conf, "local", "my-endpoint", "abc")
    (conf / "base/parameters.yml").write_text("study: ${globals:study}\n")
    (conf / "base/globals.yml").write_text("study: of base\n")
    (conf / "audit/globals.yml").write_text("study: of audit\n")
    credentials_of("m", MODEL)
    assert configuration.configured_value("study") == "of audit"


def test_an_entry_without_a_key_is_shown_how_to_hold_one(conf: Path) -> None:
    (conf / "local/credentials.yml").write_text("my-endpoint: abc\n")
    with pytest.raises(BadInput, match=r"Write `my-endpoint: \{api_key: \.\.\.\}`") as raised:
        credentials_of("m", MODEL)
    assert "abc" not in str(raised.value)


@pytest.mark.parametrize("written", [None, "my-endpiont"])
def test_an_entry_that_is_not_there_is_named(conf: Path, written: str | None) -> None:
    if written:
        write(conf, "local", written, "abc")
    with pytest.raises(BadInput, match=r"models\.m\.credentials: conf/local/credentials.yml") as raised:
        credentials_of("m", MODEL)
    assert ("Did you mean 'my-endpiont'" in str(raised.value)) == bool(written)
    assert "abc" not in str(raised.value)
