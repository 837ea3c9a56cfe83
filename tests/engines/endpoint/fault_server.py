"""A chat endpoint on loopback that fails as it is told to, and writes down what it truly answered."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from threading import Condition, Event, Thread
from typing import Any

from tests.engines.endpoint.fake_model import FakeModel

Json = dict[str, Any]

PATIENCE = 120.0
"""Seconds that a test waits for what must happen. A loaded machine does not need them; a fault uses them up."""
FOREVER = 3600.0
"""Seconds of a silence that only the end of the server ends."""


@dataclass(frozen=True)
class Fault:
    """What happens instead of a sound answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """In place of the answer."""
    edit: Callable[[Json], Json] | None = None
    """Changes the answer."""
    cut: int | None = None
    """Break the connection off after so many bytes of the body."""
    hang: float = 0.0
    """Seconds of silence first."""
    drip: float = 0.0
    """Seconds after each byte of the body."""


Script = Callable[[int, Json], Fault | None]
"""(number of the request from 0, its body) -> what goes wrong, or None."""


class FaultServer(ThreadingHTTPServer):
    """The server; `requests` and `answers` are its log."""

    daemon_threads = False  # so that `server_close` waits for them
    request_queue_size = 64

    def __init__(self, model: FakeModel, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model, self.script = model, script
        self.lock = Condition()
        """Guards the log; whoever waits is told of every change."""
        self.requests: list[Json] = []
        """Bodies of all chat requests, by number."""
        self.answers: list[tuple[Json, Json]] = []
        """Request and response wherever the answer went out whole and unchanged."""
        self.times: list[float] = []
        """When each request came."""
        self.keys: list[str | None] = []
        """Authorization headers."""
        self.owner = "fake"
        self.stopping = Event()
        self.under_way = self.most_under_way = 0
        """Requests whose answer has not begun to go out: now, and at most."""
        self._connections: set[socket] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Return as soon as the log is such that `holds`."""
        with self.lock:
            assert self.lock.wait_for(holds, PATIENCE), f"{len(self.requests)} requests, then no more"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread of its own; the connection is known until it ends."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """The end of a connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def end(self) -> None:
        """Stop serving, cut what is still connected and wait for every thread: the log is final then."""
        self.stopping.set()
        self.shutdown()
        for one in list(self._connections):
            with suppress(OSError):  # closed in the meantime
                one.shutdown(SHUT_RDWR)
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement
    server: FaultServer

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def version_string(self) -> str:
        return "fault-server"

    def do_GET(self) -> None:  # the base class's name
        models = [{"id": "fake", "owned_by": self.server.owner}]
        self._send(200, {}, json.dumps({"data": models}).encode(), None)

    def do_POST(self) -> None:
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            number = len(server.requests)
            server.requests.append(body)
            server.times.append(time.monotonic())
            server.keys.append(self.headers.get("Authorization"))
            server.under_way += 1
            server.most_under_way = max(server.under_way, server.most_under_way)
            server.lock.notify_all()
        fault = server.script(number, body) or Fault()
        if fault.hang and server.stopping.wait(fault.hang):
            self.close_connection = True
            return
        answer = server.model.respond(body, number)
        changed = fault.edit(json.loads(json.dumps(answer))) if fault.edit else answer
        data = json.dumps(changed).encode() if fault.body is None else fault.body
        with server.lock:  # before the answer goes out: whoever has it may ask again at once
            if fault == Fault(hang=fault.hang):
                server.answers.append((body, answer))
            server.under_way -= 1
            server.lock.notify_all()
        self._send(fault.status, fault.headers, data, fault.cut, fault.drip)

    def _send(
        self, status: int, headers: dict[str, str], data: bytes, cut: int | None, drip: float = 0
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        for at in range(len(data) if drip else 0):
            self.wfile.write(data[at : at + 1])
            if self.server.stopping.wait(drip):
                return
        if not drip:
            self.wfile.write(data if cut is None else data[:cut])
        if cut is not None:
            self.close_connection = True


@contextmanager
def serving(model: FakeModel | None = None, script: Script = lambda *_: None) -> Iterator[FaultServer]:
    """A running server."""
    server = FaultServer(model or FakeModel(), script)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.end()
        thread.join()
