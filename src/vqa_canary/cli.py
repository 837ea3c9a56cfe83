"""`kedro run` as Kedro has it, except that what a user can mend is shown as one message, and that it ends tidily.

Exit statuses are listed in docs/how-to/tracking.md.
"""

from __future__ import annotations

import copy
import functools
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from kedro.config import MissingConfigException
from kedro.framework.cli.project import run as kedro_run
from kedro.io import DatasetError
from kedro.validation import DataValidationError
from kedro.validation.exceptions import ParameterValidationError
from pydantic import ValidationError
from yaml.parser import ParserError

from vqa_canary.command_names import unknown_names
from vqa_canary.environment import environment_fault
from vqa_canary.errors import BadInput
from vqa_canary.finished import NothingChanged, by_command
from vqa_canary.interruption import Interruption
from vqa_canary.masking import mask
from vqa_canary.terminal import end_display
from vqa_canary.tracking.away import NotRecorded
from vqa_canary.tracking.hook import kill_open_runs

PLAIN = (DatasetError, ParameterValidationError, ValidationError, MissingConfigException, ParserError)
"""Errors of libraries whose message is about the user's own files and settings."""


@click.group(name="VQA Canary")
def cli() -> None:
    """Commands of this project."""


def show_plainly(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Turn errors that a user can mend into one message and exit status 1, a run that MLflow does not have yet into
    exit status 3, and Ctrl-C and SIGTERM into 130 and 143, with a word on what they leave."""

    @functools.wraps(callback)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        interruption = Interruption(_close)
        try:
            with interruption, by_command():
                return callback(*args, **kwargs)
        except KeyboardInterrupt:
            sys.exit(interruption.status)
        except Exception as error:
            for cause in _causes(error):
                if isinstance(cause, NothingChanged):
                    click.echo(str(cause))
                    return None
                if isinstance(cause, NotRecorded):
                    click.echo(str(cause), err=True)
                    sys.exit(cause.exit_status)
                if isinstance(cause, BadInput | DataValidationError):
                    logging.getLogger(__name__).debug("traceback of the message below", exc_info=error)
                    raise click.ClickException(mask(str(cause))) from error
                if fault := environment_fault(cause):
                    raise click.ClickException(mask(fault)) from error
            if isinstance(error, PLAIN):
                raise click.ClickException(mask(str(error))) from error
            if isinstance(error, ImportError | KeyError | ValueError) and (fault := unknown_names(kwargs)):
                raise click.ClickException(mask(fault)) from error
            raise

    return wrapped


def _close(number: signal.Signals) -> None:
    end_display()
    what = "Interrupted" if number == signal.SIGINT else f"Ended by {number.name}"
    click.echo(f"\n{what}. What was answered is kept: the same command goes on from there.", err=True)
    kill_open_runs()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


run = copy.copy(kedro_run)
run.callback = show_plainly(kedro_run.callback or kedro_run)
cli.add_command(run)


@cli.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
def digest(path: Path) -> None:
    """Print the digest of a model's weights, for `models.<name>.weights` of an endpoint that serves them.

    PATH is a folder with safetensors, of which every file that shapes an answer counts, or one file, such as a GGUF.
    """
    from vqa_canary.engines.local.model_files import weights_digest

    try:
        click.echo(weights_digest(path))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
