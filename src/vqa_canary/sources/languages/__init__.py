"""What is known of each language that questions are written in: one table of rules a language, and which it is."""

from vqa_canary.sources.languages.detection import LANGUAGES, UNKNOWN, language_of
from vqa_canary.sources.languages.language import QuestionLanguage
from vqa_canary.sources.languages.written_alike import CHINESE, ENGLISH

__all__ = ["CHINESE", "ENGLISH", "LANGUAGES", "UNKNOWN", "QuestionLanguage", "language_of"]
