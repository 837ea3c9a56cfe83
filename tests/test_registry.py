"""Members found by file, refused by name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from vqa_canary.registry import DuplicateName, Registry, UnknownName


def member() -> int:
    return 1


def other() -> int:
    return 2


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[object]:
    """A registry over a package whose one module registers `member`."""
    package = tmp_path / "plugged"
    package.mkdir()
    (package / "__init__.py").write_text("found = []\n")
    (package / "one.py").write_text("import plugged\nplugged.found.append('one')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "plugged", raising=False)
    made: Registry[object] = Registry("thing", "plugged", "no.such.group")
    made.add("member", member, member)
    return made


def test_modules_are_imported_when_somebody_asks_and_not_before(registry: Registry[object]) -> None:
    assert "plugged.one" not in sys.modules
    assert list(registry) == ["member"]
    assert "plugged.one" in sys.modules
    assert (registry["member"], len(registry)) == (member, 1)


def test_an_unknown_name_gets_the_nearest_one(registry: Registry[object]) -> None:
    with pytest.raises(UnknownName, match=r"no thing 'membre'\. Did you mean 'member'"):
        registry["membre"]


def test_a_second_registration_names_both_places(registry: Registry[object]) -> None:
    registry.add("member", member, member)  # the same place again: a module imported twice
    with pytest.raises(DuplicateName, match=r"'member' is defined in .*test_registry.py:\d+ and in .*:\d+"):
        registry.add("member", other, other)
