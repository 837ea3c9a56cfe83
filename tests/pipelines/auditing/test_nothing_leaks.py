"""Secrets planted wherever a user may have them are in no file that a run writes, and in nothing that it says."""

from __future__ import annotations

import base64
import html
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
import yaml
from tests.engines.endpoint.fault_server import Fault, FaultServer, Json, serving
from tests.phantom_audit import set_up

from vqa_canary.errors import BadInput

Run = Callable[..., Any]
PLANTED = {
    name: f"pl4nted-{name}-" + r'"/+%&\=z'
    for name in (
        "key",
        "header",
        "body",
        "nested",
        "other",
        "database",
        "environment",
        "hub",
        "proxy",
        "runtime",
    )
}
LEAST_FILES = 30
WATCH = """
import os, socket
def watched(name, told):
    real = getattr(socket, name) if name == "getaddrinfo" else getattr(socket.socket, name)
    def call(*given, **named):
        with open(os.environ["CONTACTS"], "a") as file:
            file.write(f"{name} {told(given)}\\n")
        return real(*given, **named)
    setattr(socket if name == "getaddrinfo" else socket.socket, name, call)
watched("getaddrinfo", lambda given: given[0])
watched("connect", lambda given: given[1][0] if isinstance(given[1], tuple) else given[1])
"""
"""A `sitecustomize.py`: every name that is looked up, and every address that is connected to."""


def echo(number: int, body: Json) -> Fault | None:
    """What servers have been seen to give back: the key in an error, a header, a name, and in an answer."""
    said = f"Incorrect API key provided: Bearer {PLANTED['key']}, {json.dumps(PLANTED)}"
    error = {"code": PLANTED["key"], "type": f"Bearer {PLANTED['header']}", "message": said}
    if number % 9 == 8:
        return Fault(400, headers={"X-Echo": PLANTED["header"]}, body=json.dumps({"error": error}).encode())
    if number % 9 == 7:
        return Fault(200, headers={"Server": f"gateway {PLANTED['header']}"}, edit=_repeat)
    return Fault(200, edit=lambda answer: answer | {"model": f"m {PLANTED['nested']}"})


def _repeat(answer: Json) -> Json:
    for choice in answer["choices"]:
        basic = base64.b64encode(f"me:{PLANTED['key']}".encode()).decode()
        choice["message"]["content"] = f"{PLANTED['body']} {basic}"
        choice.pop("logprobs", None)
    return answer


def plant(project: Path, server: FaultServer, edit_yaml: Callable[..., None]) -> dict[str, str]:
    """Secrets in the credentials and in the environment; the latter is returned."""
    set_up(project, edit_yaml, n_images=6, engine="endpoint", base_url=server.url, model="m", credentials="ours",
           min_wait=0.001, retries=0, logprobs="off", extra_body={"top_k": 0})  # fmt: skip
    # Three methods, with and without numbers, leave every kind of file that nine leave.
    edit_yaml(
        project / "conf/base/parameters_ue_scoring.yml",
        lambda p: p["scoring"].update(methods=["semantic_entropy", "verbalized", "margin"]),
    )
    (project / "conf/local").mkdir(exist_ok=True)
    ours = {
        "api_key": PLANTED["key"],
        "headers": {"api-key": PLANTED["header"]},
        "extra_body": {"gateway": PLANTED["body"], "more": {"user": PLANTED["nested"]}},
    }
    known = {
        "ours": ours,
        "other": {"password": PLANTED["other"]},
        "warehouse": {"con": f"postgresql://me:{quote(PLANTED['database'], safe='')}@db/x"},
    }
    (project / "conf/local/credentials.yml").write_text(yaml.safe_dump(known))
    (project / "everything.yml").write_text(
        yaml.safe_dump(
            {
                "version": 1,
                "disable_existing_loggers": False,
                "handlers": {
                    "screen": {
                        "class": "kedro.logging.RichHandler",
                        "rich_tracebacks": True,
                        "level": "INFO",
                    },
                    "file": {"class": "logging.FileHandler", "filename": str(project / "info.log")},
                },
                "root": {"level": "DEBUG", "handlers": ["screen", "file"]},
            }
        )
    )
    (project / "watch").mkdir()
    (project / "watch/sitecustomize.py").write_text(WATCH)
    return {
        "VQA_CANARY_API_KEY": PLANTED["environment"],
        "HF_TOKEN": PLANTED["hub"],
        "HTTPS_PROXY": f"http://me:{quote(PLANTED['proxy'], safe='')}@proxy.invalid:3128",
        "KEDRO_LOGGING_CONFIG": str(project / "everything.yml"),
        "PYTHONPATH": os.pathsep.join([str(project / "watch"), os.environ.get("PYTHONPATH", "")]),
        "CONTACTS": str(project / "contacts.txt"),
        "COLUMNS": "10000",  # so that no line is broken within a secret
    }


def kedro_run(project: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "kedro", "run", "--env", "audit", *words]
    inherited = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    return subprocess.run(
        program, cwd=project, env=inherited | environment, capture_output=True, text=True, check=False
    )


def texts(project: Path) -> Iterator[tuple[str, str]]:
    """Name and content of every file but what the user wrote, Parquet with its metadata."""
    for path in sorted(path for path in project.rglob("*") if path.is_file() and not path.is_symlink()):
        place = path.relative_to(project)
        if {"conf", "01_raw", "06_models", "src"} & set(place.parts):
            continue
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            yield str(place), repr(table.to_pylist()) + repr(table.schema.metadata)
        yield str(place), path.read_bytes().decode("utf-8", errors="replace")


def forms(secret: str) -> set[str]:
    """The ways in which a secret may stand in a file."""
    coded = {base64.b64encode((before + secret).encode()).decode()[4:-4] for before in ("", "me:", "us:")}
    plain = {secret, json.dumps(secret)[1:-1], json.dumps(json.dumps(secret)[1:-1])[1:-1], repr(secret)[1:-1]}
    return plain | coded | {html.escape(one) for one in plain} | {quote(secret), quote(secret, safe="")}


def leaks(project: Path, said: str, planted: dict[str, str] = PLANTED) -> list[tuple[str, str]]:
    """(secret, file) of each secret that stands somewhere."""
    found = [("what it said", said), *texts(project)]
    return [
        (name, place)
        for name, secret in planted.items()
        for place, text in found
        if any(form in text for form in forms(secret))
    ]


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    for number, form in enumerate(sorted(forms(PLANTED["key"]))):
        (tmp_path / f"{number}.txt").write_text(f"x{form}y")
    assert {place for _, place in leaks(tmp_path, "")} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.whole
def test_a_whole_audit_leaks_nothing_and_asks_the_endpoint_alone(
    project: Path, edit_yaml: Callable[..., None]
) -> None:
    with serving(script=echo) as server:
        server.owner = f"owner {PLANTED['header']}"
        environment = plant(project, server, edit_yaml)
        done = kedro_run(project, environment, "--params", f"gateway.password={PLANTED['runtime']}")
        assert set(server.keys) == {f"Bearer {PLANTED['key']}"}
        assert {body["gateway"] for body in server.requests} == {PLANTED["body"]}
        assert server.requests[0]["more"] == {"user": PLANTED["nested"]}
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    written = dict(texts(project))
    assert len(written) > LEAST_FILES
    assert {"info.log", "mlflow.db", "data/08_reporting/audit/audit.json"} <= written.keys()
    assert any(name.startswith("mlartifacts") for name in written)
    assert "HTTP status 400" in str(written)  # the echoes came, and what they were about is told
    assert "m hidden" in written["data/08_reporting/audit/model_facts.json"]
    assert "gateway.password" in written["mlflow.db"]
    assert leaks(project, said) == []
    assert set((project / "contacts.txt").read_text().split("\n")) <= {
        "getaddrinfo 127.0.0.1",
        "connect 127.0.0.1",
        "",
    }
    questions = (project / "data/01_raw/audit/questions.csv").read_text().splitlines()
    asked = {line.split(",")[2] for line in questions[1:]}
    assert not [
        question for question in asked if question in said + written["info.log"] + written["mlflow.db"]
    ]


@pytest.mark.slow
def test_a_refused_key_leaks_nothing(project: Path, edit_yaml: Callable[..., None]) -> None:
    body = json.dumps({"error": {"code": PLANTED["key"], "message": f"Bearer {PLANTED['key']}"}}).encode()
    with serving(script=lambda *_: Fault(401, headers={"X-Echo": PLANTED["key"]}, body=body)) as server:
        asking = ("--pipelines", "data_engineering,inference", "--params", "tracking.enabled=false")
        done = kedro_run(project, plant(project, server, edit_yaml), *asking)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "refuses the key that it got" in said
    assert leaks(project, said) == []


@pytest.mark.slow
def test_a_tracking_server_with_a_password_that_is_not_there(
    project: Path, edit_yaml: Callable[..., None]
) -> None:
    with serving() as server:
        environment = plant(project, server, edit_yaml)
    password = 'pl4nted-tracking-"/+z'
    environment |= {
        "MLFLOW_TRACKING_URI": f"http://me:{quote(password, safe='')}@127.0.0.1:9",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }
    done = kedro_run(project, environment, "--pipelines", "data_engineering")
    said = done.stdout + done.stderr
    assert "127.0.0.1" in said
    assert leaks(project, said, PLANTED | {"tracking": password}) == []


SECRETS_AT_WRONG_PLACES: dict[str, dict[str, Any]] = {
    "extra_body.api_key": {"extra_body": {"api_key": PLANTED["key"]}},
    "extra_body.Authorization": {"extra_body": {"Authorization": f"Bearer {PLANTED['key']}"}},
    "extra_body.auth.user": {"extra_body": {"auth": {"user": PLANTED["key"]}}},
    "extra_body.image_source": {"extra_body": {"image_source": "https://b/x?X-Amz-Signature=pl4nted-key-"}},
    "extra_body.note": {"extra_body": {"note": "sk-pl4nted-key-0123456789"}},
    "extra_headers.X-Anything": {"extra_headers": {"X-Anything": PLANTED["key"]}},
    "headers.X-Anything": {"headers": {"X-Anything": PLANTED["key"]}},
    "base_url": {"base_url": "http://127.0.0.1:9/v1?api_key=pl4nted-key-"},
    "credentials": {"credentials": "sk-pl4nted-key-0123456789"},
}


@pytest.mark.parametrize("setting", SECRETS_AT_WRONG_PLACES)
def test_a_secret_among_the_parameters_stops_the_run_before_anything_is_kept(
    project: Path, run: Run, setting: str, capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    model = {"engine": "endpoint", "base_url": "http://127.0.0.1:9/v1", "model": "m"}
    params = {"models": {"mine": model | SECRETS_AT_WRONG_PLACES[setting]}}
    with pytest.raises(BadInput) as caught:
        run(project, "reporting", params=params)  # which asks no model, but would log and print its settings
    message = str(caught.value)
    assert message.startswith(f"parameters: models.mine.{setting}: ")
    assert "conf/local/credentials.yml" in message
    told = capsys.readouterr()
    assert "pl4nted-key-" not in message + told.out + told.err + caplog.text
    assert not (project / "mlflow.db").exists()
    assert not (project / "data/03_primary").exists()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"api_key": "pl4nted-key-\n"}, "api_key: no HTTP header can carry it"),
        ({"headers": {"a b": "pl4nted-key-"}}, "headers: a header's name"),
        ({"headers": {"x": "pl4nted-key-\u20ac"}}, "headers: no HTTP header can carry it"),
        ({"apikey": "pl4nted-key-"}, "apikey: Extra inputs are not permitted"),
        ({"api_key": ["pl4nted-key-"]}, "api_key: Input should be a valid string"),
    ],
)
def test_credentials_that_do_not_fit_are_named_and_not_quoted(
    project: Path, run: Run, entry: dict[str, Any], words: str
) -> None:
    (project / "conf/local").mkdir(exist_ok=True)
    (project / "conf/local/credentials.yml").write_text(yaml.safe_dump({"ours": entry}))
    model = {"engine": "endpoint", "base_url": "http://127.0.0.1:9/v1", "model": "m", "credentials": "ours"}
    with pytest.raises(BadInput, match=words) as caught:
        run(project, "inference", params={"models": {"mine": model}})
    assert "pl4nted-key-" not in str(caught.value)
    assert not (project / "mlflow.db").exists()


def test_the_clients_of_mlflow_print_no_address(capsys: pytest.CaptureFixture[str]) -> None:
    from mlflow.tracking._tracking_service.client import TrackingServiceClient

    import vqa_canary.settings  # noqa: F401  (a run imports it first)

    TrackingServiceClient("http://me:pl4nted-key-@127.0.0.1:9")._log_url("a run")
    told = capsys.readouterr()
    assert told.out + told.err == ""
