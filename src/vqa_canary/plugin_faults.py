"""What a message says where the code of a source, condition, UE method or engine breaks.

Such code may come from any installed package, and its exceptions may quote what it was reading: a question, a name, a
line of somebody's file. So a message tells the kind of the exception and where in the code it arose, with the file and
the position in it where the exception knows them, and never the exception's own text.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from vqa_canary.environment import environment_fault
from vqa_canary.errors import BadInput

T = TypeVar("T")

BREAKS = (Exception, SystemExit)
"""What the code of a member may raise besides an interruption: it has no business to end the program."""

_NAME, _LAST = re.compile(r"[\w.+-]{1,60}"), re.compile(r"[\w.+-]{1,60}\.\w{1,10}")


class PluginFault(BadInput):
    """A source, condition, UE method or engine raised what it must not raise, or gave what it must not give."""


def is_fault(error: BaseException) -> bool:
    """Whether an exception is for the author of the code that raised it.

    It is not where its message is written for users already (`BadInput`), and where the machine is at fault, which has
    words of its own: no memory, a full disk, a file that may not be read. Which member it is, and where its file lies,
    counts for nothing: a user may have added it to this very package.
    """
    if isinstance(error, BadInput | MemoryError) or not isinstance(error, BREAKS):
        return False
    if isinstance(error, OSError) and error.filename is not None and file_name(error) is None:
        return True  # the words for a fault of the machine would quote it
    return environment_fault(error) is None


def plugin_fault(member: str, place: str, error: BaseException, about: str, remedy: str) -> PluginFault:
    """The error to raise in place of `error`.

    Parameters
    ----------
    member : which member broke, such as `source 'clinic'`
    place : file and line where it is defined
    about : what it was about, such as `after 3 records`
    remedy : a sentence on what its author or user can do
    """
    return PluginFault(
        f"{member} (defined in {place}) fails {about} with {told(error, place)}. {remedy} "
        "The checks of `vqa_canary.testing` show the whole error, and so does the log at level DEBUG."
    )


def misgiven(member: str, place: str, what: str, about: str, remedy: str) -> PluginFault:
    """The error to raise where a member gives what it must not give.

    Parameters
    ----------
    what : what it gives, in words that quote nothing of it
    member, place, about, remedy : as for `plugin_fault`
    """
    return PluginFault(f"{member} (defined in {place}) gives {what}, {about}. {remedy}")


def told(error: BaseException, place: str) -> str:
    """Kind of the exception, with its position and file where it knows them, and the line of code that raised it.

    Parameters
    ----------
    place : where the code is defined that broke; the line is the innermost one of its folder, where there is one
    """
    known = [type(error).__name__]
    if isinstance(error, json.JSONDecodeError):
        known.append(f"at line {error.lineno}, column {error.colno} of a JSON text")
    elif isinstance(error, UnicodeDecodeError):
        known.append(f"at byte {error.start} of a text that is no {error.encoding}")
    elif isinstance(error, OSError) and error.strerror:
        name = file_name(error)
        known.append(f"({error.strerror}{f': {name}' if name else ''})")
    code = _line(error, Path(place.rpartition(":")[0]).parent)
    return " ".join(known) + (f", raised from {code}" if code else "")


def innermost(error: BaseException, kind: type[T]) -> T | None:
    """What the code that broke was busy with: the innermost local variable of this kind; None where there is none."""
    return next((value for value in _locals(error) if isinstance(value, kind)), None)


def file_name(error: OSError) -> str | None:
    """The file that an exception names; None where it names none, or where that may be a text and no file.

    Code that takes a line of a file for a path names the whole line. So what does not exist has to look like a name.
    """
    if not isinstance(error.filename, str):
        return None
    path = Path(error.filename)
    missing = [path.name, *(folder.name for folder in path.parents)]
    for at, one in enumerate((path, *path.parents)):
        if os.path.lexists(one):
            missing = missing[:at]
            break
    like = not missing or (_LAST.fullmatch(missing[0]) and all(_NAME.fullmatch(name) for name in missing[1:]))
    return error.filename if like else None


def file_of(error: BaseException) -> Path | None:
    """The file that was being read, where the exception names it or the code that broke holds it open."""
    if isinstance(error, OSError) and error.filename is not None:
        name = file_name(error)
        return Path(name) if name else None
    for value in _locals(error):
        name = getattr(value, "name", None) if hasattr(value, "read") and hasattr(value, "seek") else None
        if isinstance(name, str):
            return Path(name)
    return next((value for value in _locals(error) if isinstance(value, Path) and value.is_file()), None)


def _locals(error: BaseException) -> Iterator[Any]:
    """Local variables of the code that broke, the innermost and latest first."""
    for trace in reversed(list(_traces(error))):
        yield from reversed(list(trace.tb_frame.f_locals.values()))


def _line(error: BaseException, home: Path) -> str:
    """The innermost line of code that lies in the folder `home`, else the innermost of all; empty without a trace."""
    lines = [(trace.tb_frame.f_code.co_filename, trace.tb_lineno) for trace in _traces(error)]
    own = [(path, line) for path, line in lines if Path(path).parent == home]
    return "{}:{}".format(*(own or lines)[-1]) if lines else ""


def _traces(error: BaseException) -> Iterator[TracebackType]:
    trace = error.__traceback__
    while trace is not None:
        yield trace
        trace = trace.tb_next
