"""The one family of errors that a user can mend: shown as a message, never as a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class BadInput(ValueError):
    """A file, a setting or a model that cannot be used.

    The message names the file or setting, the record, the field and the remedy.
    """


class UnfitSetting(ValueError):
    """A setting of a model that does not fit its other settings, its files or this machine; it becomes a `BadInput`
    that names the setting."""

    def __init__(self, setting: str, message: str) -> None:
        super().__init__(message)
        self.setting = setting


class TooManyFailures(BadInput):
    """A model failed so often that asking it further is of no use now.

    Parameters
    ----------
    message : why the run stops, what is kept and how to go on
    model : name of the configured model
    instances : ids of the instances that failed last, which are asked again when the run goes on
    """

    def __init__(self, message: str, model: str, instances: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.model, self.instances = model, instances

    def __reduce__(self) -> tuple[type[TooManyFailures], tuple[str, str, tuple[str, ...]]]:
        return type(self), (str(self), self.model, self.instances)


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """` Did you mean 'margin'?`, or nothing where no known name is near."""
    near = get_close_matches(str(name), list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
