"""Tables and files of which kedro-viz shows no preview."""

from __future__ import annotations

from typing import Any


class Unshown:
    """Takes away the preview of one of Kedro's datasets, before which it stands among the base classes.

    kedro-viz shows previews to whoever opens its page, and a table or file may quote questions. So nothing is shown but
    what a class in `vqa_canary.viz.previews` picks out.
    """

    @property
    def preview(self) -> Any:
        """There is none, which is what `hasattr` finds."""
        raise AttributeError("preview")
