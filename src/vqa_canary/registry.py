"""Named things that a file or an installed package adds: methods, conditions, sources, engines.

A registry finds its members by importing every module of one package, then the entry points of
one group, the first time somebody asks. So a new member is one new file and no edit elsewhere. A
member that takes several files is a folder below the package; the file in it that is called after the
kind, such as `engine.py`, registers it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from types import MappingProxyType
from typing import Generic, TypeVar

from vqa_canary.errors import BadInput, did_you_mean

T = TypeVar("T")


class UnknownName(BadInput):
    """A configured name that no member of the registry bears."""


class DuplicateName(BadInput):
    """Two members of a registry bear one name."""


class BrokenPlugin(BadInput):
    """An installed package whose members cannot be imported."""


class Registry(Generic[T]):
    """Members of one kind by name.

    Parameters
    ----------
    kind : what a member is called in messages, such as "UE method"
    package : package whose modules register members when imported
    group : entry-point group by which installed packages add modules
    renamed : names that members had once, and what they are called now
    """

    def __init__(
        self, kind: str, package: str, group: str, renamed: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.kind, self.package, self.group, self._renamed = kind, package, group, renamed
        self._members: dict[str, tuple[T, str]] = {}
        self._loaded = False
        self._loading = False

    def add(self, name: str, member: T, origin: Callable[..., object]) -> None:
        """Register `member`; `origin` is the function or class that a message should name.

        Raises
        ------
        DuplicateName : the name is taken; both places are named
        """
        place = place_of(origin)
        known = self._members.get(name)
        if known is not None and known[1] != place:
            raise DuplicateName(f"{self.kind} {name!r} is defined in {known[1]} and in {place}")
        self._members[name] = (member, place)

    def __getitem__(self, name: object) -> T:
        """The member called `name`.

        Raises
        ------
        UnknownName : there is none; near names are suggested, and the new name of a renamed member is told
        BrokenPlugin : an installed package that adds members cannot be imported, whatever name is asked for
        """
        self._load()
        if not isinstance(name, str) or name not in self._members:  # a configuration may give a list
            raise UnknownName(self._unknown(name))
        return self._members[name][0]

    def place(self, name: str) -> str:
        """File and line where the member called `name` is defined, for a message.

        Raises
        ------
        UnknownName : there is none
        """
        self[name]
        return self._members[name][1]

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._members))

    def __len__(self) -> int:
        self._load()
        return len(self._members)

    def _load(self) -> None:
        """Import all members; after a failure every later look tries again, and fails in the same way."""
        if self._loaded or self._loading:  # a member that is being imported may look for another one
            return
        self._loading = True
        try:
            package = importlib.import_module(self.package)
            for module in pkgutil.iter_modules(package.__path__):
                name = f"{self.package}.{module.name}"
                if module.ispkg:
                    name = f"{name}.{self.kind.split()[-1]}"
                    if find_spec(name) is None:  # files that members share
                        continue
                importlib.import_module(name)
            for entry in entry_points(group=self.group):
                self._load_plugin(entry)
            self._loaded = True
        finally:
            self._loading = False

    def _load_plugin(self, entry: EntryPoint) -> None:
        try:
            entry.load()
        except (DuplicateName, BrokenPlugin):
            raise
        except (Exception, SystemExit) as error:
            package = entry.dist.name if entry.dist else "an installed package"
            why = str(error) if isinstance(error, BadInput) else f"{type(error).__name__}: {error}"
            raise BrokenPlugin(
                f"package {package}: its {self.kind} {entry.name!r} ({entry.value}) cannot be imported: "
                f"{why.removesuffix('.')}. Mend or update the "
                f"package, or uninstall it: `pip uninstall {package}`."
            ) from error

    def _unknown(self, name: object) -> str:
        if isinstance(name, str) and (now := self._renamed.get(name)):
            return f"the {self.kind} {name!r} is called {now!r} now. Write {now!r} in its place."
        hint = did_you_mean(name, self._members)
        return f"there is no {self.kind} {name!r}.{hint} Known: {', '.join(sorted(self._members))}."


def place_of(origin: Callable[..., object]) -> str:
    """File and line where a function or class is defined; without a line where its source cannot be read."""
    try:
        return f"{inspect.getsourcefile(origin) or '?'}:{inspect.getsourcelines(origin)[1]}"
    except (OSError, TypeError):
        return getattr(origin, "__module__", None) or "?"
