"""What of the environment reaches the connections: proxies and certificates."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engines.endpoint.asking import ask
from tests.engines.endpoint.fault_server import serving

from vqa_canary.engines.endpoint.addresses import is_this_machine
from vqa_canary.engines.endpoint.failures import CallFailed
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.endpoint.transport import Transport
from vqa_canary.errors import BadInput
from vqa_canary.masking import conceal

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def transport(url: str) -> Transport:
    return Transport(EndpointModel(base_url=url, model="m", timeout=5))


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://127.1.2.3/v1", True),
        ("https://localhost/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://model.localhost/v1", True),
        ("http://0.0.0.0:8000/v1", True),
        ("http://10.0.0.5/v1", False),
        ("https://api.example.org/v1", False),
        ("http://localhost.example.org/v1", False),
    ],
)
def test_which_addresses_are_of_this_machine(address: str, here: bool) -> None:
    assert is_this_machine(address) == here


def test_no_proxy_is_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would look at its own loopback, and images would leave the machine."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving() as server:
        _, found = ask(server, n=1)
    assert [one.status for one in found] == ["ok"]


def test_other_addresses_are_asked_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that stands for the proxy gets the request, whole address and all; `NO_PROXY` takes the host out."""
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}],
    }
    with serving() as server:
        monkeypatch.setenv("http_proxy", server.url.removesuffix("/v1"))
        transport("http://model.invalid/v1").send("POST", "chat/completions", body | {"seed": 1})
        assert len(server.requests) == 1
        monkeypatch.setenv("no_proxy", "model.invalid")
        with pytest.raises(CallFailed, match="connection refused"):
            transport("http://model.invalid/v1").send("POST", "chat/completions", body)
        assert len(server.requests) == 1


def test_the_password_of_a_proxy_is_hidden_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:proxy-password-1@proxy.invalid:3128")
    transport("https://api.example.org/v1").close()
    assert "proxy-password-1" not in conceal("via http://me:proxy-password-1@proxy.invalid:3128")


@pytest.mark.parametrize("proxy", ["foo://me:proxy-password-2@h", "socks5://me:proxy-password-2@h"])
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(BadInput, match="proxy address in HTTPS_PROXY") as caught:
        transport("http://10.0.0.5/v1")
    assert "password" not in str(caught.value)


def test_a_file_of_certificates_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for path in ("missing.pem", "ca.pem"):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / path))
        with pytest.raises(BadInput, match="SSL_CERT_FILE"):
            transport("https://api.example.org/v1")
        transport("http://api.example.org/v1").close()
