"""SLAKE in two languages: what its questions ask and its answers say, in terms of the English part's families."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from vqa_canary.quoting import quoted
from vqa_canary.sources.languages import CHINESE, ENGLISH, QuestionLanguage
from vqa_canary.sources.multiple_choice import Unfair, closed_options
from vqa_canary.sources.slake_questions import FAMILIES, Family, family_of, spelled, system_of
from vqa_canary.sources.wording import normalise, tidy

Code = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class SlakeRules:
    """How SLAKE's records of one language are read."""

    language: QuestionLanguage
    written: Callable[[str, str], str]
    """Writes an answer as an option, given its question."""
    closed_options: Callable[[str, str], tuple[str, ...]]
    """Gives the options that a closed question offers; raises `Unfair` where its answer is none of them."""
    family_of: Callable[[str], Family]
    system_of: Callable[[str], str | None]
    """Gives the English name of the organ system that a question of the family `system` asks about; None for other
    questions."""
    question_terms: Callable[[str], str]
    """Puts into English terms what a question names, and whether it asks what the image contains or if that is
    normal."""

    def terms(self, answer: str) -> str:
        """The answer put into English terms.

        Raises
        ------
        Unfair : it has others
        """
        known = self.language.terms(answer) if self.language.terms else None
        if known is None:
            raise Unfair(
                f"the answer {quoted(answer)} is in none of the {self.language.called} terms that are known, so that "
                "what means the same cannot be told"
            )
        return known

    def knows(self, answer: str) -> bool:
        """Whether the answer can be put into English terms."""
        return self.language.terms is not None and self.language.terms(answer) is not None


def _written_in_english(question: str, answer: str) -> str:
    del question
    return tidy(spelled(answer))


def _same(question: str) -> str:
    return question


_CHINESE_FAMILIES: dict[str, str] = {
    "harm": "多大的伤害",
    "treatment": "如何治疗|怎么治疗|怎样治疗",
    "prevention": "预防",
    "cause": "病因|原因",
    "symptom": "症状",
    "weighting": "加权|权重|(核磁共振|mri)的(哪种|什么)类型",
    "modality": "成像方式|怎么拍|类型的(医学)?(图像|成像)|模态",
    "plane": "平面",
    "vague count": "(多少|几)(个|种)?(器官|异常|疾病|病变)",
    "count": "多少|几个",
    "density": "密度",
    "color": "颜色",
    "shape": "形状",
    "disease": "(哪些|什么|哪种)疾?病|疾病是什么",
    "system": "哪(个|些)器官属于.*系统",
    "function": "功能|作用|用来做什么|用途",
    "region": "器官系统|身体的?(哪个|什么)(部分|部位)|整个身体|身体里代表|展示的位置",
    "outermost organ": "(最大|最左侧|最右侧|最左边|最右边)的?(器官)?",
    "side": "哪一?(侧|个?叶|半球)",
    "place of disease": "(异常|病变|水肿|瘤|肿块|结节|肺炎|气胸|肺不张|积液|浸润|肥大).*(在哪|位置|哪个部位|哪里)",
    "place": "在哪|哪里|(哪个|什么)位置",
    "look": "^(图中|图片中|图像中)?哪一?个是",
    "organ": "器官|组织|部分|脉络|黑色|灰色|白色",
}
"""For each family the pattern that is searched in a normalised Chinese question; the order is that of `FAMILIES`."""

_SYSTEMS = {
    "呼吸": "respiratory", "消化": "digestive", "神经": "nervous", "循环": "circulatory", "泌尿": "urinary",
    "淋巴": "circulatory", "感觉": "nervous", "生殖": "reproductive", "内分泌": "endocrine",
}  # fmt: skip
_CONTAINS = re.compile("包含|包括|存在|出现|有没有|是否有|[里中]有|多少")
_JUDGES = re.compile("异常|正常|健康|病人|患者|观察")


def _chinese_family(question: str) -> Family:
    text = normalise(question)
    for family in FAMILIES:
        pattern = _CHINESE_FAMILIES.get(family.name)
        if pattern and re.search(pattern, text):
            return family
    return Family(text, asks="")


def _chinese_system(question: str) -> str | None:
    found = re.search("属于(.*?)系统", normalise(question))
    return next((english for name, english in _SYSTEMS.items() if found and name in found[1]), None)


def _chinese_terms(question: str) -> str:
    """The English terms of a question, with the words by which `ImageFacts` tells what a question asks."""
    asks = " contain" if _CONTAINS.search(question) else ""
    judges = " abnormal" if _JUDGES.search(question) else ""
    return CHINESE.gist(question) + asks + judges


def _written_in_chinese(question: str, answer: str) -> str:
    says_yes = CHINESE.says_yes(question, normalise(answer))
    if says_yes is not None:
        return CHINESE.yes_no[0 if says_yes else 1]
    return re.sub(r"\s*[,，]\s*", "，", " ".join(answer.split()))


def _closed_in_chinese(question: str, answer: str) -> tuple[str, ...]:
    if answer in CHINESE.yes_no:
        return CHINESE.yes_no
    if CHINESE.choices is not None and (choices := CHINESE.choices(question, answer)):
        return choices
    raise Unfair(f"the closed question does not offer its recorded answer {quoted(answer)}")


RULES: dict[Code, SlakeRules] = {
    "en": SlakeRules(ENGLISH, _written_in_english, closed_options, family_of, system_of, _same),
    "zh": SlakeRules(
        CHINESE, _written_in_chinese, _closed_in_chinese, _chinese_family, _chinese_system, _chinese_terms
    ),
}
"""The rules for each language of a record, as its field `q_lang` gives it."""
