"""What a swap of images does to answers and to confidence: whether a model goes with the image that it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.estimate import Estimate, undefined
from vqa_canary.statistics.means import mean_estimate
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vqa_canary.evaluation.cell import Cell

SWAP = "image_swap_pair"
"""The condition that shows the image of an item with the same question and another right answer."""


def kept_share(clean: Cell, swapped: Cell) -> Estimate:
    """Of the answers right when clean, the share that stays the same though the swap has made it wrong: 0 to 1.

    The others went with the image, to its right answer or to a third one, or named none. `accuracy` under the swap
    tells how many went where they should.

    Parameters
    ----------
    clean, swapped : the same items; the clusters of `swapped` count, which join the images of each pair
    """
    risk = (clean.correct == 1) & ~np.isnan(swapped.correct) & ~np.isnan(clean.choice)
    kept = swapped.choice[risk] == clean.choice[risk]
    if not risk.any():
        return undefined("no answer that is right when clean was given with the swapped image, too")
    return proportion(kept, swapped.images[risk])


def swap_sensitivity(clean: Cell, swapped: Cell) -> Estimate:
    r"""Does confidence fall when the swap makes the answer wrong?

    .. math:: S = \frac{1}{n} \sum_{i=1}^{n} \left( [u'_i > u_i] + \tfrac12 [u'_i = u_i] \right)

    over the n items answered rightly when clean and wrongly with the swapped image, with the uncertainties u when clean
    and u' with the swap: the share of them of which the method is less sure now. 1: of all; .5: as often less as more
    sure, so the uncertainty does not notice that the answer has become wrong; 0: surer of each of them.

    Only the order of the two uncertainties of an item counts, so S is the same for every increasing function of a
    method. Answers that go with the image are left out: a model has every reason to be as sure of them as before.

    The units of the interval are the *pairs* of images. The items about either image of a pair are shown with the other
    one, so all of them rest on the same two images; images are paired one to one, so no items outside the pair do. The
    interval is that of a mean over clusters: see `Mean`.

    Parameters
    ----------
    clean, swapped : the same items; the clusters of `swapped` count, which join the images of each pair

    Returns
    -------
    0 to 1; null where no answer became wrong or the method has no value for any that did

    References
    ----------
    After "DualRead" (arXiv:2609.06419), which asks whether confidence falls when the image is swapped and the answer
    becomes wrong. The share in order of pairs within items, ties
    counted half, is what the sign test is about: Dixon & Mood (1946), The Statistical Sign Test.
    """
    wrong = (clean.correct == 1) & (swapped.correct == 0)
    known = wrong & ~np.isnan(clean.uncertainty) & ~np.isnan(swapped.uncertainty)
    if not wrong.any():
        return undefined("no answer that is right when clean is wrong with the swapped image")
    if not known.any():
        return undefined("no uncertainty of an answer that the swap makes wrong")
    return mean_estimate(
        _less_sure(clean.uncertainty[known], swapped.uncertainty[known]), swapped.images[known], 0.0, 1.0
    )


def _less_sure(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 where uncertainty rose, 0 where it fell, one half where it stayed, item by item."""
    return np.asarray((1 + np.sign(after - before)) / 2)
