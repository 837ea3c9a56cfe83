"""Chinese: its answers in English terms, and what its questions ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from vqa_canary.sources.languages.chinese_terms import STILL, TERMS
from vqa_canary.sources.wording import normalise

_LONGEST = max(map(len, (*TERMS, *STILL)))
_BETWEEN = re.compile(r"[,;，；、/]|和|及|与|以及")
_YES = frozenset([
    "是", "是的", "对", "对的", "正确", "有", "有的", "存在",
    "包含", "包括", "可以", "能", "会", "yes", "true",
])  # fmt: skip
_NO = frozenset([
    "否", "不是", "不", "不对", "错", "错误", "没有", "没", "无",
    "不存在", "不包含", "不包括", "不可以", "不能", "不会", "no", "false",
])  # fmt: skip
_EXISTENCE = frozenset(["有", "有的", "存在", "没有", "没", "无", "不存在"])
_ASKS = re.compile(
    "(?:吗|(?<![什怎要])么)[?？。 ]*$|是否|是不是|有没有|有无|能否|可否|能不能|可不可以|会不会|对不对"
)
_WHICH = re.compile("哪一?(?:个|侧|种|边)")
_DENIED = re.compile("没有|不存在|没|无")
_LEAD = re.compile("^.*(是用|是|用|属于|显示)|^.*?(图片|图像|照片|图|片)(中|里|内|上)?的?")


@cache
def in_english(answer: str) -> str | None:
    """The answer in English terms, its parts with commas between; None where some of it is in no term of `TERMS`."""
    text, found, at = normalise(answer), list[str](), 0
    while at < len(text):
        term = _term_at(text, at)
        if term is not None:
            found.append(TERMS[term])
            at += len(term)
        elif gap := _BETWEEN.match(text, at):
            found.append(",")
            at = gap.end()
        elif text[at].isspace():
            at += 1
        elif number := re.compile(r"\d+").match(text, at):
            found.append(number[0])
            at = number.end()
        else:
            return None
    return re.sub(r"\s*,\s*", ", ", " ".join(filter(None, found))).strip(" ,") or None


def known_terms(question: str) -> str:
    """The English terms of a question, one after the other, without what is in no term."""
    text, found, at = normalise(question), list[str](), 0
    while at < len(text):
        still = next((word for word in STILL if text.startswith(word, at)), None)
        term = None if still else _term_at(text, at)
        if term and TERMS[term]:
            found.append(TERMS[term])
        at += len(still or term or text[at])
    return " ".join(found)


def verdict_of(question: str, answer: str) -> bool | None:
    """Whether an answer says yes to a Chinese question; None where it does neither, or where that is not clear.

    Answers repeat the verb or the adjective of the question: `包含` and `不包含`, `正常` and `不正常`. To a question
    that denies (`没有异常吗?`) `没有` may be meant either way.
    """
    asked, said = normalise(question), normalise(answer)
    if not _ASKS.search(question.strip()):
        return None
    if said in _YES | _NO:
        # `有没有` asks and does not deny, so it is taken out before a denial is looked for.
        if said in _EXISTENCE and _DENIED.search(asked.replace("有没有", "").replace("有无", "")):
            return None
        return said in _YES
    bare = said.removeprefix("不")
    # A single character repeats something of almost every question.
    if len(bare) < 2:
        return None
    # The question asks for what is denied (`不正常吗?`), and the answer repeats it: that is a yes.
    if bare != said and said in asked:
        return True
    if f"不{bare}" in asked:
        return False if bare == said else None
    return bare == said if bare in asked else None


def choices_of(question: str, answer: str) -> tuple[str, ...] | None:
    """The options of a question such as `横断面还是冠状面?` or `肺、心脏和肝脏哪个更大?`, if the answer is one of them.

    The choices are known terms, or texts of one length (`良性还是恶性`): so none holds a part of the question.
    """
    body, wanted = question.strip().rstrip("?？。 "), normalise(answer)
    for choices in _readings(body):
        folded = [normalise(choice) for choice in choices]
        alike = len({len(choice) for choice in choices}) == 1 or all(map(in_english, choices))
        if alike and all(folded) and wanted in folded and len(set(folded)) == len(folded) > 1:
            return tuple(choices)
    return None


def _readings(body: str) -> Iterator[list[str]]:
    """Ways to cut the choices out of a question, the likeliest first."""
    lists = []
    if len(parts := re.split("还是|或者?是?", body)) > 1:
        first = re.split("[,，:：]", parts[0])[-1]
        lists.append([*first.split("、"), *parts[1:]])
    if len(parts := _WHICH.split(body)) > 1:
        lists.append(re.split("、|和|,|，", parts[0]))
    for head, *middle, last in (one for one in lists if len(one) > 1):
        for tail in (_WHICH.split(last)[0], last.split("的")[0]):
            choices = [_LEAD.sub("", head), *middle, tail]
            yield [one.strip().removesuffix("的").removesuffix("加权") for one in choices]


def _term_at(text: str, at: int) -> str | None:
    """The longest term that begins at a place."""
    # The longest term at each place wins: `左上部` before `左`.
    for length in range(min(_LONGEST, len(text) - at), 0, -1):
        if (part := text[at : at + length]) in TERMS:
            return part
    return None
