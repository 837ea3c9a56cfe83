"""The one family of errors that a user can mend: shown as a message, never as a traceback."""

from __future__ import annotations


class BadInput(ValueError):
    """A file, a setting or a model that cannot be used.

    The message names the file or setting, the record, the field and the remedy.
    """
