"""English and Chinese: the languages for which distractors can be invented."""

from __future__ import annotations

import re

from vqa_canary.sources.languages.chinese import choices_of, in_english, known_terms, verdict_of
from vqa_canary.sources.languages.language import QuestionLanguage

ENGLISH = QuestionLanguage(
    code="en",
    called="English",
    words=frozenset(
        # Forty words in quotes, which ruff asks for here, would fill forty lines that nobody reads.
        "a an and any are can did do does had has have how image in is many much of on picture shown that the there "  # noqa: SIM905
        "these this those to was were what when where which who why with".split()
    ),
    yes=frozenset({"yes", "true"}),
    no=frozenset({"no", "false"}),
    terms=str,
)
"""English, whose questions are read by `closed_options` and `why_unfair`, and its answers by `overlap`."""

CHINESE = QuestionLanguage(
    code="zh",
    called="Chinese",
    letters=re.compile("[\u3400-\u4dbf\u4e00-\u9fff]"),
    yes_no=("是", "否"),
    verdict=verdict_of,
    asks_yes_no=re.compile(
        "(?:吗|(?<![什怎要])么)[?？。 ]*$|是否|是不是|有没有|有无|能否|可否|能不能|可不可以|会不会|对不对"
    ),
    choices=choices_of,
    terms=in_english,
    gist=known_terms,
    speaks_of_others=re.compile(
        "(以上|上述|其他)?(选项)?(都|均|全|皆)(不|没|非|无).*|(以上|上述)(选项)?(都|均|全|皆).*|.*(皆|都|均)(是|对|错|正确)"
        "|(没有|无)正确(答案|选项)|无|没有"
    ),
)
"""Chinese, whose answers are put into English terms by `TERMS` and then judged as English ones are."""
