"""Answers that you have already, scored and judged in Python: no project, no model and no file is needed.

import pandas as pd
from vqa_canary.own_answers import score

scored = score(pd.read_csv("answers.csv"))
print(scored.aurocs())
print(scored.policy("label_nll", largest_error=0.1).sentence)
"""

from vqa_canary.own_answers.scored import ScoredAnswers, score

__all__ = ["ScoredAnswers", "score"]
