"""An S3 server on loopback, moto's; tests that need it are skipped where its packages are not installed."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Iterator
from threading import Lock, Thread
from typing import Any

import pytest

KEY, SECRET = "made-up-key-of-a-test", "made-up-secret-of-a-test"
"""What the tests open the server with; moto lets everybody in."""
CARELESS = "careless"
"""A bucket in which files are written whatever the condition of the write, as some servers do that speak S3."""
NEEDED = ("moto", "s3fs")


def options(address: str) -> dict[str, Any]:
    """Keyword arguments of s3fs for the server, as they stand in credentials.yml."""
    return {"key": KEY, "secret": SECRET, "client_kwargs": {"endpoint_url": address}}


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str | None]:
    """Address of the server, which has two empty buckets, `bucket` and `CARELESS`; None where it cannot be started."""
    if not all(importlib.util.find_spec(name) for name in NEEDED):
        yield None
        return
    import s3fs
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    application = _one_request_at_a_time(DomainDispatcherApplication(create_backend_app))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        for name in ("bucket", CARELESS):
            s3fs.S3FileSystem(**options(address), skip_instance_cache=True).mkdir(name)
        yield address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def s3_server(s3_address: str | None) -> str:
    """The same; skips the test where there is none."""
    if s3_address is None:
        pytest.skip(f"no S3 server: {' and '.join(NEEDED)} are needed")
    return s3_address


def _one_request_at_a_time(application: Callable[..., Any]) -> Callable[..., Any]:
    """A store compares and writes in one step; moto, which takes two, must not let another request in between."""
    lock = Lock()

    def serve(environment: dict[str, Any], start: Callable[..., Any]) -> Any:
        if environment["PATH_INFO"].startswith(f"/{CARELESS}/"):
            environment.pop("HTTP_IF_NONE_MATCH", None)
        with lock:
            return [b"".join(application(environment, start))]

    return serve
