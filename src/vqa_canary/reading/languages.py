"""Words by which a language joins, denies, doubts and asks: one row a language.

Every word is written as `str.casefold` gives it, and may be a regular expression without unbounded repeats.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache


@dataclass(frozen=True, slots=True)
class Language:
    """What the reader needs to know of a language beside its rules (see `rules.py`)."""

    name: str
    articles: tuple[str, ...]
    """Stand before an option's text, or before its letter, and change nothing."""
    nouns: tuple[str, ...]
    """What an option is called, before its letter: `option B`."""
    joins: tuple[str, ...]
    """Put a second option beside the first: `B and C`."""
    alternatives: tuple[str, ...]
    """Leave open which of two: `B or C`."""
    negations: tuple[str, ...]
    """Before an option, deny it; in a sentence, make doubtful what it shows."""
    comparisons: tuple[str, ...]
    """In a sentence, name what is not meant: `next to the liver`."""
    conditions: tuple[str, ...]
    """Begin what is only supposed."""
    modals: tuple[str, ...]
    """Weaken a statement: `it might be B`."""
    continuers: tuple[str, ...]
    """May follow a letter that was named, so that it is not part of the next word."""
    headers: tuple[str, ...]
    """Begin an explanation of what was answered."""
    corrections: tuple[str, ...]
    """Take back what was said."""
    refusals: tuple[str, ...]
    """Refuse to answer, or say that it cannot be told."""
    spaced: bool = True
    """Whether words stand between spaces."""


LANGUAGES: tuple[Language, ...] = (
    Language(
        "English",
        articles=("the", "an?"),
        nouns=("options?", "choices?", "answers?(?: choices?| options?)?", "letter", "alternative"),
        joins=("and", "as well as", "plus", "along with", "&", r"\+"),
        alternatives=("or", "and/or", "vs", "versus"),
        negations=(
            *("not", "no", "cannot", "can't", r"\w{2,8}n't", "never", "neither", "nor", "without", "none"),
            *(
                "instead of",
                "rather than",
                "unlike",
                "except",
                "excluding",
                "excludes?",
                "rules? out",
                "unlikely",
            ),
            *(
                "absence",
                "absent",
                "lacks?",
                "free of",
                "negative",
                "ruled out",
                "other than",
                "against",
                "false",
            ),
            *("incorrect", "wrong", "least", "resembles?", "mimics?"),
        ),
        comparisons=(
            *(
                "adjacent",
                "next to",
                "near",
                "beside",
                "between",
                "behind",
                "above",
                "below",
                "beneath",
                "under",
            ),
            *(
                "compared",
                "than",
                "similar",
                "like",
                "versus",
                "vs",
                "or",
                "as opposed",
                "surround(?:s|ing|ed)",
            ),
            *(
                "close to",
                "left of",
                "right of",
                "apart from",
                "besides",
                "outside",
                "normally",
                "usually",
                "part of",
            ),
            *(
                "except",
                "but",
                "previous(?:ly)?",
                "history", "differential",
                "question",
                "whether",
                "asks?",
                "options?",
                "choices?",
            ),
        ),
        conditions=(
            "if",
            "unless",
            "suppose",
            "supposing",
            "assum(?:e|ing)",
            "imagine",
            "supposed to",
            "had",
            "were",
            "otherwise",
        ),
        modals=("might", "could", "may", "maybe", "perhaps", "possibly", "tempt(?:ed|ing)", "at first"),
        continuers=(
            *(
                "because",
                "since",
                "as",
                "which",
                "where",
                "while",
                "due",
                "given",
                "based",
                "here",
                "in",
                "from",
            ),
            *(
                "for",
                "is",
                "with",
                "rather",
                "instead",
                "not",
                "but",
                "and",
                "according",
                "considering",
                "whereas",
            ),
            *("on the basis", "by", "seems", "appears", "would", "so", "although", "though", "without", "i"),
        ),
        headers=(
            *("explanation", "rationale", "reasoning", "reasons?", "justification", "why", "because", "note"),
            *(
                "here",
                "the other",
                "other options",
                "analysis",
                "details",
                "let me",
                "this is because",
                "evidence",
            ),
            *(
                "incorrect",
                "wrong",
                "option analysis",
                "key points?",
                "discussion",
                "confidence",
                "the image",
                "in the",
            ),
        ),
        corrections=(
            "wait",
            "actually",
            "correction",
            "no",
            "sorry",
            "i mean",
            "scratch that",
            "hmm",
            "let me correct",
        ),
        refusals=(
            r"i(?:'m| am) sorry",
            r"(?:i|we) (?:can(?:'t|not| not)|am unable|are unable|do(?:n't| not) (?:know|have))",
            r"i(?:'m| am) (?:unable|not able|not sure|unsure)",
            r"(?:unable|impossible|not possible) to",
            r"cannot be (?:determined|answered|seen)",
            "as an ai",
            "please (?:provide|upload|consult)",
            "not (?:enough|sufficient) information",
            "insufficient",
            "unclear|unknown|uncertain|indeterminate",
        ),
    ),
    Language(
        "Chinese",
        articles=(),
        nouns=("选项", "选择", "答案"),
        joins=("和", "与", "及", "以及", "并且?", "、"),
        alternatives=("或者?", "还是", "或是"),
        negations=("不", "没", "无", "非", "未", "否", "排除", "错", "别", "而不是", "而非"),
        comparisons=(
            "旁",
            "附近",
            "相邻",
            "邻近",
            "之间",
            "以外",
            "除了",
            "或",
            "比",
            "类似",
            "好像", "很像",
            "周围",
            "选项",
        ),
        conditions=("如果", "若", "假如", "假设", "除非", "要是"),
        modals=("也许", "或许", "可能", "也?可以是"),
        continuers=(
            "项",
            "选项",
            "因",
            "由于",
            "即",
            "也",
            "这",
            "其",
            "故",
            "答案",
            "正确",
            "是正确",
            "为正确",
            "是因",
            "符合",
            "最",
            "不",
            "错",
            "都",
            "均",
            "排除",
            "可以",
        ),
        headers=("解析", "解释", "理由", "原因", "分析", "因为", "说明"),
        corrections=("不对", "更正", "等等", "不,", "修正"),
        refusals=("无法", "不能确定", "不知道", "抱歉", "对不起", "不确定"),
        spaced=False,
    ),
    Language(
        "German",
        articles=("der", "die", "das", "den", "dem", "des", "eine?[nmrs]?"),
        nouns=("option", "antwort(?:möglichkeit|option)?", "buchstabe", "auswahl", "möglichkeit", "lösung"),
        joins=("und", "sowie"),
        alternatives=("oder", "bzw", "beziehungsweise"),
        negations=(
            "nicht",
            "keine?[nmrs]?",
            "weder",
            "noch",
            "ohne",
            "ausser",
            "statt",
            "anstatt",
            "niemals",
            "falsche?",
        ),
        comparisons=(
            "neben",
            "nahe",
            "zwischen",
            "hinter",
            "über",
            "unter",
            "wie",
            "als",
            "ähnlich",
            "oder",
            "aber",
        ),
        conditions=("wenn", "falls", "sofern", "angenommen"),
        modals=("könnte", "vielleicht", "möglicherweise", "eventuell"),
        continuers=(
            "weil",
            "da",
            "denn",
            "ist",
            "wie",
            "aufgrund",
            "im",
            "in",
            "und",
            "nicht",
            "wählen",
            "nehmen",
            "sagen",
        ),
        headers=("erklärung", "begründung", "erläuterung", "denn", "weil"),
        corrections=("nein", "moment", "korrektur", "halt", "doch"),
        refusals=("es tut mir leid", "ich kann (?:nicht|keine?)", "kann nicht", "unklar", "leider"),
    ),
    Language(
        "French",
        articles=("le", "la", "les", "l'", "une?", "des", "du", "de la", "de l'"),
        nouns=("option", "réponse", "choix", "lettre", "proposition"),
        joins=("et", "ainsi que"),
        alternatives=("ou", "soit"),
        negations=(
            "pas",
            "ne",
            r"n'\w{1,9}",
            "non",
            "ni",
            "sans",
            "aucune?",
            "jamais",
            "sauf",
            "plutôt que",
            "au lieu de",
        ),
        comparisons=("près", "entre", "derrière", "comme", "que", "ou", "mais", "sous", "adjacent", "voisin"),
        conditions=("si", "à moins", "supposons"),
        modals=("pourrait", "peut-être", "peut être", "éventuellement"),
        continuers=(
            "car",
            "parce",
            "puisque",
            "est",
            "en",
            "dans",
            "comme",
            "et",
            "mais",
            "pas",
            "plutôt",
            "vu",
        ),
        headers=("explication", "justification", "raison", "car", "parce"),
        corrections=("non", "attendez", "correction", "en fait", "pardon"),
        refusals=("je suis désolée?", "désolée?", "je ne (?:peux|sais)", "impossible de"),
    ),
    Language(
        "Spanish",
        articles=("el", "la", "los", "las", "una?", "unos", "unas", "del"),
        nouns=("opción", "opcion", "respuesta", "alternativa", "letra", "elección"),
        joins=("y", "e", "así como"),
        alternatives=("o", "u"),
        negations=(
            "no",
            "ni",
            "sin",
            "ningún",
            "ningun[oa]",
            "nunca",
            "tampoco",
            "excepto",
            "en lugar de",
            "en vez de",
        ),
        comparisons=(
            "cerca",
            "entre",
            "detrás",
            "como",
            "que",
            "o",
            "pero",
            "junto",
            "adyacente",
            "bajo",
            "sobre",
        ),
        conditions=("si", "a menos", "supongamos"),
        modals=("podría", "quizás?", "tal vez", "posiblemente"),
        continuers=(
            "porque",
            "ya",
            "pues",
            "es",
            "en",
            "dado",
            "debido",
            "como",
            "y",
            "pero",
            "no",
            "puesto",
        ),
        headers=("explicación", "explicacion", "justificación", "razón", "razon", "porque"),
        corrections=("no", "espera", "corrección", "en realidad", "perdón"),
        refusals=("lo siento", "no (?:puedo|sé|es posible)", "imposible"),
    ),
)


@cache
def words(kind: str) -> str:
    """The words of a kind in all languages, as one regular expression; words of spaced languages stand alone."""
    if kind not in {one.name for one in fields(Language)}:
        raise KeyError(kind)
    spaced = [word for one in LANGUAGES if one.spaced for word in getattr(one, kind)]
    joined = [word for one in LANGUAGES if not one.spaced for word in getattr(one, kind)]
    ordered = "|".join(sorted(dict.fromkeys(spaced), key=len, reverse=True))
    parts = [rf"(?<!\w)(?:{ordered})(?!\w)"] if spaced else []
    return "(?:" + "|".join([*parts, *sorted(joined, key=len, reverse=True)]) + ")"
