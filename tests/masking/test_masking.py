"""Secrets never survive, whatever they are put into; what is no secret always does."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Secret, SecretStr

from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.masking import (
    HIDDEN,
    conceal,
    concealed,
    exposed,
    mask,
    masked,
    remember_secret,
    remember_secrets,
    values,
)
from vqa_canary.masking.names import is_secret_name

ROOT = Path(__file__).parents[2]
SECRET = 'pl4nted "c&nary"/+\\\N{LATIN SMALL LETTER E WITH ACUTE}=%z'
"""With everything in it that addresses, JSON, HTML and Base64 write differently."""


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Secrets of one test are none of the next."""
    before = dict(values._known)
    yield
    values._known.clear()
    values._known.update(before)
    values._forms.cache_clear()


FORMS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "url": lambda text: quote(text, safe=""),
    "url path": quote,
    "url form": quote_plus,
    "url in small letters": lambda text: re.sub("%..", lambda found: found[0].lower(), quote(text, safe="")),
    "json": json.dumps,
    "json with letters": lambda text: json.dumps(text, ensure_ascii=False),
    "json in json": lambda text: json.dumps(json.dumps(text)),
    "php's json": lambda text: json.dumps(text).replace("/", "\\/"),
    "repr": repr,
    "html": html.escape,
    "json in html": lambda text: html.escape(json.dumps(text)),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 with a user": lambda text: base64.b64encode(f"me:{text}".encode()).decode(),
    "base64 with another user": lambda text: base64.b64encode(f"you:{text}".encode()).decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(f"user:{text}".encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_remembered_secret_is_hidden_in_every_form(form: str) -> None:
    written = FORMS[form](SECRET)
    assert conceal(f"a {written} b") == f"a {written} b"  # not known yet
    remember_secret(SECRET)
    for text in (f"a {written} b", f"x{written}y", written):
        assert HIDDEN in conceal(text)
        shown = conceal(text)
        assert not [piece for piece in _pieces(written.strip("\"'").replace("me:", "")) if piece in shown]


def _pieces(text: str) -> list[str]:
    """Every stretch of nine characters but those at the ends, which Base64 shares with its neighbours."""
    inner = text[6:-6]
    return [inner[at : at + 9] for at in range(len(inner) - 8)]


secrets = st.text(min_size=8, max_size=40).filter(
    lambda text: (
        len(text.strip()) >= 8
        and not text.strip().isalpha()
        and not text.strip().isdecimal()
        and text.strip() not in HIDDEN
        and text.strip().lower() not in values._PLACEHOLDERS
        and HIDDEN not in text
    )
)
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)


def nested(leaves: st.SearchStrategy[Any], names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(names, inner, max_size=3)
        ),
        max_leaves=8,
    )


@given(secrets, st.data())
def test_a_remembered_secret_survives_no_nesting(secret: str, data: st.DataObject) -> None:
    remember_secret(secret)
    around = st.builds(lambda before, after: f"{before}{secret.strip()}{after}", st.text(), st.text())
    settings = data.draw(nested(plain | around, around | st.text(max_size=8)))
    shown = masked(settings)
    assert secret.strip() not in _texts(shown)
    assert masked(shown) == shown
    assert secret.strip() not in _texts(concealed(settings))


def _texts(value: Any) -> str:
    """Every text of a nesting, apart from one another."""
    if isinstance(value, dict):
        return "\0".join(_texts(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple):
        return "\0".join(map(_texts, value))
    return str(value)


@given(st.text())
def test_masking_again_changes_nothing(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(
    st.text(alphabet=st.sampled_from("""aK1:=/@?&"'\\ .-_{}""")),
    st.sampled_from(["api_key", "Bearer", "://", "sk-a1"]),
)
def test_masking_again_changes_nothing_of_what_is_nearly_a_secret(text: str, part: str) -> None:
    for one in (f"{text}{part}{text}", f"{part}={text}", f'"{part}": "{text}"', f"{part}{text}"):
        assert mask(mask(one)) == mask(one)


harmless = st.text("abc xyz_-", max_size=9)


@given(nested(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | harmless, harmless))
def test_what_is_no_secret_stays(settings: Any) -> None:
    assert masked(settings) == settings


SECRET_NAMES = [
    "api_key", "apikey", "apiKey", "API_KEY", "x-api-key", "OPENAI_API_KEY", "key", "token", "access_token", "hf.token",
    "HF_TOKEN", "authToken", "auth", "Authorization", "proxy-authorization", "secret", "client_secret", "password",
    "db_password", "passwd", "pwd", "credentials", "credential", "Cookie", "Set-Cookie", "signature", "sig", "sas",
    "session", "session_id", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "aws_secret_access_key",
    "subscription-key", "Ocp-Apim-Subscription-Key", "private_key", "headers", "extra_headers", "bearer", "token2",
]  # fmt: skip
OTHER_NAMES = [
    "max_tokens", "n_tokens", "max_new_tokens", "prompt_tokens", "completion_tokens", "token_logprobs", "tokenizer",
    "greedy_token_logprobs", "eos_token", "pad_token", "image_token", "eos_token_id", "stop_token_ids", "monkey",
    "keyboard", "keys", "authors", "author", "authority", "design", "assign", "passes", "n_pass", "prompt_cache_key",
    "sort_key", "primary_key", "path", "revision", "model", "base_url", "sessions", "cookiecutter", "fingerprint", "",
    "canary", "top_k", "secretary",
]  # fmt: skip


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_secrets_name_hides_whatever_stands_below_it(name: str) -> None:
    assert is_secret_name(name)
    settings = {"extra_body": {name: {"deep": ["s3cret", 5, ("x",)]}, "top_k": 4, name + ".": "s3cret"}}
    shown = masked(settings)
    assert shown["extra_body"] == {
        name: {"deep": [HIDDEN, HIDDEN, (HIDDEN,)]},
        "top_k": 4,
        name + ".": HIDDEN,
    }
    assert "extra_body." + name in {path.removesuffix(".deep") for path in exposed(settings)}
    assert masked({name: None}) == {name: None}


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_other_names_hide_nothing(name: str) -> None:
    assert not is_secret_name(name)
    assert masked({name: "value-1"}) == {name: "value-1"}
    assert mask(f"{name}=value-1, {name}: 12345678") == f"{name}=value-1, {name}: 12345678"


def test_columns_of_a_table_are_no_secrets() -> None:
    settings = {"columns": {"id": "key", "token": "token", "key": "patient_key"}, "source": "questions"}
    assert masked(settings) == settings
    assert list(exposed(settings)) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:pass@host:8000/v1", "https://hidden@host:8000/v1"),
        ("https://ghp_x@host/v1", "https://hidden@host/v1"),
        ("postgresql://me:pa/ss@db/x", "postgresql://hidden@db/x"),
        ("mysql+pymysql://me:p@ss@db:3306/x", "mysql+pymysql://hidden@db:3306/x"),
        ("http://h/v1?api_key=abc&n=1", "http://h/v1?api_key=hidden&n=1"),
        ("http://h?n=1&key=abc;x", "http://h?n=1&key=hidden;x"),
        ("https://b/x?sv=1&sig=a%2Bb%3D", "https://b/x?sv=1&sig=hidden"),
        ("https://b/x?X-Amz-Credential=AB%2Fc&X-Amz-Signature=0f", "https://b/x?X-Amz-Credential=hidden&X-Amz-Signature=hidden"),
        ("Authorization: Bearer abc", "Authorization: Bearer hidden"),
        ("{'Authorization': 'Basic abc'}", "{'Authorization': 'hidden'}"),
        ('{\\"api_key\\": \\"a b\\"}', '{\\"api_key\\": \\"hidden\\"}'),
        ('{"password": "it\'s \\"it\\"", "n": 1}', '{"password": "hidden", "n": 1}'),
        ("['--params', 'a.password=b\"c d\\\\,e']", "['--params', 'a.password=hidden']"),
        ("x-api-key: 12345678", "x-api-key: hidden"),
        ("got Bearer abcdef12345 back", "got Bearer hidden back"),
        ("got Basic dXNlcjpwYXNzd29yZA== back", "got Basic hidden back"),
        ("wrong: sk-proj-abcDEF123456", "wrong: hidden"),
        ("hf_" + "aB3" * 10, "hidden"),
        ("ghp_" + "aB3" * 12, "hidden"),
        ("AKIAIOSFODNN7EXAMPLE", "hidden"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "hidden"),
        ("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----", "hidden"),
    ],
)  # fmt: skip
def test_secrets_in_a_text_are_found(text: str, shown: str) -> None:
    assert mask(text) == shown
    assert list(exposed({"a": [text]})) == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "parameters: models.m.api_key: parameters are logged. Write `ours: {api_key: ...}`, name `credentials: ours`",
        "http://127.0.0.1:8000/v1, a@b, http://host:80/@scope/x, see user@host:/path",
        "0123456789abcdef" * 4,
        "a" * 40 + " 0f" * 20,
        "Qwen/Qwen2.5-VL-7B-Instruct@cc594898137f460bfe9f0759e9844b3ce807cfb5",
        "Basic information about task-specific-2020-models, disk-0123456789abc",
        "fingerprint: 0123456789abcdef, key=questions.csv/12, 12345678 tokens",
        "Bearer of news: token missing; password: wrong",
    ],
)
def test_what_only_resembles_a_secret_stays(text: str) -> None:
    assert mask(text) == text


def test_shipped_parameters_and_options_hold_nothing_that_is_hidden() -> None:
    files = sorted((ROOT / "conf").glob("*/parameters*.yml"))
    assert len(files) > 10
    for path in files:
        parameters = yaml.safe_load(path.read_text()) or {}
        for model in parameters.get("models", {}).values():
            model.pop("credentials", None)  # the name of an entry, which is hidden as well
        assert masked(parameters) == parameters, path
        assert list(exposed(parameters)) == [], path


def test_pydantic_secrets_are_hidden_and_the_rest_is_shown() -> None:
    class Inner(BaseModel):
        key_figure: int = 3
        anything: SecretStr = SecretStr("s3cret")

    shown = masked({"a": Inner(), "b": [Inner()]})
    assert shown == {"a": {"key_figure": 3, "anything": HIDDEN}, "b": [{"key_figure": 3, "anything": HIDDEN}]}
    options = EndpointModel(
        base_url="http://h/v1", model="m", api_key=SecretStr("s3cret"), secret_body=Secret({"x": "s3cret"})
    )
    assert "s3cret" not in str(masked(options))
    assert masked(options)["max_tokens"] is None


def test_two_names_that_are_secrets_stay_two_entries() -> None:
    for secret in ("first-value-1", "other-value-2"):
        remember_secret(secret)
    assert masked({"first-value-1": 1, "other-value-2": 2}) == {"hidden": 1, "hidden 2": 2}


def test_short_values_are_hidden_with_care() -> None:
    for value in ("abc", "EMPTY", "ollama", "None", "12345678", "canary", "hunter2"):
        remember_secret(value)
    assert conceal("abcdef EMPTY ollama 12345678") == "abcdef EMPTY ollama 12345678"
    assert (
        conceal("the canary sings in canarywood; hunter2, hunter22")
        == "the hidden sings in canarywood; hidden, hunter22"
    )
    assert conceal("x=canary&y") == "x=hidden&y"
    assert conceal("%3Dcanary%26") == "%3Dhidden%26"


def test_secrets_of_an_environment_are_remembered_by_their_names() -> None:
    remember_secrets(
        {
            "MLFLOW_TRACKING_URI": "postgresql://me:dbpassw%2Frd1@db/mlflow",
            "HTTPS_PROXY": "http://me:proxy-passw0rd@proxy:3128",
            "SOME_TOKEN": "tok-0123456789",
            "DESKTOP_SESSION": "gnome-classic",
            "PATH": "/usr/bin",
            "GOOGLE_APPLICATION_CREDENTIALS": "/home/me/google.json",
        }
    )
    remember_secrets({"models": {"m": {"credentials": "my-endpoint"}}, "columns": {"token": "my-column"}})
    shown = "gnome-classic /usr/bin /home/me/google.json my-endpoint my-column"
    assert (
        conceal(f"dbpassw%2Frd1 dbpassw/rd1 proxy-passw0rd tok-0123456789 {shown}")
        == f"{'hidden ' * 4}{shown}"
    )
    remember_secrets({"s3": {"key": "key-0123456789", "region": "eu-central-1"}}, kept_secret=True)
    assert conceal("key-0123456789 eu-central-1") == "hidden eu-central-1"
