"""The engine against a model whose distributions are known, on a server that does as it should."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
from dataclasses import replace
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.engines.endpoint.asking import CANARY_CALLS, SAMPLING, ask, draw, make_engine, make_instances
from tests.engines.endpoint.fake_model import LETTERS, TOKENS, FakeModel, shown
from tests.engines.endpoint.fault_server import PATIENCE, Fault, FaultServer, Json, serving
from tests.optional import not_none

from vqa_canary.engines.endpoint.requests import data_url
from vqa_canary.engines.prompts import LETTERS as ALPHABET
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.registration import make_engine as make_configured
from vqa_canary.errors import BadInput
from vqa_canary.reading import read_option
from vqa_canary.rows import Instance

ALL_LISTED = FakeModel(depth=len(TOKENS))


def greedy_request(server_requests: list[Json], instance: Instance, url: str) -> Json:
    """The first turn that was sent about an instance."""
    question = Prompts().question_chat(instance.question, instance.options)[0]["content"][1]["text"]
    for body in server_requests:
        _, text, _ = shown(body)
        if (
            body["temperature"] == 0
            and text == question
            and body["messages"][0]["content"][0]["image_url"]["url"] == url
        ):
            return body
    raise AssertionError("never asked")


def test_evidence_says_what_the_model_holds() -> None:
    with serving(ALL_LISTED) as server:
        engine, found = ask(server, n=8, top_logprobs=len(TOKENS))
        assert engine.facts["logprobs"] == f"top {len(TOKENS)}"
    by_id = {one.instance_id: one for one in make_instances(8)}
    p_trues = 0
    for one in found:
        instance = by_id[one.instance_id]
        body = greedy_request(server.requests, instance, data_url(draw(instance), None))
        p = dict(zip(TOKENS, ALL_LISTED.distribution(body), strict=True))
        start = max(p, key=lambda token: p[token])
        letters = ALPHABET[: len(instance.options)]
        expected = [sum(p[t] for t in LETTERS if t.strip(" \n(") == letter) for letter in letters]
        if start in ("(", " ", "\n"):
            after = dict(zip(TOKENS, ALL_LISTED.distribution(body, start), strict=True))
            spelt = {" ": ("{}", "({}")}.get(start, ("{}",))
            for at, letter in enumerate(letters):
                expected[at] += p[start] * sum(after[form.format(letter)] for form in spelt)
        assert np.exp(not_none(one.option_logprobs)) == pytest.approx(expected)
        assert one.option_mass == pytest.approx(sum(expected))
        assert one.bounded is None
        assert one.greedy_choice == read_option(one.greedy_text or "", instance.options).choice
        assert one.greedy_token_logprobs is not None
        assert one.greedy_token_logprobs[0] == pytest.approx(log(p[start]))
        assert one.samples is not None
        assert [s.choice for s in one.samples] == [
            read_option(s.text, instance.options).choice for s in one.samples
        ]
        assert len(one.samples) == SAMPLING.n_samples
        lacking = {gap.field for gap in one.gaps or ()}
        assert lacking - {"p_true"} == {"greedy_token_entropies"}
        assert (one.p_true is None) == (one.greedy_choice is None or "p_true" in lacking)
        p_trues += one.p_true is not None
        assert one.prompt_tokens is not None
        assert one.completion_tokens is not None
        assert one.reused_tokens == 3 * (one.calls or 0)
    assert p_trues >= 3


def test_p_true_and_stated_confidence_are_about_the_greedy_answer() -> None:
    with serving(ALL_LISTED) as server:
        _, found = ask(server, n=8, top_logprobs=len(TOKENS))
    followed = [body for body in server.requests if "True or False" in shown(body)[2]]
    asked_twice = [body for body in followed if body["max_tokens"] != 2]
    unread = [one for one in found if "p_true" in {gap.field for gap in one.gaps or ()}]
    assert len(asked_twice) == len(unread)  # their first tokens are neither True nor False
    wordy = [body["messages"] for body in asked_twice]
    followed = [body for body in followed if body["messages"] not in wordy]
    assert len(followed) == sum(one.p_true is not None for one in found) > 0
    values = []
    for body in followed:
        assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user"]
        p = dict(zip(TOKENS, ALL_LISTED.distribution(body), strict=True))
        start = max(p, key=lambda token: p[token])
        after = dict(zip(TOKENS, ALL_LISTED.distribution(body, start), strict=True))
        mass = []
        for word in ("True", "False"):
            opened = p[start] * after[word] if start in (" ", "\n") else 0
            mass.append(p[word] + p[" " + word] + opened)
        values.append(mass[0] / sum(mass))
    assert sorted(values) == pytest.approx(sorted(one.p_true for one in found if one.p_true is not None))
    stated = [one for one in found if one.verbalized_text]
    assert stated
    assert all(
        one.verbalized_confidence == float(not_none(one.verbalized_text)) / 100
        for one in stated
        if (one.verbalized_text or "").isdigit()
    )


def test_requests_are_what_they_should_be() -> None:
    extra = {"min_p": 0, "top_k": 0, "top_p": None}
    with serving() as server:
        ask(server, n=3, extra_body=extra, api_key="sk-secretkey")
    seeds = [body["seed"] for body in server.requests]
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert set(server.keys) == {"Bearer sk-secretkey"}
    for body in server.requests:
        assert body["model"] == "fake"
        assert body["stream"] is False
        assert body["min_p"] == body["top_k"] == 0
        assert "top_p" not in body
        assert body["temperature"] in (0, SAMPLING.temperature)
        assert body["messages"][0]["content"][0]["image_url"]["url"].startswith("data:image/png;base64,")
        assert body["max_tokens"] in (SAMPLING.max_new_tokens, 2)
    sampled = [body["seed"] for body in server.requests if body["temperature"]]
    assert len(set(sampled)) == len(sampled)


@pytest.mark.parametrize("most_choices", [100, 1])
def test_concurrency_and_order_change_nothing(most_choices: int) -> None:
    with serving(FakeModel(most_choices=most_choices)) as server:
        _, alone = ask(server, concurrency=1)
        _, together = ask(server, concurrency=8)
        backwards = list(make_engine(server).answer(make_instances(6)[::-1], draw))
    assert alone == together == sorted(backwards, key=lambda one: one.instance_id)


def test_no_more_requests_are_under_way_than_allowed() -> None:
    def script(number: int, body: Json) -> Fault | None:
        if CANARY_CALLS <= number < CANARY_CALLS + 3:  # the first three wait for one another
            server.wait_until(lambda: server.most_under_way == 3)
        return Fault(hang=0.01)  # so that a fourth, were it sent, would find them under way

    with serving(script=script) as server:
        ask(server, n=8, concurrency=3)
    assert server.most_under_way == 3


def test_the_canary_runs_once_for_all_parts_of_a_run() -> None:
    with serving() as server:
        engine = make_engine(server)
        parts = make_instances(6)
        first = list(engine.answer(parts[:3], draw))
        asked = len(server.requests)
        second = list(engine.answer(parts[3:], draw))
        assert len(server.requests) - asked == sum(one.calls or 0 for one in second)
        whole = list(make_engine(server).answer(parts, draw))
    assert {one.instance_id: one for one in whole} == {one.instance_id: one for one in (*first, *second)}


def test_an_image_that_does_not_open_fails_alone() -> None:
    def open_some(instance: Instance) -> Image.Image:
        if instance.item_id in "02":
            raise BadInput(f"image {instance.image_path!r}: gone")
        return draw(instance)

    instances = [replace(one, image_sha256="") for one in make_instances(5, n_images=5)]
    with serving() as server:
        found = {one.instance_id: one for one in make_engine(server).answer(instances, open_some)}
        errors = [found[one.instance_id].error for one in instances]
        assert errors == ["image '0.png': gone", None, "image '2.png': gone", None, None]

        def open_none(instance: Instance) -> Image.Image:
            raise BadInput("gone")

        asked = len(server.requests)
        assert all(one.status == "failed" for one in make_engine(server).answer(instances, open_none))
        assert len(server.requests) == asked
        assert list(make_engine(server).answer([], draw)) == []


def test_large_images_are_shrunk_if_asked_and_none_else() -> None:
    image = Image.new("L", (40, 20))
    small, whole = data_url(image, 10), data_url(image, None)
    assert _size(small) == (10, 5)
    assert _size(whole) == (40, 20)
    assert data_url(image, 40) == whole


def _size(url: str) -> tuple[int, int]:
    import base64
    import io

    opened = Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))
    assert (opened.format, opened.mode) == ("PNG", "RGB")
    return opened.size


def test_the_budget_of_calls_is_kept_and_the_rest_is_not_asked() -> None:
    with serving() as server:
        engine, found = ask(server, n=12, max_calls=20, concurrency=3)
        assert len(server.requests) == 20
    spent = [one for one in found if one.status == "failed"]
    assert 0 < len(spent) < 12
    assert all((one.error or "").startswith("not asked") for one in spent)
    assert any(one.calls == 0 for one in spent)
    assert sum(one.calls or 0 for one in found) + int(engine.facts["canary_calls"]) == 20


def test_the_budget_of_tokens_is_kept() -> None:
    with serving() as server:
        _, found = ask(server, n=12, max_tokens=300, concurrency=1)
    used = sum(sum((a["usage"]["prompt_tokens"], a["usage"]["completion_tokens"])) for _, a in server.answers)
    last = sum(server.answers[-1][1]["usage"][name] for name in ("prompt_tokens", "completion_tokens"))
    assert used - last < 300 <= used
    assert any("300 tokens (max_tokens) is spent" in (one.error or "") for one in found)


def test_the_budget_of_money_is_kept() -> None:
    """Prices are such that what the server counted is known as money to the last digit."""
    with serving() as server:
        price = {"input": 2.0, "output": 8.0, "currency": "EUR"}
        _, found = ask(server, n=12, max_cost=0.0012, price_per_million=price, concurrency=1)
    costs = [
        (2 * answer["usage"]["prompt_tokens"] + 8 * answer["usage"]["completion_tokens"]) / 1e6
        for _, answer in server.answers
    ]
    assert sum(costs[:-1]) < 0.0012 <= sum(costs)
    assert any("0.0012 EUR (max_cost) is spent" in (one.error or "") for one in found)
    assert any((one.error or "").startswith("not asked") for one in found)


def test_the_pace_is_kept() -> None:
    with serving() as server:
        ask(server, n=1)  # what is imported at first use is no pause between requests
        before, start = len(server.requests), time.monotonic()
        ask(server, n=2, requests_per_minute=60 / 0.03, concurrency=8)
    times = [came - start for came in server.times[before:]]
    assert all(came >= 0.03 * turn for turn, came in enumerate(times))
    assert len(times) > 10


def silent_from_25(number: int, body: Json) -> Fault | None:
    """Whoever asks after 25 answers hears nothing."""
    return Fault(hang=PATIENCE) if number >= 25 else None


def wait_until_four_wait(server: FaultServer) -> None:
    server.wait_until(lambda: len(server.requests) == 29 and server.under_way == 4)


def test_leaving_early_waits_for_no_server_and_asks_nothing_more() -> None:
    with serving(script=silent_from_25) as server:
        engine = make_engine(server, concurrency=4, timeout=2 * PATIENCE)
        answers: Any = engine.answer(make_instances(40), draw)  # a generator, typed as an iterator
        next(answers)
        wait_until_four_wait(server)
        answers.close()
        assert server.under_way == 4  # it is still silent
    assert len(server.requests) == 29


def test_ctrl_c_ends_the_process_though_the_server_hangs(root: Path) -> None:
    with serving(script=silent_from_25) as server:
        code = f"""
import signal
from tests.engines.endpoint.asking import *
signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background is deaf to it
options = EndpointModel(base_url={server.url!r}, model="fake", timeout={2 * PATIENCE})
for one in EndpointEngine("fake", options, Prompts(), SAMPLING, seed=7).answer(make_instances(40), draw):
    print(one.instance_id, flush=True)
"""
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen([sys.executable, "-c", code], cwd=root, text=True, **pipes) as process:
            try:
                wait_until_four_wait(server)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=PATIENCE)
            finally:
                process.kill()
        assert server.under_way == 4  # it is still silent
    assert "KeyboardInterrupt" in err
    assert out.count("\n") >= 1  # what was answered was given before


def test_nothing_is_logged_about_a_sound_server(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with serving() as server:
        ask(server, n=2, api_key="sk-secretkey")
    assert [record for record in caplog.records if record.name.startswith(("vqa_canary", "httpx"))] == []


def test_the_key_is_in_nothing_that_is_kept() -> None:
    with serving() as server:
        engine, found = ask(server, n=2, api_key="sk-secretkey")
        kept: list[Any] = [found, engine.facts, engine.fingerprint, vars(engine)]
    assert "secretkey" not in repr(kept)


def test_a_configured_model_is_asked(tmp_path: Any) -> None:
    with serving() as server:
        entry = {"engine": "endpoint", "base_url": server.url, "model": "fake", "group": "small"}
        engine = make_configured("mine", entry, Prompts(), SAMPLING, 7, tmp_path)
        [one] = engine.answer(make_instances(1), draw)
    assert (one.model, one.status) == ("mine", "ok")
    assert exp(max(one.option_logprobs or ())) <= 1


def test_the_engine_is_known_without_the_libraries_that_it_calls() -> None:
    code = (
        "import sys; from vqa_canary.engines.registration import ENGINES; ENGINES['endpoint'];"
        "import vqa_canary.engines.endpoint.plan;"
        "print([name for name in ('httpx', 'tenacity', 'torch', 'openai') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
