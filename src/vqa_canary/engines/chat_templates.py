"""Chat templates that a configuration gives: a Jinja text, or a file with one, checked before any model is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_BYTES = 2**20
"""Largest file that is taken for a template; published ones have a few thousand bytes."""
_BEGINS = ("{{", "{%", "{#")
_TEXTS = (
    "{% set prompt %}{% for message in messages %}{% if not loop.first %}{{ '\\n' }}{% endif %}"
    "{% for part in message['content'] if part['type'] == 'text' %}{{ part['text'] }}{% endfor %}"
    "{% endfor %}{% endset %}"
)
_MARKS = (
    "{% set image %}{% for message in messages %}"
    "{% for part in message['content'] if part['type'] == 'image' %}{{ MARK }}{% endfor %}"
    "{% endfor %}{% endset %}"
)


def given_template(given: object, root: Path) -> object:
    """The Jinja text that the setting `chat_template` means; what is no text at all is returned as it is.

    A text with `{{`, `{%` or `{#` is the template itself, any other one is the path of a file below `root`.

    Raises
    ------
    ValueError : the old form of the setting, or a path that leads to no template
    """
    if isinstance(given, Mapping):
        raise ValueError(
            "settings of the model's own template are called `chat_template_kwargs` now; `chat_template` is a template "
            f"itself, or its file. Write chat_template_kwargs: {{{', '.join(f'{k}: {v!r}' for k, v in given.items())}}}"
        )
    if not isinstance(given, str) or is_template(given):
        return given
    return _read(given, root)


def is_template(text: str) -> bool:
    """Whether a text is a Jinja template, not a path: whether it has anything that Jinja fills in."""
    return any(mark in text for mark in _BEGINS)


def refuse_broken_template(text: str) -> None:
    """Refuse a text that Jinja cannot read.

    Raises
    ------
    ValueError : the message names the line
    """
    from jinja2 import TemplateSyntaxError

    if not is_template(text):
        raise ValueError(f"{text[:60]!r} is no Jinja text: nothing stands in {{{{ }}}} or {{% %}}")
    try:
        _environment().compile(text)
    except TemplateSyntaxError as error:
        raise ValueError(
            f"line {error.lineno} of the template: {str(error.message).rstrip('.')}. Mend that line"
        ) from error


def whole_template(text: str, mark: str) -> str:
    """The template with its two shorthands filled in, where it uses them.

    Parameters
    ----------
    mark : what stands for an image in a text of this model; empty where its processor puts images in by itself

    Returns
    -------
    A template of `messages` alone. `{{ image }}` is written as the mark of each image, `{{ prompt }}` as the texts of
    all turns, one a line. What is written is put on the first line, so that line numbers stay.
    """
    from jinja2.meta import find_undeclared_variables

    used = find_undeclared_variables(_environment().parse(text))
    marks = _MARKS.replace("MARK", _literal(mark))
    return marks * ("image" in used) + _TEXTS * ("prompt" in used) + text


def failing_line(error: BaseException) -> str:
    """`line 3 of the template: ` for an error raised while one was filled in, or made of such an error."""
    one: BaseException | None = error
    while one is not None:
        lines = [frame.lineno for frame in extract_tb(one.__traceback__) if frame.filename == "<template>"]
        if lines:
            return f"line {lines[-1]} of the template: "
        one = one.__cause__
    return ""


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _read(given: str, root: Path) -> str:
    path = root / given
    where = "is neither a file nor a Jinja text. Give a file's path from the project's folder on, or a text with {{ }}"
    if "\0" in given or "\n" in given:
        raise ValueError(f"{given[:60]!r} {where}")
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            raise ValueError(f"{given!r} leaves the project's folder; put the template's file inside it")
        if not path.is_file():
            raise ValueError(f"{given[:200]!r} {where}")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, RuntimeError) as error:  # a path that is too long, links in a circle, no right to read
        raise ValueError(f"{given[:200]!r} cannot be read: {error}") from error
    if len(data) > MOST_BYTES:
        raise ValueError(f"{given} has more than {MOST_BYTES:,} bytes, so it is no chat template")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{given} is not written in UTF-8 ({error}). Save it as UTF-8") from error
    if not is_template(text):
        raise ValueError(f"{given} holds no Jinja template: nothing stands in {{{{ }}}} or {{% %}}")
    return text


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    """Jinja as transformers sets it up for chat templates: a sandbox, and a tag that marks what the model says."""
    from jinja2.ext import Extension, loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        def __init__(self, environment: Environment) -> None:
            super().__init__(environment)
            self.tags = {"generation"}

        def parse(self, parser: Any) -> Any:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    return ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
    )
