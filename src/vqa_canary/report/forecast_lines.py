"""What can be asked and what that costs, as lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vqa_canary.counting import counted
from vqa_canary.report.purposes import purpose_of

MOST_REASONS = 20
"""How many reasons for refusing records are shown; the others are counted, and stand in the quarantine file."""

Row = Mapping[str, Any]


def forecast_lines(forecast: Row, quarantine: str) -> Iterator[str]:
    """What is usable, what was refused and why, and what each endpoint will be asked for.

    Parameters
    ----------
    forecast : content of `forecast.json`
    quarantine : where each refused record stands
    """
    refused = sum(row["n"] for row in forecast["refused"])
    items, images, instances = (forecast[name] for name in ("items", "images", "instances"))
    yield (
        f"{counted(items, 'usable question')} with {counted(images, 'image')}, "
        f"{counted(instances, 'instance')} to ask; "
        f"{counted(refused, 'record or instance', 'records or instances')} quarantined."
    )
    shown, others = forecast["refused"][:MOST_REASONS], forecast["refused"][MOST_REASONS:]
    for row in shown:
        yield f"  {row['n']:,} x {row['reason']} ({row['stage']})"
    if others:
        yield f"  {sum(row['n'] for row in others):,} x {counted(len(others), 'other reason')}"
    if refused:
        yield f"  Each with its place in the file: {quarantine}"
    for name, cost in forecast["endpoints"].items():
        yield from _cost_lines(name, cost, forecast.get("unfair") or {})
    for name, one in (forecast.get("leaving") or {}).items():
        yield f"Leaves the site: {name} sends to {one['to']} {one['sent']}."
        if not one["agreed"]:
            yield (
                f"  Not agreed to yet: nothing is sent before models.{name}.data_leave_the_site is true, or false "
                "where the address is the site's own."
            )


def _cost_lines(name: str, cost: Row, unfair: Mapping[str, int]) -> Iterator[str]:
    images = "" if cost["image_tokens"] is None else f" {cost['image_tokens']:,} of images,"
    on_top = "images and retries come on top" if cost["image_tokens"] is None else "retries come on top"
    yield (
        f"Cost of {name}: {_calls(cost)}, each with an image; at most about {cost['text_tokens']:,} tokens of text "
        f"read,{images} and {cost['new_tokens']:,} written ({_text_rule(on_top)})."
    )
    yield from _money_lines(cost)
    for condition, own in cost["conditions"].items():
        money = f", {_money(own['money'], cost)}" if own["money"] is not None else ""
        yield (
            f"  {condition}: {counted(own['instances'], 'instance')}, {_calls(own)}{money}: {purpose_of(condition)}."
        )
        if n := unfair.get(condition):
            yield (
                f"    {n:,} of these questions are not fair with their right option hidden, and no finding of an "
                f"audit is about them: `{condition}: {{of: nota_valid}}` leaves them out."
            )
    yield from _limits(cost)


def _text_rule(on_top: str) -> str:
    return f"4 characters a token; {on_top}"


def _calls(cost: Row) -> str:
    few, most = cost["fewest_calls"], cost["most_calls"]
    calls = f"{most:,}" if few == most else f"{few:,} to {most:,}"
    return f"{calls} {'call' if most == 1 else 'calls'}"


def _money(amount: float, cost: Row) -> str:
    return f"{amount:,.2f} {cost['currency']}".strip()


def _money_lines(cost: Row) -> Iterator[str]:
    if cost["money"] is None:
        return
    about = "that text" if cost["image_tokens"] is None else "all that"
    yield f"  By price_per_million: at most {_money(cost['money'], cost)} for {about}; retries come on top."
    if cost["image_tokens"] is None and cost["images_sent"]:
        hundred = 100 * cost["images_sent"] * cost["input_price"] / 1e6
        yield (
            f"  Images come on top: for each 100 tokens that an image takes, at most {_money(hundred, cost)}. The "
            "canary measures how many it takes; write them to image_tokens, and they are counted here."
        )


def _limits(cost: Row) -> Iterator[str]:
    tokens = cost["text_tokens"] + (cost["image_tokens"] or 0) + cost["new_tokens"]
    for limit, needed in (("max_calls", cost["most_calls"]), ("max_tokens", tokens)):
        if cost[limit] is not None and cost[limit] < needed:
            yield f"  Its {limit} of {cost[limit]:,} may end the run before everything is asked."
    if cost["max_cost"] is not None and cost["max_cost"] < (cost["money"] or 0):
        yield (
            f"  Its max_cost of {_money(cost['max_cost'], cost)} may end the run before everything is asked."
        )
