"""One writer a study: a second `kedro run` of the same study ends, or waits, and says who writes. Several workers of
the pipeline `inference` are one writer together.

Kedro's hook takes the lock before anything is written or tracked. See "One run at a time" in docs/tables.md.
"""

from vqa_canary.locking.hook import LockHook, RefusedRunHook

__all__ = ["LockHook", "RefusedRunHook"]
