"""`kedro run` as Kedro has it, except that what a user can mend is shown as one message."""

from __future__ import annotations

import copy
import functools
import logging
from collections.abc import Callable, Iterator
from typing import Any

import click
from kedro.config import MissingConfigException
from kedro.framework.cli.project import run as kedro_run
from kedro.io import DatasetError
from kedro.validation import DataValidationError
from kedro.validation.exceptions import ParameterValidationError
from pydantic import ValidationError
from yaml.parser import ParserError

from vqa_canary.environment import environment_fault
from vqa_canary.errors import BadInput
from vqa_canary.masking import mask

PLAIN = (DatasetError, ParameterValidationError, ValidationError, MissingConfigException, ParserError)
"""Errors of libraries whose message is about the user's own files and settings."""


@click.group(name="VQA Canary")
def cli() -> None:
    """Commands of this project."""


def show_plainly(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Turn errors that a user can mend into one message and exit status 1; say what an interruption leaves."""

    @functools.wraps(callback)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return callback(*args, **kwargs)
        except KeyboardInterrupt:
            click.echo(
                "\nInterrupted. What was answered is kept: the same command goes on from there.", err=True
            )
            raise
        except Exception as error:
            for cause in _causes(error):
                if isinstance(cause, BadInput | DataValidationError):
                    logging.getLogger(__name__).debug("traceback of the message below", exc_info=error)
                    raise click.ClickException(mask(str(cause))) from error
                if fault := environment_fault(cause):
                    raise click.ClickException(mask(fault)) from error
            if isinstance(error, PLAIN):
                raise click.ClickException(mask(str(error))) from error
            raise

    return wrapped


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


_run = copy.copy(kedro_run)
_run.callback = show_plainly(kedro_run.callback or kedro_run)
cli.add_command(_run)
