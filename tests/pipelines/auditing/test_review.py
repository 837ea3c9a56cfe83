"""What a reviewer writes comes back: keys, fairness and questions without an answer, as an attempt of its own."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from tests.engines.endpoint.fault_server import serving
from tests.pipelines.auditing.test_attempts import (
    NO_MLFLOW,
    contents,
    endpoint_project,
    folder_of,
    protocol_of,
)

Run = Callable[..., Any]
Edit = Callable[..., None]
Rows = list[dict[str, str]]
pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("undrawn")]
COPY = "data/01_raw/audit/review.csv"
REVIEWED = NO_MLFLOW | {"review": COPY}


def listed(project: Path) -> Rows:
    with (folder_of(project) / "review.csv").open(encoding="utf-8-sig", newline="") as file:
        return [*csv.DictReader(file)]


def save(project: Path, rows: Rows, name: str = COPY) -> None:
    """As a spreadsheet with German settings does: a mark for Windows, semicolons, its line ends, columns moved."""
    names = sorted(rows[0])
    with (project / name).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, names, delimiter=";", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)


def audit_of(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder_of(project) / "audit.json").read_text())
    return found


def items_of(project: Path) -> pd.DataFrame:
    items: pd.DataFrame = pq.read_table(project / "data/03_primary/audit/items.parquet").to_pandas()
    return items.set_index("item_id")


def test_a_review_comes_back_and_only_new_prompts_are_asked(
    project: Path, run: Run, edit_yaml: Edit, caplog: pytest.LogCaptureFixture
) -> None:
    with serving() as server:
        endpoint_project(project, edit_yaml, server)
        edit_yaml(
            project / "conf/audit/parameters_reporting.yml",
            lambda p: p["report"].update(show_questions=["questions"]),
        )
        run(project, env="audit", params=NO_MLFLOW)
        first, before, old = audit_of(project), contents(folder_of(project)), items_of(project)
        n_requests = len(server.requests)
        assert first["review"] is None
        rows = listed(project)
        wrong = [row for row in rows if "wrong" in row["why"] and len(row["options"].split("\n")) > 2]
        fixed, unfair, out = wrong[0], wrong[1], wrong[2]
        assert fixed["answer"] != fixed["key"]
        fixed["right_key"] = fixed["answer"][0].lower()
        unfair["nota_valid"], unfair["comment"] = "FALSCH", "zwei Antworten; beide richtig"
        out["unanswerable"] = "WAHR"
        save(project, rows)
        run(project, env="audit", params=REVIEWED)
        bodies = server.requests[n_requests:]
        second, after, new = audit_of(project), contents(folder_of(project)), items_of(project)

        # The key of one question changed: of its prompts only those that hide or spare the right option can be new.
        texts = {json.dumps(body["messages"]) for body in bodies}
        asked = [text for text in texts if fixed["question"] in text]
        assert asked
        assert all("None of the above" in text for text in asked)
        assert 0 < len(bodies) < n_requests / 4
        assert new.loc[fixed["item_id"], "answer_index"] == ord(fixed["answer"][0]) - ord("A")
        changed = (old["answer_index"] != new["answer_index"]) | (old["nota_valid"] != new["nota_valid"])
        assert set(old.index[changed]) == {fixed["item_id"], unfair["item_id"]}
        assert len(new) == len(old)

        # What the audit says of it, counted from the answers.
        review = second["review"]
        assert (review["keys"], review["nota_valid"], review["unanswerable"]) == (1, 1, 1)
        assert {one["item_id"] for one in review["items"]} == {row["item_id"] for row in (fixed, unfair, out)}
        assert (review["asked"], review["listed"]) == (len(old), len(rows))
        [effect] = review["effects"]
        n = first["headline"][0]["accuracy"]["n"]
        assert effect["accuracy_before"] == first["headline"][0]["accuracy"]
        assert effect["accuracy_after"]["n"] == n - 1
        right = round(effect["accuracy_before"]["value"] * n)
        assert effect["accuracy_after"]["value"] == pytest.approx((right + 1) / (n - 1))
        assert effect["difference"]["value"] == pytest.approx(1 / (n - 1))
        assert effect["difference"]["ci_low"] < 1 / (n - 1) < effect["difference"]["ci_high"]
        assert (effect["became_right"], effect["became_wrong"]) == (1, 0)
        assert "leans upwards" in review["caution"]
        page = after["audit.html"].decode()
        assert "What a review changed" in page
        assert fixed["item_id"] in page

        # An attempt of its own, and the first one stays.
        protocol = second["protocol"]
        assert (protocol["attempt"], protocol["standing"], protocol["claimed"]) == (2, "second look", False)
        assert protocol["because"].startswith(
            "Right answers were corrected by reviewers after answers existed."
        )
        kept = {name for name in before if name.startswith("attempts/1/")}
        assert {"attempts/1/review.csv", "attempts/1/review.html"} <= kept
        assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
        refused = {one["reason"]: one["n"] for one in second["questions"]["refused"]}
        assert any("a reviewer calls the question unanswerable" in reason for reason in refused)

        # The same again asks nothing and is the same; without the review it is the first attempt; neither is lost.
        n_requests = len(server.requests)
        run(project, env="audit", params=REVIEWED)
        assert contents(folder_of(project)) == after
        run(project, env="audit", params=NO_MLFLOW)
        assert protocol_of(project) == first["protocol"]
        assert audit_of(project)["headline"] == first["headline"]
        assert len(server.requests) == n_requests
    for text in (fixed["question"], unfair["comment"]):
        assert text not in caplog.text
