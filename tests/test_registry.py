"""Members found by file, refused by name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vqa_canary.registry import BrokenPlugin, DuplicateName, Registry, UnknownName


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


@pytest.fixture
def broken(registry: Registry[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[object]:
    """The registry with an installed package whose module has a fault."""
    (tmp_path / "clinic_methods.py").write_text("raise ImportError('needs scikit-image 9')\n")
    about = tmp_path / "clinic_methods-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: clinic-methods\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[no.such.group]\nblur = clinic_methods\n")
    return registry


def test_a_broken_package_is_named_at_every_look(broken: Registry[object]) -> None:
    told = r"package clinic-methods: its thing 'blur' \(clinic_methods\) .* needs scikit-image 9\. .*pip uninstall"
    looks: tuple[Callable[[], object], ...] = (
        lambda: broken["member"],
        lambda: list(broken),
        lambda: len(broken),
    )
    for look in looks * 2:
        with pytest.raises(BrokenPlugin, match=told):
            look()


def test_a_package_that_was_mended_is_found(broken: Registry[object], tmp_path: Path) -> None:
    with pytest.raises(BrokenPlugin):
        list(broken)
    (tmp_path / "clinic_methods.py").write_text("installed = True\n")
    assert list(broken) == ["member"]
