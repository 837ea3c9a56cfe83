"""Where a study's files lie: a folder, or a bucket that fsspec reaches by its URL, such as `s3://bucket/prefix`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import fsspec
from fsspec import AbstractFileSystem
from fsspec.core import split_protocol, url_to_fs
from fsspec.implementations.local import LocalFileSystem

from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.stored_places import LOCAL

OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"})
"""Protocols whose stores put a file as a whole: it has its new content at once, or keeps the old one."""
EXCLUSIVE = OBJECT_STORES | {*LOCAL}
"""Protocols in which a file can be made only if there is none of its name, whoever else tries at the same moment."""

_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs"}
_PACKAGES |= dict.fromkeys(("abfs", "abfss", "az"), "adlfs")
"""The package that speaks a protocol; of others, fsspec says it."""

_configured: dict[str, Mapping[str, Any]] = {}
"""fsspec's own settings, by protocol, of those that `configure_store` has replaced."""


def protocol_of(url: str) -> str:
    """`s3` of `s3://bucket/prefix`, `file` of a folder."""
    return split_protocol(url)[0] or "file"


def is_local(url: str) -> bool:
    """Whether the URL is a folder of this machine."""
    return protocol_of(url) in LOCAL


def file_system(url: str, credentials: Mapping[str, Any] | None = None) -> tuple[AbstractFileSystem, str]:
    """The file system of a URL, and the path in it.

    Listings are not kept, because other machines write, too.

    Raises
    ------
    BadInput : there is no such protocol, or the package that speaks it is not installed
    """
    check_store(url)
    options = {} if is_local(url) else {"use_listings_cache": False}
    fs, path = url_to_fs(url, **options, **(credentials or {}))
    return fs, str(path)


def check_store(url: str, setting: str = "store") -> None:
    """Refuse a URL that nothing here can read.

    Raises
    ------
    BadInput : there is no such protocol, or the package that speaks it is not installed
    """
    protocol = protocol_of(url)
    try:
        fsspec.get_filesystem_class(protocol)
    except ValueError as error:
        known = sorted(fsspec.available_protocols())
        raise BadInput(
            f"{setting}: {url!r}: there is no protocol {protocol!r}.{did_you_mean(protocol, known)} Give a folder, or "
            "a URL such as s3://bucket/prefix."
        ) from error
    except ImportError as error:
        package = _PACKAGES.get(protocol)
        remedy = f"`pip install {package}`" if package else str(error).split("\n")[0]
        raise BadInput(
            f"{setting}: {url!r}: the package that speaks {protocol}:// is not installed. Remedy: {remedy}."
        ) from error


def configure_store(url: str, credentials: Mapping[str, Any]) -> None:
    """Make `credentials` what every file system of the URL's protocol is opened with, in this process.

    That is for datasets of Kedro, each of which opens its own. Those of an earlier call are forgotten.

    Parameters
    ----------
    credentials : keyword arguments of the file system, such as `key`, `secret` and `client_kwargs` of s3fs
    """
    while _configured:
        protocol, before = _configured.popitem()
        fsspec.config.conf[protocol] = dict(before)
    if is_local(url):
        return
    protocol = protocol_of(url)
    _configured[protocol] = fsspec.config.conf.get(protocol, {})
    fsspec.config.conf[protocol] = {**_configured[protocol], "use_listings_cache": False, **credentials}


def puts_whole(fs: AbstractFileSystem) -> bool:
    """Whether a file gets its whole content at once when it is put."""
    return not isinstance(fs, LocalFileSystem) and bool(OBJECT_STORES.intersection(_protocols(fs)))


def creates_exclusively(fs: AbstractFileSystem) -> bool:
    """Whether `vqa_canary.datasets.exclusive.create_file` works in it."""
    return bool(EXCLUSIVE.intersection(_protocols(fs)))


def _protocols(fs: AbstractFileSystem) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)
