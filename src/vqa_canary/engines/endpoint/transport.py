"""One HTTP request: what came back as JSON, or the kind of failure."""

from __future__ import annotations

import errno
import json
import logging
import secrets
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

from vqa_canary.engines.endpoint.addresses import is_this_machine
from vqa_canary.engines.endpoint.failures import CallFailed, failed_inside, refused
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.endpoint.streaming import assembled, is_stream
from vqa_canary.errors import BadInput
from vqa_canary.masking import conceal, concealed, remember_password

if TYPE_CHECKING:
    import httpx

PROXIES = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY"
"""Variables of the environment that httpx reads a proxy from, in small letters too; `NO_PROXY` takes hosts out."""
MAX_BYTES = 2**25
"""Most bytes of a response; a longer one is not read."""
MAX_ERROR = 10_000
"""Most bytes of an error's text that are looked at."""
_IMAGE = "data:image/png;base64,"
_PLACE = f"<{secrets.token_hex(16)}>"
"""Stands for an image while a request is written as JSON; no text holds it."""


@dataclass(frozen=True)
class Received:
    """A response with the status 200, which stands for success."""

    content: Any
    """The response's body, parsed as JSON."""
    server: str | None
    """The response's header `Server`; None where it has none."""


class Transport:
    """Connections to one endpoint, to be shared by threads."""

    def __init__(self, options: EndpointModel) -> None:
        import httpx

        # One line for each request, of thousands, is no news.
        if logging.getLogger("httpx").level == logging.NOTSET:
            logging.getLogger("httpx").setLevel(logging.WARNING)
        self._key = options.api_key.get_secret_value() if options.api_key else None
        self._base_url, self._timeout = options.base_url, options.timeout
        headers, timeout = httpx.Headers(self._headers(options)), httpx.Timeout(options.timeout)
        proxied, verify = _environment(options.base_url)
        one = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        self._settings: dict[str, Any] = {"headers": headers, "timeout": timeout, "verify": verify}
        self._settings |= {"limits": one, "trust_env": proxied}
        self._of_thread, self._lock = threading.local(), Lock()
        self._clients: list[httpx.Client] = []
        self._closed = False
        try:
            self._client()
        except (ValueError, ImportError):
            raise BadInput(
                f"environment: a proxy address in {PROXIES} cannot be used. Give http:// or https:// with host and "
                "port; for socks5:// install httpx[socks]. NO_PROXY names hosts that are asked without a proxy."
            ) from None

    def _headers(self, options: EndpointModel) -> dict[str, str]:
        found = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        given = {name: text.get_secret_value() for name, text in options.headers.items()}
        if any(name.lower() == "authorization" for name in given):
            found = {}
        return found | given

    def _client(self) -> httpx.Client:
        """The client of the calling thread, which keeps one connection open.

        One client for all threads looks through all its connections for each request, under a lock: with hundreds of
        them that takes longer than the request itself.
        """
        import httpx

        client: httpx.Client | None = getattr(self._of_thread, "client", None)
        if client is None:
            client = self._of_thread.client = httpx.Client(**self._settings)
            with self._lock:
                self._clients.append(client)
                if self._closed:
                    client.close()
        return client

    def close(self) -> None:
        """End all connections."""
        with self._lock:
            self._closed = True
            for client in self._clients:
                client.close()

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
            raise CallFailed(f"no answer within {self._timeout:g} s", unreachable=True) from None
        except httpx.ProxyError:
            raise CallFailed(
                f"the proxy that the environment names ({PROXIES}) lets no request through", unreachable=True
            ) from None
        except httpx.ConnectError as error:
            _raise_if_out_of_handles(error)
            if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
                raise CallFailed(
                    "its certificate is not trusted: name the file of your certificate authority in the environment "
                    "variable SSL_CERT_FILE",
                    retry=False,
                ) from None
            raise CallFailed("connection refused", unreachable=True) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
            raise CallFailed("connection cut", unreachable=True) from None

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> Received:
        until = time.monotonic() + self._timeout
        data = bytearray()
        last = (
            {"Connection": "close"} if body is None else {}
        )  # a server may break the connection after `/models`
        content = None
        if body is not None:
            content, last = encoded(body), {"Content-Type": "application/json"}
        url = f"{self._base_url}/{path}"
        with self._client().stream(method, url, content=content, headers=last) as response:
            for part in response.iter_bytes():
                data += part
                if time.monotonic() > until:
                    raise CallFailed(f"no whole answer within {self._timeout:g} s")
                if len(data) > MAX_BYTES:
                    raise CallFailed(f"bad response: longer than {MAX_BYTES} bytes", retry=False)
        status, headers = response.status_code, response.headers
        if status == 200 and is_stream(headers.get("content-type"), bytes(data[:100])):
            content = assembled(bytes(data))
        else:
            content = _parsed(data, status)
        try:
            content = concealed(content)
            failure = failed_inside(content, self._key)
            if status != 200:
                failure = refused(status, content, _seconds(headers.get("retry-after")), self._key)
        except RecursionError:
            raise CallFailed("bad response: nested too deeply", status) from None
        if failure:
            raise failure
        server = headers.get("server")
        return Received(content, None if server is None else conceal(server))


def encoded(body: Mapping[str, Any]) -> bytes:
    """A request as JSON. Images, which are nearly all of it, hold nothing to escape and are put in as they are."""
    images: list[bytes] = []

    def without(given: Any, name: str = "") -> Any:
        if name == "url" and isinstance(given, str) and given.startswith(_IMAGE):
            images.append(given.encode("ascii"))
            return _PLACE
        if isinstance(given, Mapping):
            return {name: without(value, name) for name, value in given.items()}
        return [without(value) for value in given] if isinstance(given, list | tuple) else given

    text = json.dumps(without(body), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    first, *rest = text.encode().split(_PLACE.encode())
    return b"".join([first, *(part for pair in zip(images, rest, strict=True) for part in pair)])


def _parsed(data: bytearray, status: int) -> Any:
    """The body of a response, parsed as JSON; of an error that is no JSON, its text."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        if status == 200:
            raise CallFailed("bad response: not JSON", status) from None
        return data[:MAX_ERROR].decode("utf-8", "replace")


def _environment(address: str) -> tuple[bool, ssl.SSLContext | bool]:
    """Whether proxies of the environment are used for an address, and the certificates that are trusted.

    Raises
    ------
    BadInput : the environment names certificates that cannot be read
    """
    import httpx

    proxies = [one for name, one in getproxies().items() if name != "no"]
    for one in proxies:
        remember_password(one)
    proxied = not is_this_machine(address)
    if not address.startswith("https") and not (proxied and proxies):
        return proxied, False  # without TLS, loading certificates is time lost
    try:
        return proxied, httpx.create_ssl_context()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError, ssl.SSLError):
        raise BadInput(
            "environment: SSL_CERT_FILE or SSL_CERT_DIR names no file or folder of certificates in PEM form."
        ) from None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _raise_if_out_of_handles(error: BaseException) -> None:
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
            raise OSError(cause.errno, cause.strerror, "a connection to the endpoint") from None


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
