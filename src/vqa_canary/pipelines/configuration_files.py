"""Configuration files that cannot be read as settings: named with file, line and remedy before Kedro merges them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from copy import deepcopy
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from kedro.config import MissingConfigException, OmegaConfigLoader
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from vqa_canary.errors import BadInput

MAX_BYTES = 2**20
"""Most bytes of one file."""
MAX_VALUES = 100_000
"""Most values of one file when every alias (`*name`) is written out."""
MAX_DEPTH = 40
"""Most mappings or lists inside one another."""

_SUFFIXES = (".yml", ".yaml", ".json")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_REMEDIES = {
    "found character that cannot start any token": "indent with spaces, not with tabs",
    "mapping values are not allowed": "is everything indented alike, and are texts with a colon in quotes?",
    "could not find expected ':'": "is there a colon and a space after each name?",
    "special characters are not allowed": "save the file as UTF-8 without control characters",
    "found undefined alias": "define the anchor (`&name`) above its alias (`*name`)",
}


class CheckedConfigLoader(OmegaConfigLoader):
    """Kedro's loader, with one plain message for a file that is no settings; it reads each file once."""

    def __getitem__(self, key: str) -> dict[str, Any]:
        """The merged settings of one kind, such as `parameters`; a copy, so that nobody changes another's.

        Raises
        ------
        BadInput : a file cannot be read, or what its settings point to is not there
        """
        if key in self.data or key not in self.config_patterns:
            return super().__getitem__(key)
        if key not in self._merged:
            self._merged[key] = self._merge(key)
        return deepcopy(self._merged[key])

    @cached_property
    def _merged(self) -> dict[str, dict[str, Any]]:
        return {}

    def _merge(self, key: str) -> dict[str, Any]:
        names = {path: check_file(path) for path in self._files(key)}
        try:
            merged: dict[str, Any] = super().__getitem__(key)
            return merged
        except (MissingConfigException, BadInput):
            raise
        except RecursionError as error:
            raise BadInput(
                f"{key}: a setting is defined by itself (`${{...}}`) in {_listed(names)}"
            ) from error
        except (OmegaConfBaseException, yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
            raise _explained(key, names, error) from error

    def _merge_configs(
        self, config: dict[str, Any], env_config: dict[str, Any], key: str, env_path: str
    ) -> Any:
        """The environment's groups of settings in place of the base's.

        Kedro has laid what the command gives (`--params`) over both. A group that none of the environment's files
        names then holds nothing but that, and in place of the base's it would drop all other settings of the group.
        """
        if key == "parameters":
            files = (path for path in self._files(key) if path.is_relative_to(env_path))
            named = {name for path in files for name in check_file(path)}
            env_config = {name: value for name, value in env_config.items() if name in named}
        return super()._merge_configs(config, env_config, key, env_path)

    def _files(self, key: str) -> Iterator[Path]:
        """Those that Kedro would read, and folders and pipes under such names, in order."""
        environments = dict.fromkeys((self.base_env, self.env or self.default_run_env))
        for folder in (Path(self.conf_source) / name for name in environments):
            for path in sorted(folder.rglob("*")):
                parts = path.relative_to(folder).parts
                named = path.name == "globals.yml" if key == "globals" else _matches(parts, key)
                hidden = any(part.startswith(".") for part in parts)
                if path.suffix in _SUFFIXES and named and not hidden:
                    yield path


def check_file(path: Path) -> list[str]:
    """The names at the top of a YAML or JSON file.

    Raises
    ------
    BadInput : no file, unreadable, too large, not UTF-8, broken, a name twice, no mapping, or aliases that multiply
    """
    text = _text(path)
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise BadInput(f"{path}{_place(error)}: {_problem(error)}") from error
    except RecursionError as error:
        raise BadInput(f"{path}: too many mappings or lists inside one another") from error
    if root is None:
        return []
    if not isinstance(root, yaml.MappingNode):
        kind = "a list" if isinstance(root, yaml.SequenceNode) else "one text"
        raise BadInput(f"{path}, line {root.start_mark.line + 1}: holds {kind}, not `name: value` lines")
    if _values(root, path, {}, 0) > MAX_VALUES:
        raise BadInput(
            f"{path}: its aliases (`*name`) stand for more than {MAX_VALUES} values; write out what is meant"
        )
    return [str(name.value) for name, _ in root.value]


def _text(path: Path) -> str:
    if not os.path.isfile(path):
        raise BadInput(f"{path}: is no file; rename it if it is no configuration")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(data) > MAX_BYTES:
        raise BadInput(f"{path}: larger than {MAX_BYTES} bytes; is it a configuration?")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{path}, line {line}: not UTF-8; save the file as UTF-8") from error


def _values(node: yaml.Node, path: Path, known: dict[int, int], depth: int) -> int:
    """How many values a node stands for when its aliases are written out."""
    if id(node) in known:
        return known[id(node)]
    line = node.start_mark.line + 1
    if depth > MAX_DEPTH:
        raise BadInput(f"{path}, line {line}: more than {MAX_DEPTH} mappings or lists inside one another")
    parts: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        _refuse_repeats(node, path)
        parts = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        parts = node.value
    known[id(node)] = MAX_VALUES + 1  # while inside: an alias that holds itself
    known[id(node)] = 1 + sum(_values(part, path, known, depth + 1) for part in parts)
    return known[id(node)]


def _refuse_repeats(mapping: yaml.MappingNode, path: Path) -> None:
    lines: dict[tuple[str, str], int] = {}
    for name, _ in mapping.value:
        line = name.start_mark.line + 1
        if not isinstance(name, yaml.ScalarNode):
            raise BadInput(f"{path}, line {line}: a name is a list or a mapping; write a text")
        if name.tag == "tag:yaml.org,2002:null":
            raise BadInput(f"{path}, line {line}: a name is empty; write a text")
        if (first := lines.get((name.tag, name.value))) is not None:
            raise BadInput(
                f"{path}, line {line}: {name.value[:80]!r} stands in line {first} already; keep one"
            )
        lines[name.tag, name.value] = line


def _matches(parts: tuple[str, ...], key: str) -> bool:
    """As the patterns `key*`, `key*/**` and `**/key*`."""
    return parts[0].startswith(key) or parts[-1].startswith(key)


def _explained(key: str, names: dict[Path, list[str]], error: Exception) -> BadInput:
    """What is wrong, with the file where it stands; of credentials no word that may be one."""
    for path in names:
        try:
            OmegaConf.load(path)
        except Exception as broken:  # as OmegaConf reads it, which has rules of its own
            return BadInput(f"{path}{_place(broken)}: {_words(key, broken)}")
    if str(error).startswith("Duplicate keys found"):
        return BadInput(f"{error}; keep one")
    setting = str(getattr(error, "full_key", None) or "")
    top = setting.split(".")[0].split("[")[0]
    files = [path for path in names if top in names[path]] or list(names)
    where = f", {setting}" if setting and key != "credentials" else ""
    return BadInput(f"{_listed(files)}{where}: {_words(key, error)}")


def _words(key: str, error: Exception) -> str:
    if key == "credentials":
        return f"cannot be read ({type(error).__name__})"
    return _problem(error)


def _problem(error: Exception) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    text = str(problem).strip().split("\n    full_key")[0].split("\n")[0][:300]
    remedy = next((remedy for start, remedy in _REMEDIES.items() if start in str(problem)), None)
    return f"{text}; {remedy}" if remedy else text


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""


def _listed(paths: Any) -> str:
    return ", ".join(map(str, paths)) or "no file"
