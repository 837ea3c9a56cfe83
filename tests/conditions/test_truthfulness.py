"""What a condition calls right follows from the item, whatever the condition is called."""

from __future__ import annotations

import pytest
from tests.conditions.test_presentation import item

from vqa_canary.conditions.registration import Shown
from vqa_canary.conditions.truthfulness import refuse_untrue
from vqa_canary.errors import BadInput
from vqa_canary.rows import NOTA

ITEM = item(3)  # of Lung, Heart, Liver and Brain the second is right
OWN = ITEM.options


@pytest.mark.parametrize(
    "shown",
    [
        Shown(OWN, 1),
        Shown(("Heart", "Lung", "Brain", "Liver"), 0),
        Shown(("Lung", NOTA, "Liver", "Brain"), 1, nota_index=1),
        Shown(("Lung", "Heart", NOTA, "Brain"), 1, nota_index=2),
        Shown((*OWN, NOTA), 1, nota_index=4),
        Shown(("Lung", "Liver", "Brain"), None),
        Shown(("Pulmo", "Cor", "Hepar"), 1),  # in other words: nothing to hold it against
    ],
)
def test_what_follows_from_the_item_passes(shown: Shown) -> None:
    refuse_untrue("clean", ITEM, shown)


@pytest.mark.parametrize(
    ("shown", "fault"),
    [
        (Shown((*OWN, NOTA), 4, nota_index=4), "says that 'None of the above' is right, but"),
        (Shown((*OWN, NOTA), 1), "does not say where; give `Shown.nota_index`"),
        (Shown(OWN, 2), "says that another option is right, but the item's right option is on the list"),
        (Shown(("Lung", "Liver", "Brain"), 1), "a wrong one of the item"),
        (Shown(OWN, None), "no option is right, but the item's right option is on the list"),
        (Shown(OWN, 4), "`Shown.answer_index` is 4, and there are 4 options"),
    ],
)
def test_what_contradicts_the_item_is_refused_with_condition_and_item(shown: Shown, fault: str) -> None:
    with pytest.raises(
        BadInput, match=r"condition 'clean' \(.*clean\.py:\d+\), item d/item3, .*qid 3: "
    ) as caught:
        refuse_untrue("clean", ITEM, shown)
    assert fault in str(caught.value)
    assert not any(text in str(caught.value) for text in (*OWN, ITEM.question))
