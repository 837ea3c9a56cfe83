"""A finished study is not made again while nothing that it rests on has changed, and what it made is still whole."""

from vqa_canary.finished.hook import FinishedHook, NothingChanged, by_command

__all__ = ["FinishedHook", "NothingChanged", "by_command"]
