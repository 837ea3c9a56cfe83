"""Reading what a model said: an option, a confidence, True or False, or nothing. Pure text, no model, no file.

One reader for local, endpoint and recorded answers, greedy and sampled. A wrong reading is worse than none.
"""

from vqa_canary.reading.confidence import read_confidence
from vqa_canary.reading.names import begins_a_name
from vqa_canary.reading.option import read_option
from vqa_canary.reading.outcome import OptionRead
from vqa_canary.reading.shapes import shape_of
from vqa_canary.reading.thinking import answer_part
from vqa_canary.reading.truth import read_truth

__all__ = [
    "OptionRead",
    "answer_part",
    "begins_a_name",
    "read_confidence",
    "read_option",
    "read_truth",
    "shape_of",
]
