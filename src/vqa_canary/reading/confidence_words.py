"""Words and numbers by which a text states a confidence, and those that make a number something else."""

from __future__ import annotations

import re

SURE = (
    r"(?:(?:sure|certain(?:ty)?|confiden(?:t|ce)|sicher(?:heit)?|überzeugt|konfidenz|sûre?|certaine?|certitude|"
    r"confiance|segur[oa]|seguridad|confianza|certeza)(?!\w)|把握|置信度?|信心|确定|自信|肯定)"
)
"""Words that say that the number beside them is a confidence."""
SURE_BEHIND = re.compile(
    rf"[\"')]{{0,2}} ?(?:(?:of|de) )?的?{SURE}(?! ?(?:interval|band|limit|bound|range|region|区间))"
)
PLAIN_WORDS = re.compile(
    rf"(?:[\s\d.,:;!%/()\"'=~\u2248-]|(?<![a-z\u00e0-\u00ff])(?:{SURE}|i|i'd|i'm|it|it's|am|is|would|say|give|put|"
    r"rate|estimate|guess|a|an|the|my|this|that|there|there's|of|as|at|in|to|on|with|for|and|about|around|roughly|"
    r"approximately|level|score|rating|value|percent|out|points?|answer|choice|option|response|right|correct|"
    r"probab(?:le|ly|ility)|likel(?:y|ihood)|chance|very|quite|pretty|high|overall|be|being|[b-d]|"
    r"wahrscheinlichkeit|ich|bin|mir|zu|meine?r?|die|der|antwort|richtig|ist|dass|mit|einer|von|prozent|probabilité|"
    r"probabilidad|je|suis|à|de|ma|la|le|est|une|que|réponse|correcte?|juste|pour|cent|estoy|mi|es|una|un|con|"
    r"respuesta|por|ciento)(?![a-z\u00e0-\u00ff])"
    r"|我|对|有|大约|大概|约|的|概率|可能性?|是|为|左右|答案|正确|这个|分|[\u3002\uff0c]){0,400}"
)
"""All words of a sentence that speaks of no more than an answer and how sure it is."""
OF_SURENESS = re.compile(
    rf"(?<!\w){SURE}|(?<!\w)(?:probab(?:le|ly|ility)|likel(?:y|ihood)|chance|rate|estimate|guess|"
    r"i(?:'d| would)? (?:say|give|put)|wahrscheinlichkeit|probabilité|probabilidad)(?!\w)"
    r"|[\u4e00-\u9fff](?:把握|信心)|概率|可能"
)
TURNED = re.compile(
    r"(?<!\w)(?:lack\w{0,20}|loss|drop\w{0,20}|un(?:certain\w{0,20}|sure|confiden\w{0,20}|likel\w{0,20}|sicher\w{0,20}|wahrscheinlich\w{0,20}|gewiss\w{0,20})|improba\w{0,20}|errors?|"
    r"errone\w{0,20}|wrong\w{0,20}|incorrect\w{0,20}|mistake\w{0,20}|false\w{0,20}|fail\w{0,20}|doubt\w{0,20}|inaccura\w{0,20}|misdiag\w{0,20}|incert\w{0,20}|"
    r"insegur\w{0,20}|fehler\w{0,20}|irr\w{0,20}|falsch\w{0,20}|zweifel\w{0,20}|erreurs?|faux|fausse|doute\w{0,20}|tromp\w{0,20}|equivoc\w{0,20}|"
    r"duda\w{0,20}|fals[oa]|inexact\w{0,20}|insûr\w{0,20}|intervall?e?s?|intervalos?|ci)(?!\w)|不确定|不可能|不太|不肯定|错|误|怀疑|区间"
)
"""Words of how unsure something is, or of an interval: its number is not, or may not be, a confidence."""
SUPPOSED = re.compile(
    r"(?<!\w)(?:if|unless|suppos\w{0,20}|were|had|would (?:have )?be(?:en)?|(?:i|it|that)'d (?:have )?be(?:en)?|could|"
    r"should|might|wish|wenn|falls|wäre\w{0,20}|würde\w{0,20}|hätte\w{0,20}|könnte\w{0,20}|was|si|serais|serait|aurais|estaría|sería|"
    r"hubiera|tuviera)(?!\w)|如果|若|假如|要是|除非"
)
DENIED = re.compile(
    r"(?<!\w)(?:not|never|no|nor|neither|nobody|none|nothing|cannot|without|barely|hardly|scarcely|nowhere|nicht|"
    r"kein\w{0,20}|niemand|kaum|nie|ne|pas|aucun\w{0,20}|personne|jamais|nadie|nunca|ningun\w{0,20}|apenas|sin|tampoco)(?!\w)"
    r"|n't(?!\w)|(?<!\w)n'|à peine|(?<!\w)sans(?!\w)|不|没|無|无|非|未|谁|难"
)
OF_PROBABILITY = re.compile(
    r"(?<!\w)(?:probability|probabilité|probabilidad|wahrscheinlichkeit|p)(?!\w)|概率"
)
LED = re.compile(
    r"(?:\A|[\n.,:;!{\"'(]|(?<!\w)(?:my|the|overall|answer|final|with|and|a|meine|mit|ma|mi|la|le)) ?"
    r"(?:confidence|certainty|konfidenz|sicherheit|confiance|certitude|confianza|"
    r"certeza|置信度|信心|把握)"
    r"(?: (?:level|score|rating|value|estimate))?[\"')]? ?(?:is|of|at|ist|est|es|von|de)?[ :=是为约(\n]{0,3}"
    r"(?:about |around |approximately |roughly |~ ?|大约)?[\"']?\Z"
)
BEFORE_REFUSED = re.compile(
    r"(?:(?<!\w)(?:not|n't|never|no|over|above|below|under|less than|more than|greater than|fewer than|"
    r"lower than|higher than"
    r"|at least|at most|up to|minimum(?: of)?|maximum(?: of)?|exceed(?:s|ing)?|between|from|nicht|über|"
    r"unter|mindestens"
    r"|höchstens|pas|plus de|moins de|más de|menos de|al menos)(?: \w{1,8})? ?|[a-z]n't (?:\w{1,9} ){0,2}|"
    r"[<>\u2264\u2265\u00b1^$#] ?"
    r"|(?:超过|不到|至少|至多|低于|高于|不是|不) ?)\Z"
)
UNIT = re.compile(
    r" ?(?:(?P<percent>%|percent(?!\w)|per cent(?!\w)|pct(?!\w)|prozent(?!\w)|pour ?cent(?!\w)|por "
    r"ciento(?!\w))"
    r"|(?:/|\(? ?out of|of|von|sur|de) ?(?P<whole>100|10|5|1|ten|(?:a |one )?hundred)(?![\w.,]?\d)\)?)"
)
NUMBER = re.compile(r"(?<![0-9a-z_.,/])(?:[0-9]{1,3}(?:[.,][0-9]{1,6})?|\.[0-9]{1,6})(?![0-9])")
ANY_DIGITS = re.compile(r"(?:(?<![\w.])\.)?[0-9][0-9.,]{0,40}")
THOUSANDS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
"""May be thousands or a decimal: `85.000`."""
BOUND_BEHIND = re.compile(
    r"\+| ?/ ?[0-9]| ?(?:-|to|bis|à|or|\u00b1|到|至|~) ?[0-9一二三四五六七八九十百]|"
    r"e[0-9]|th(?!\w)|[多几余]| ?(?:以|点|上下|或)"
)
"""A bound, a range: "90+", "80 to 90"."""
MEASURES = re.compile(
    r" of (?!certainty|confidence|the time|being)(?:the|a|all|my|its|\w)| ?(?:cm|mm|ml|years?|nodules?|"
    r"lesions?|times)(?!\w)"
)
"""What makes a number the measure of something else: "30 % of the lung", "3 cm"."""
SCALE = re.compile(
    r"(?:on|in|auf|sur|en) (?:a |an |the |einer |une )?(?:scale|skala|échelle|escala)(?: (?:of|from|"
    r"between|von|de))? ?\(?(?:0|1|zero|one) ?(?:to|-|and|bis|à|a) ?(?P<top>100|10|1)\)?"
    r"|\(?(?:from|between|range:?)? ?(?<![\w.])0 ?(?:to|-|and|\u2013) ?(?P<plain>100|10|1(?:\.0)?)"
    r"(?![\w.,%])( scale)?\)?"
)
SMALL = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
}
TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
WORDS = re.compile(
    rf"(?<!\w)(?:(?:one |a )?hundred|(?:{'|'.join(TENS)})(?:[- ](?:{'|'.join(list(SMALL)[1:10])}))?|"
    rf"{'|'.join(SMALL)})(?!\w)"
)
CHINESE = re.compile(
    r"百分之(?P<percent>[一二三四五六七八九十百两零]{1,4})|(?P<tenths>[一二三四五六七八九])成(?![\w])"
)
PLAIN_CHINESE = re.compile(
    r"(?:我|对|有|大约|大概|约|的|概率|可能性?|是|为|左右|答案|正确|这个|把握|置信度|信心|确定|自信|肯定|[\s.,:\"'()\uff0c]){0,60}"
)
"""What may stand beside a number in Chinese words; another number, a bound or another thing may not."""
BARE = re.compile(
    r"(?:(?:about|around|approximately|approx\.?|roughly|maybe|nearly|almost|circa|etwa|ungefähr|environ|"
    r"aproximadamente|~|\u2248|大约|大概|约|我?有|[\"'(]|i(?:'d| would) say|it is|it's|i am|i'm|answer|value|number|"
    r"score|rating)"
    r"[:,]? ?){0,3}\Z"
)
ASKED_FOR = re.compile(
    r"\A(?:if (?:i|you) (?:had|have) to (?:guess|say|estimate|give a number|put a number on it),? "
    r"|\(?[a-j]\)?(?:,| \() ?(?=[0-9]{1,3}(?:[.,][0-9]{1,2})? ?%\)?[.]?\Z))"
)
"""Before a number that is all of an answer: a bow to the question, or the option it is said of: "B (85%)"."""
MOST_NUMBERS = 30
"""A text with more numbers is no statement of how sure it is."""
AGAIN = re.compile(
    r"(?:(?<!\w)(?:or|maybe|perhaps|possibly|rather|now|actually|then|and|oder|vielleicht|ou|peut-être|o|quizás)"
    r"|[,;/]|或|也许)[ :]?(?:rather |maybe |about )?\Z"
)
"""What stands before a second number that takes back the first."""
REST = re.compile(r" ?(?:sure|certain|confident|points?|分|左右|sicher|or so)?[\s.!)\]\"']{0,4}\Z")
BEHIND = re.compile(r"(?:\.(?=\s|\Z)|,(?= )|;|\n| ?-(?= )|\u2014| because| since| as )")
