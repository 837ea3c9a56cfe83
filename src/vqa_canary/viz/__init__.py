"""What kedro-viz shows: the pipelines in groups, previews of results, and how the last run went.

The only importer of kedro_viz, which need not be installed.
"""

from vqa_canary.viz.grouping import grouped, is_drawing
from vqa_canary.viz.network import show_own_page
from vqa_canary.viz.status import viz_hooks

__all__ = ["grouped", "is_drawing", "show_own_page", "viz_hooks"]
