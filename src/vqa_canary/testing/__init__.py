"""The checks that every UE method, condition, source and engine has to pass, for the tests of whoever writes one.

A plug-in's own test is one line: `check_ue_method("my_method")`. A check returns nothing where all is well and raises
`AssertionError`, with what is wrong in words, where it is not; an exception of the plug-in itself comes through whole,
with its traceback. The project holds every registered member, those of installed packages included, to the same checks.
"""

from vqa_canary.testing.conditions import check_condition
from vqa_canary.testing.engines import check_engine
from vqa_canary.testing.sources import check_source
from vqa_canary.testing.ue_methods import check_ue_method

__all__ = ["check_condition", "check_engine", "check_source", "check_ue_method"]
