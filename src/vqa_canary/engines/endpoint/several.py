"""Whether an endpoint sees all images of a question that shows several: some servers drop all but one."""

from __future__ import annotations

from vqa_canary.engines.endpoint.comparison import compare_images
from vqa_canary.engines.endpoint.failures import BudgetSpent, CallFailed
from vqa_canary.engines.endpoint.requests import SeveralUrls
from vqa_canary.engines.endpoint.sight import Sight
from vqa_canary.engines.endpoint.standing import Standing


def look_at_several(sight: Sight, standing: Standing, shown: SeveralUrls) -> str:
    """Whether all images of a question are seen: `told apart`, `cannot tell: `, `NOT told apart: ` or `refused: ` with
    the reason.

    One question is asked twice with its images, then with another first one, with another last one, and as it was. A
    server that drops images keeps the first ones or the last ones.
    """
    top, depth = standing.top_logprobs, standing.depth
    n = len(shown.own)
    try:
        first, again, other_first, other_last, last = (
            sight.greedy(urls, top, depth)
            for urls in (shown.own, shown.own, shown.other_first, shown.other_last, shown.own)
        )
    except CallFailed as error:
        return f"refused: {error}"
    except BudgetSpent as error:
        return f"cannot tell: {error}"
    drawn = not standing.dialect.temperature
    found = {
        f"image 1 of {n}": compare_images(first, again, other_first, last, drawn),
        f"image {n} of {n}": compare_images(first, again, other_last, last, drawn),
    }
    for kind in ("NOT told apart", "cannot tell"):
        for image, told in found.items():
            if told.startswith(kind):
                return f"{kind}: {image} was replaced, and {told.partition(': ')[2]}"
    return "told apart"
