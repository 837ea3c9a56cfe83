"""Every public function of the statistics has an example in its docstring, and every example gives what it shows."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import pytest

import vqa_canary.statistics

MODULES = [
    module.name for module in pkgutil.iter_modules(vqa_canary.statistics.__path__, "vqa_canary.statistics.")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    found = {test.name: test for test in doctest.DocTestFinder(exclude_empty=False).find(module)}
    public = {
        f"{name}.{function}"
        for function, value in inspect.getmembers(module, inspect.isfunction)
        if value.__module__ == name and not function.startswith("_")
    }
    assert public
    assert [one for one in sorted(public) if not found[one].examples] == []
    runner = doctest.DocTestRunner()
    told: list[str] = []
    for test in found.values():
        runner.run(test, out=told.append)
    assert told == []
