"""One HTTP request: what came back as JSON, or the kind of failure."""

from __future__ import annotations

import errno
import json
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from vqa_canary.engines.endpoint.failures import CallFailed, refused
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.masking import conceal, concealed

MAX_BYTES = 2**25
"""Longest response that is read."""


@dataclass(frozen=True)
class Received:
    """A response with status 200."""

    content: Any
    """Parsed JSON."""
    server: str | None
    """Its `Server` header."""


class Transport:
    """Connections to one endpoint, to be shared by threads."""

    def __init__(self, options: EndpointModel) -> None:
        import httpx

        # One line for each request, of thousands, is no news.
        if logging.getLogger("httpx").level == logging.NOTSET:
            logging.getLogger("httpx").setLevel(logging.WARNING)
        self._key = options.api_key.get_secret_value() if options.api_key else None
        self._base_url, self._timeout = options.base_url, options.timeout
        self._http = httpx.Client(
            headers=self._headers(options),
            timeout=httpx.Timeout(options.timeout),
            verify=options.base_url.startswith("https"),  # without TLS, loading certificates is time lost
            limits=httpx.Limits(
                max_connections=options.concurrency, max_keepalive_connections=options.concurrency
            ),
        )

    def _headers(self, options: EndpointModel) -> dict[str, str]:
        found = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        given = {name: text.get_secret_value() for name, text in options.headers.items()}
        if any(name.lower() == "authorization" for name in given):
            found = {}
        return found | given

    def close(self) -> None:
        """End all connections."""
        self._http.close()

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Received:
        """What the server answers with status 200.

        Raises
        ------
        CallFailed : it could not be reached, took too long, broke off, or answered something else
        OSError : this machine can open no more connections, which says nothing about the endpoint
        """
        import httpx

        try:
            return self._send(method, path, body)
        except httpx.TimeoutException:
            raise CallFailed(f"no answer within {self._timeout:g} s") from None
        except httpx.ConnectError as error:
            _raise_if_out_of_handles(error)
            raise CallFailed("connection refused") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
            raise CallFailed("connection cut") from None

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> Received:
        until = time.monotonic() + self._timeout
        data = bytearray()
        last = (
            {"Connection": "close"} if body is None else {}
        )  # a server may break the connection after `/models`
        with self._http.stream(method, f"{self._base_url}/{path}", json=body, headers=last) as response:
            for part in response.iter_bytes():
                data += part
                if time.monotonic() > until:
                    raise CallFailed(f"no whole answer within {self._timeout:g} s")
                if len(data) > MAX_BYTES:
                    raise CallFailed(f"bad response: longer than {MAX_BYTES} bytes", retry=False)
        status, headers = response.status_code, response.headers
        try:
            content = json.loads(data)
        except (ValueError, RecursionError):
            if status == 200:
                raise CallFailed("bad response: not JSON", status) from None
            content = None
        if status != 200:
            raise refused(status, concealed(content), _seconds(headers.get("retry-after")), self._key)
        server = headers.get("server")
        return Received(concealed(content), None if server is None else conceal(server))


def _raise_if_out_of_handles(error: BaseException) -> None:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
            raise OSError(cause.errno, cause.strerror, "a connection to the endpoint") from None
        cause = cause.__cause__ or cause.__context__


def _seconds(retry_after: str | None) -> float | None:
    """A `Retry-After` header in seconds from now: it holds seconds or a date."""
    if retry_after is None:
        return None
    try:
        return max(float(retry_after), 0.0)
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max((date - datetime.now(UTC)).total_seconds(), 0.0)
