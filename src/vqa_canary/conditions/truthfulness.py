"""Whether what a condition calls right follows from the item: claims and accuracies rest on that."""

from __future__ import annotations

from vqa_canary.conditions.registration import CONDITIONS, Shown
from vqa_canary.errors import BadInput
from vqa_canary.rows import NOTA, UNLABELLED, Item


def refuse_untrue(name: str, item: Item, shown: Shown) -> None:
    """Refuse what contradicts the item. Options in other words cannot be held against it, and pass.

    Raises
    ------
    BadInput : names the condition, where it is defined, and the item; no text of the item is quoted
    """
    if fault := _fault(item, shown):
        raise BadInput(
            f"condition {name!r} ({CONDITIONS.place(name)}), item {item.dataset}/{item.item_id}, source_id "
            f"{item.source_id}: {fault}. Mend the condition."
        )


def _fault(item: Item, shown: Shown) -> str | None:
    if item.answer_index is UNLABELLED:
        return (
            None
            if shown.answer_index is None
            else "it says that an option is right, and the item does not say which"
        )
    right, options = item.options[item.answer_index], shown.options
    if NOTA in options and NOTA not in item.options and shown.nota_index is None:
        return f"it offers {NOTA!r} and does not say where; give `Shown.nota_index`"
    if shown.answer_index is None:
        return "it says that no option is right, but the item's right option is on the list" * (
            right in options
        )
    if not 0 <= shown.answer_index < len(options):
        return f"`Shown.answer_index` is {shown.answer_index}, and there are {len(options)} options"
    called_right = options[shown.answer_index]
    if called_right != right and right in options:
        what = f"{NOTA!r}" if shown.answer_index == shown.nota_index else "another option"
        return f"it says that {what} is right, but the item's right option is on the list"
    if called_right != right and called_right in item.options:
        return "it says that an option is right which is a wrong one of the item"
    return None
