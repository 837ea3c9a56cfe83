"""Writes the tables of docs/worked_example.md: one question under ten conditions, asked of a reference model.

    python docs/site/worked_example.py

A test computes them again and holds them against the page.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL.Image import Resampling

from vqa_canary.lens import Lens, Looked, drawn_questions
from vqa_canary.rows import Item

ROOT = Path(__file__).parents[2]
PAGE, PICTURE = ROOT / "docs/worked_example.md", ROOT / "docs/worked_example.png"
MODEL, QUESTION, N_IMAGES = "phantom-llava-nota-1600", "How many lesions does the image show?", 40
LETTERS = "ABCDE"


def settings(name: str) -> dict[str, Any]:
    """A file of conf/base as it is written: what Kedro would fill in stays a text."""
    found: dict[str, Any] = yaml.safe_load((ROOT / f"conf/base/parameters_{name}.yml").read_text())
    return found


def conditions() -> list[str]:
    """Names of those of the study, in its order; one with settings is a mapping of its name to them."""
    entries = settings("data_engineering")["conditions"]
    return [one if isinstance(one, str) else next(iter(one)) for one in entries]


def look(folder: Path) -> tuple[Item, Looked, dict[str, str]]:
    """The question, what the model answered to it, and the page's tables by name; the image goes to `folder`."""
    items = drawn_questions(folder, N_IMAGES)
    lens = Lens.of_study(settings("inference") | {"seed": 7}, MODEL, ROOT, folder)
    item = next(one for one in items if one.question == QUESTION and one.modality == "dermoscopy")
    looked = lens.ask([item], conditions(), gallery=items)
    lens.open_image(item).resize((256, 256), Resampling.NEAREST).save(folder / "worked_example.png")
    return item, looked, {"shown": shown(looked), "evidence": evidence(looked), "scores": scores(looked)}


def shown(looked: Looked) -> str:
    rows = [
        [
            f"`{one.condition}`",
            one.question,
            " · ".join(
                f"**{letter}) {option}**" if at == one.answer_index else f"{letter}) {option}"
                for at, (letter, option) in enumerate(zip(LETTERS, one.options, strict=False))
            ),
            f"`{told.greedy_text}`",
        ]
        for one, told in zip(looked.instances, looked.evidence, strict=True)
    ]
    return table(["condition", "question", "options, the right one in bold", "the model's answer"], rows)


def evidence(looked: Looked) -> str:
    """Of the question as it stands."""
    told = looked.evidence[0]
    samples = [sample.text for sample in told.samples or ()]
    counts = {text: samples.count(text) for text in dict.fromkeys(samples)}
    chances = np.exp(told.option_logprobs or ())
    tokens = np.exp(told.greedy_token_logprobs or ())
    rows = [
        [
            "probability of each letter",
            ", ".join(f"{letter} {p:.3f}" for letter, p in zip(LETTERS, chances, strict=False)),
        ],
        ["greedy answer", f"`{told.greedy_text}`"],
        ["probability of each of its tokens", ", ".join(f"{p:.3f}" for p in tokens)],
        [f"{len(samples)} samples", ", ".join(f"{n} x `{text}`" for text, n in counts.items())],
    ]
    return table(["evidence", "value"], rows)


def scores(looked: Looked) -> str:
    methods = settings("ue_scoring")["scoring"]["methods"]
    found = looked.uncertainties(methods).droplevel("item_id")
    rows = [
        [
            f"`{name}`",
            {True: "yes", False: "no"}.get(row["correct"], "nothing is"),
            *(f"{row[one]:.3f}" for one in methods),
        ]
        for name, row in found.iterrows()
    ]
    return table(["condition", "right", *(f"`{one}`" for one in methods)], rows)


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        item, _, tables = look(Path(folder))
        (Path(folder) / "worked_example.png").replace(PICTURE)
    page = PAGE.read_text(encoding="utf-8")
    for name, text in tables.items():
        before, begin, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->\n")
        page = f"{before}{begin}\n{text}\n\n{end}{after}"
    PAGE.write_text(page, encoding="utf-8")
    print(f"{PAGE.name}: {item.modality}, {item.question}")


if __name__ == "__main__":
    main()
