"""The tables of `docs/reading.md`, made from the rules; run as a script, it writes them there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vqa_canary.reading.languages import RULES
from vqa_canary.reading.structured import KEY_RULES
from vqa_canary.reading.thinking import FAMILIES

PAGE = Path(__file__).parents[2] / "docs" / "reading.md"


def tables() -> dict[str, str]:
    """Each table by the name that its markers bear on the page."""
    rules = ["| language | rule | place | read | not read |", "| --- | --- | --- | --- | --- |"]
    for rule in RULES:
        read = _shown([text for text, _ in rule.reads])
        rules.append(f"| {rule.language} | {rule.name} | {rule.place} | {read} | {_shown(rule.refuses)} |")
    keys = ["| a key that says | read | not read |", "| --- | --- | --- |"]
    keys += [
        f"| {one.name} | {_shown([text for text, _ in one.reads])} | {_shown(one.refuses)} |"
        for one in KEY_RULES
    ]
    families = ["| family | a text whose answer is `B` |", "| --- | --- |"]
    families += [f"| {one.family} | {_shown([one.example])} |" for one in FAMILIES]
    return {"rules": "\n".join(rules), "keys": "\n".join(keys), "thinking": "\n".join(families)}


def with_tables(page: str) -> str:
    """The page with its tables as the rules are now."""
    for name, table in tables().items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, rest = page.split(begin)
        page = f"{before}{begin}{table}\n{end}{rest.split(end)[1]}"
    return page


def _shown(texts: Sequence[str]) -> str:
    listed = [text.replace("\n", "\u23ce").replace("|", "\\|") for text in texts]
    return "; ".join(f"`{text}`" for text in listed[:2])


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
