"""The rules by which a sentence names an option: one row a wording, each with examples that a test reads.

A pattern is a regular expression over the text as `folding.py` gives it: small letters (as `str.casefold` makes
them), one space between words, a line end as `\\n`, no markup. It has no unbounded repeat (`*`, `+`), so that reading
takes time in proportion to the length of the text; a test looks at every pattern. To teach the reader a wording,
add a row here; to teach it a language, add a row to `languages.py` and its rules here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Place = Literal[
    "before",
    "before, weakly",
    "corrects",
    "after",
    "takes back",
    "denies before",
    "denies after",
    "shows",
    "shown",
    "none of the options",
]
"""Where the words stand, and what they do.

before : an option behind them is the answer ("the answer is B"), whatever was weighed before
before, weakly : as `before`, but for a letter only, as what stands there may be any word ("so B")
corrects : as `before, weakly`, also behind a denial ("not A, but B")
takes back : what was said before is no answer any more, until another follows
after : an option in front of them is the answer ("B is correct")
denies before, denies after : that option is not the answer
shows, shown : an option's text behind or in front of them is what the image shows; counted if no other is mentioned
none of the options : the whole sentence says that no option is right; names the option that says so, if there is one
"""

EXAMPLE_OPTIONS = ("Lung", "Liver", "Spleen", "None of the above")


@dataclass(frozen=True, slots=True)
class Rule:
    """One wording, and what it is read as."""

    name: str
    language: str
    place: Place
    pattern: str
    reads: tuple[tuple[str, str], ...]
    """Texts and the letter of the one of `EXAMPLE_OPTIONS` that each names."""
    refuses: tuple[str, ...] = ()
    """Texts that come close and name none."""


_IS = r"(?:is|was|would be|should be|must be|will be|has to be|appears to be|seems to be|=|would have to be)"
_SURE = (
    r"(?:(?:clearly|definitely|most likely|likely|probably|therefore|thus|indeed|simply|just|actually|really|then"
    r"|hence|best|also|in fact|as follows|the following|still|obviously|certainly|evidently|now|either) ?[,:]? ?)?"
)
_RIGHT = r"(?:correct|right|best|true|accurate|appropriate|suitable|likely|probable|final|proper|valid|consistent|fitting)"
_TO = r"(?: (?:to|for|of|in|among|from|here|based on|according to|given|that|which|option|choice)(?![a-z])[^.\n:;,?]{0,60}?)?"

RULES: tuple[Rule, ...] = (
    Rule(
        "the answer is",
        "English",
        "before",
        rf"(?:answer|option|choice|letter|diagnosis|response|solution|conclusion|selection|pick|guess|prediction|one)(?: choice| option)?{_TO},? {_IS} ?[:,]? ?{_SURE}(?:that )?(?:it is )?",
        (
            ("The answer is B", "B"),
            ("The correct answer is **B**.", "B"),
            ("A shows air. B is solid. The best option is B.", "B"),
            ("The answer to the question is (C).", "C"),
            ("the correct answer is b", "B"),
            ("The answer is: liver", "B"),
            ("I first thought of A. The answer is C.", "C"),
        ),
        (
            "The answer is A or B",
            "The answer is A large organ",
            "The answer is not B",
            "The answer is E",
            "The answer is B. Spleen",
            "The wrong answer is B",
            "Is the answer B?",
            "If it holds air, the answer is A.",
            "The answer is hepatitis B",
        ),
    ),
    Rule(
        "answer:",
        "English",
        "before",
        r"(?<!\w)(?:(?:final|correct|right|best|my|predicted|selected|chosen|most likely) ?){0,2}"
        r"(?:answers?|ans|option|choice|letter|diagnosis|response|prediction|selection|conclusion|output|verdict)"
        r"(?: choice| option| letter)?(?: \([^()\n]{1,30}\))? ?[\"']? ?(?:[:=>\]]|->|\n|\u2192|-|(?<=ans)\.){1,3} ?",
        (
            ("Answer: B", "B"),
            ("Ans. B", "B"),
            ("Final answer: C", "C"),
            ("**Answer:** B) Liver", "B"),
            ("Answer\nB", "B"),
            ("Final Answer: spleen", "C"),
            ("Answer: A\n\nCorrect option: C", "C"),
        ),
        ("Answer: A, B", "Answer: E", "Answer: not B", "Answer: B) Spleen", "Answer: unknown"),
    ),
    Rule(
        "I choose",
        "English",
        "before",
        r"(?<!\w)(?:(?:i|we|you should|one should)(?:'d|'ll| would| will| must| have to| am going to)? (?:therefore |thus |definitely |probably )?"
        r"(?:choose|chose|pick|select|go(?:ing)? with|answer|say|opt for|conclude|vote for|lean(?:ing)? towards?)"
        r"|(?:i'm|i am) going with|let's go with|(?:let me|i would go) (?:choose|pick|select|answer|go with|for|with)|(?:(?<=[\n.:!] )|(?<=\n)|\A)(?:choose|select|pick|mark)(?!\w))(?: that it is| that)?"
        r"(?: the)?(?: answer)?(?: is)?[:,]? ?",
        (
            ("I would choose B", "B"),
            ("I'd go with option C.", "C"),
            ("I choose (B) liver", "B"),
            ("Based on this I would say spleen.", "C"),
        ),
        (
            "I would not choose B",
            "I would choose A or B",
            "I would choose between A and C",
            "People often choose B here",
        ),
    ),
    Rule(
        "I think",
        "English",
        "before",
        r"(?<!\w)(?:i (?:think|believe|guess|suspect|am (?:fairly |quite |pretty )?(?:sure|confident|certain))|i'm (?:fairly |quite |pretty )?(?:sure|confident|certain)|my guess|probably|definitely|certainly|clearly|most likely)"
        r"(?: that)?(?: it is| it's| it must be| it would be| this is| the answer| it)?(?: is)?[:,]? ?(?:most likely |probably |likely )?",
        (
            ("I think it's B", "B"),
            ("I believe that it is (C)", "C"),
            ("Most likely B.", "B"),
            ("Probably the liver", "B"),
        ),
        ("I think A large organ", "I don't think it's B", "I think it is A or B"),
    ),
    Rule(
        "so B",
        "English",
        "before, weakly",
        r"(?:(?<!\w)(?:therefore|thus|hence|so|consequently|accordingly|in conclusion|in summary|overall|finally|it is|it's|this is|that is|that's|(?:it|this|that) would be|(?:it )?looks like|must be|should be|leaves|leaving|corresponds to|correspond to|matches|indicates|points? to|suggests|supports)|->|=>|\u2192)"
        r",? ?(?:it is |it's |it must be |this is |that is |we choose |we have |with |is )?:? ?",
        (
            ("It is the upper one, therefore B.", "B"),
            ("So, B.", "B"),
            ("It's (C).", "C"),
            ("This corresponds to option B.", "B"),
        ),
        ("So A large organ is seen", "Therefore, A and B", "It's not B", "So vitamin B"),
    ),
    Rule(
        "is correct",
        "English",
        "after",
        rf"(?: (?:option|choice|answer))?\"? ?(?:,| -|:)? ?(?:{_IS}|->|looks|fits|makes) {_SURE}(?:the |an? |my )?(?:(?:most|only|single|clearly|very) )?"
        rf"(?:{_RIGHT}(?: (?:and|or) {_RIGHT})?(?: (?:answer|option|choice|one|diagnosis))?|answer|choice|best|sense)(?!\w)",
        (
            ("B is correct", "B"),
            ("Option B is the right answer.", "B"),
            ("A is wrong. (C) is the correct option.", "C"),
            ("The liver is the correct answer.", "B"),
        ),
        (
            "B is not correct",
            "B and C are correct",
            "A and B is correct",
            "Vitamin B is correct",
            "B is incorrect",
        ),
    ),
    Rule(
        "correct",
        "English",
        "after",
        r" ?(?:\(|\[|-|:|\u2014|,) ?(?:this is )?(?:the )?(?:correct|right answer|true|yes|\u2713|\u2714|\u2705)(?: answer| option| choice)?(?=[\s).,\]!]|\Z)|"
        r" ?(?:\u2713|\u2714|\u2705)",
        (("A. Lung - incorrect\nB. Liver - correct\nC. Spleen - incorrect", "B"), ("B. Liver \u2705", "B")),
        ("B. Liver - incorrect",),
    ),
    Rule(
        "is not correct",
        "English",
        "denies after",
        r"(?: (?:option|choice|answer))?\"?(?:(?: ?[,:(\u2014]| -) ?(?:this is |is )?(?:not (?:correct|right|it|true|visible|seen|shown|present|supported|consistent|likely)|incorrect|wrong|false|ruled out|excluded|eliminated|unlikely|no match|\u2717|\u2718|\u274c|\u2715|\u2716)(?!\w)"
        r"| ?(?:\u2717|\u2718|\u274c|\u2715|\u2716)"
        r"|\. (?:incorrect|wrong|false|no)(?=[.\n]|\Z)"
        r"| not (?:correct|right|it|true|visible|seen|shown|present|supported|consistent|likely)(?!\w)"
        r"| (?:is|are|was|were|can be|could be|would be|seems?|appears?|looks?|=) ?(?:clearly |therefore |thus |also |both |definitely |all |most |very |likely |probably )?(?:the )?not(?!\w)"
        r"| (?:(?:is|are|was|were|can be|could be|would be|has been|seems?|appears?|looks?|=) ?(?:clearly |therefore |thus |also |both |definitely |all |most |very |likely |probably )?)?"
        r"(?:the |a )?(?:incorrect|wrong|absent|distractor|false|unlikely|impossible|implausible|inaccurate|out|ruled out|excluded|eliminated|less likely|least likely|inconsistent|untrue)(?!\w)"
        r"| (?:is|are|was|does|do|can|could|would|has|have|did)n't| cannot| can't| (?:does|do|did|can|could|would|should|has|have) not"
        r"| (?:shows?|has|have|contains?) no(?!\w))",
        (("A is incorrect. B is correct.", "B"), ("The answer is B. A is wrong.", "B")),
        ("B is wrong.", "The answer is B. No, B is wrong.", "B isn't it"),
    ),
    Rule(
        "not",
        "English",
        "denies before",
        r"(?:\u274c|\u2717|\u2718|\u2716) ?|(?:(?<!\w)(?:not|than|isn't|wasn't|aren't|can't be|cannot be|never|neither|nor|rather than|instead of|unlike|exclude[sd]?|excluding|eliminate[sd]?|eliminating"
        r"|rul(?:e[sd]?|ing) out|reject(?:s|ed|ing)?|discard(?:s|ed|ing)?|except|other than|wrong answer is|incorrect answer is|false answer is|incorrect:|wrong:)) (?:necessarily |either )?(?:the )?",
        (("It is not A but B.", "B"), ("B, not A.", "B"), ("B rather than A", "B")),
        ("Not B", "not A", "Neither A nor B", "It is not the liver.", "\u274c B) Liver"),
    ),
    Rule(
        "wait, B",
        "English",
        "corrects",
        r"(?<!\w)(?:(?:wait|actually|correction|sorry|i mean|scratch that|rather|(?:not|n't|never|neither) [^.\n]{1,40}? but|hmm)(?:,|:|\.{3}| -)?|no(?:,|:|\.{3}| -)) ?(?:it is |it's |it should be |the answer is |actually )?",
        (("B. Wait, actually C.", "C"), ("A, no, B.", "B"), ("It is not A, but B.", "B")),
        ("Everything but B.",),
    ),
    Rule(
        "wait, no",
        "English",
        "takes back",
        r"(?<!\w)(?:wait,? (?:no|that)|no,? wait|on second thought|scratch that|let me re-?(?:consider|think|check|evaluate)|that(?:'s| is| was) (?:wrong|incorrect|not (?:right|correct|it|true))|i was wrong|my mistake)(?!\w)",
        (("B. Wait, no, C.", "C"),),
        ("B. Wait, no.", "The answer is B. On second thought, that is not right."),
    ),
    Rule(
        "the image shows",
        "English",
        "shows",
        r"(?:\A|(?<=[\n.!;:,] )|(?<=[\n.!;:,])|(?<=\Wso )|(?<=that ))(?:(?:based on|in|on|from|according to|given)[^,.\n]{1,60}, ?)?(?:so |therefore,? |thus,? |hence,? )?"
        r"(?:(?:the|this|that|these|it|there|what|which|we|i|findings|patient)(?: [a-z-]{2,14}){0,5}?) ?"
        r"(?:(?<=[a-z] )(?:is|are|shows?|depicts?|displays?|demonstrates?|reveals?|represents?|sees?|see|illustrates?|indicates?|suggests?|contains?|was|highlights?|corresponds? to|points? (?:to|at)|can see|belongs? to|looks like|appears to be|would be|has|have)|(?<=it)'s|(?<=that)'s) "
        r"(?:(?:most likely|likely|probably|clearly) )?(?:(?:most )?consistent with |called |a picture of |an image of |an example of |showing |located (?:in|on|at|within) |in |on |pointing to |indicative of |suggestive of |pointing at |(?:acquired|obtained|taken|captured|performed|produced|created|generated|made) (?:using|with|by|via|from|in) )?"
        r"(?:(?:the |an? )?(?:chest|abdominal|brain|head|pelvic|plain|frontal|lateral|portable|small|large|mild|moderate|severe|subtle|right-sided|left-sided|bilateral) )?",
        (
            ("The image shows the liver.", "B"),
            ("The marked organ is the spleen.", "C"),
            ("This is the liver, seen from the front.", "B"),
            ("It's the spleen.", "C"),
            ("The arrow points to the liver.", "B"),
            ("Findings are consistent with the liver.", "B"),
        ),
        (
            "The image shows no liver.",
            "The image shows the liver and the spleen.",
            "The marked organ is next to the liver.",
            "This is not the liver.",
            "The image shows a liver lesion.",
            "The image shows the region between the liver and the lung",
        ),
    ),
    Rule(
        "organ: liver",
        "English",
        "shows",
        r"(?:\A|(?<=\n))(?!options?|choices?|differential|hint|note|example|question)(?:[a-z-]{2,14} ?){1,4}: ?|(?:\A|(?<=\n))(?:on|in|at) the |(?:\A|(?<=\n))looks like |\A[a-z-]{3,20}(?: [a-z-]{3,20}){0,2} \(",
        (("Marked organ: liver", "B"), ("In the liver.", "B"), ("Looks like the liver to me.", "B"), ("Hepatic organ (liver)", "B")),
        ("Not: liver", "Options: liver", "In the liver lobe"),
    ),
    Rule(
        "the liver is shown",
        "English",
        "shown",
        r" (?:is|are) (?:the (?:marked|highlighted|indicated|shown|labell?ed|circled) (?:organ|structure|region|area|part)|(?:being )?(?:present|noted|identified|evident|seen|shown|marked|highlighted|indicated|pointed at|circled))(?!\w)",
        (("The liver is the marked organ.", "B"), ("The spleen is highlighted.", "C"), ("The spleen is present.", "C")),
        ("The liver and the spleen are shown.", "A liver lesion is shown."),
    ),
    Rule(
        "none of the options",
        "English",
        "none of the options",
        r"(?:(?:so|therefore|thus|hence|i think|i believe|i would say|the (?:correct |right |final )?answer is)[:,]? ?(?:that )?)?(?:it is )?"
        r"(?:\"?none(?: of (?:the|these|those|them|all)(?!\w)(?: (?:above|options?|answers?|choices?|listed|given|provided|other|four|available|following|presented|mentioned|proposed|diagnoses|organs)){0,4}\"?"
        r"(?: (?:is|are|seems?|appears?|fits?|match(?:es)?|appl(?:y|ies)|listed)(?: to be)?(?: (?:correct|right|applicable|appropriate|true|suitable|accurate|listed|valid|shown|visible|here))?)?"
        r"| (?:is|are|seems?|appears?) (?:correct|right|applicable|appropriate|suitable)| (?:fits?|match(?:es)?|appl(?:y|ies)))"
        r"|no (?:correct|right|suitable|valid)? ?(?:answer|option|choice)s?(?: (?:is|are))? ?(?:correct|right|given|listed|provided|present|available|shown|suitable|applies|apply|fits?)?"
        r"|(?:the )?(?:correct|right)? ?(?:answer|option|diagnosis|organ)? ?(?:is )?not (?:listed|given|provided|among (?:the|these|those)(?: (?:options?|choices?|answers?|given|listed|above|provided)){1,2}))"
        r"(?: (?:here|in this image|in the image|above|in the list|among the options|for this image))?",
        (
            ("None of the above", "D"),
            ("None of these options are correct.", "D"),
            ("The correct answer is not listed.", "D"),
            ("None of the given options is correct, because the image shows the pancreas.", "D"),
        ),
        ("None of the organs near the liver is marked", "None"),
    ),
    Rule(
        "\u7b54\u6848\u662f",
        "Chinese",
        "before",
        r"(?:(?:正确|最终|最佳|标准|参考)?(?:的)?(?:答案|选项|答)(?:应该|应当|应|就|选择|选|大概|可能)?(?:是|为|选|:|\n|\])(?:选项|选|:| )?|(?:正确的是|正确答案|最终答案)(?:选项)?:? ?)",
        (("答案：C", "C"), ("答案是B。", "B"), ("正确答案为（B）", "B"), ("正确选项是 C", "C")),
        ("答案不是B", "答案是A或B", "答案是B超", "答案：E"),
    ),
    Rule(
        "\u9009",
        "Chinese",
        "before",
        r"(?<![不可供备挑精多单])(?:我|应该|应|故|因此|所以|就|要|会|可)?(?:选择|选)(?:的是|项|了|:|为)? ?",
        (("选B", "B"), ("我选择C。", "C"), ("故选：B", "B")),
        ("不选B", "选A和B", "选择题"),
    ),
    Rule(
        "\u56e0\u6b64 B",
        "Chinese",
        "before, weakly",
        r"(?:因此|所以|综上(?:所述)?|故|我认为(?:是)?|应该是|应为|是|即|最可能是|对应)[,:]? ?(?:是|为)?",
        (("因此，B。", "B"), ("我认为是B", "B")),
        ("因此，A和B", "不是B"),
    ),
    Rule(
        "B \u6b63\u786e",
        "Chinese",
        "after",
        r"(?:项|选项)?(?:是|为|才是)?(?:最)?(?:正确|对的|合适|可能)(?:的)?(?:答案|选项)?",
        (("B正确", "B"), ("B是正确答案。", "B"), ("A错误，选项C是正确的。", "C")),
        ("B不正确", "A和B正确"),
    ),
    Rule(
        "B \u9519\u8bef",
        "Chinese",
        "denies after",
        r"(?:项|选项)?(?:是|为|均|都|可以|可|显然)?(?:不|错|误|排除|非)",
        (("A错误，B正确。", "B"),),
        ("B错误", "B不正确"),
    ),
    Rule(
        "\u4e0d\u662f B",
        "Chinese",
        "denies before",
        r"(?:不是|并非|不选|而非|而不是|排除|不应选|不会是|不能是|非)(?:选项)? ?",
        (("不是A，而是B。", "B"),),
        ("不是B", "不选B"),
    ),
    Rule(
        "\u800c\u662f B",
        "Chinese",
        "corrects",
        r"(?:而是|不对,|更正:|不,) ?",
        (("不是A，而是B", "B"),),
        (),
    ),
    Rule(
        "\u56fe\u4e2d\u662f",
        "Chinese",
        "shows",
        r"(?:\A|(?<=[\n。,;:])) ?[^\n。,;:不没无未非否或除外旁]{1,16}?(?:是|为|显示的是|显示|指的是|所示为|指向)(?:了)?",
        (),
        ("图中不是肝脏",),
    ),
    Rule(
        "\u4ee5\u4e0a\u90fd\u4e0d\u662f",
        "Chinese",
        "none of the options",
        r"(?:答案(?:是|为|:) ?)?(?:以上|上述)(?:选项|答案|各项|所有选项)?(?:均|都|全|皆|全都)?(?:不是|不对|不正确|非|错误|没有正确答案|无正确答案|无)(?:正确)?(?:答案|选项)?(?:的)?",
        (("以上都不是", "D"), ("上述选项均不正确。", "D")),
        (),
    ),
    Rule(
        "die Antwort ist",
        "German",
        "before",
        r"(?<!\w)(?:antwort(?:möglichkeit|option)?|option|lösung|wahl|auswahl)(?: auf [^.\n:;,?]{1,40}?)? (?:ist|lautet|wäre|muss sein)(?: daher| somit| also| wahrscheinlich| vermutlich)? ?:? ?|"
        r"(?<!\w)(?:(?:richtige|korrekte|endgültige|finale) )?(?:antwort|lösung|option)(?:swahl)? ?[:=\n] ?|(?<!\w)richtig ist:? ?",
        (
            ("Die Antwort ist B.", "B"),
            ("Die richtige Antwort lautet: C", "C"),
            ("Antwort: B", "B"),
            ("Richtig ist B", "B"),
        ),
        ("Die Antwort ist nicht B", "Die Antwort ist A oder B", "Die falsche Antwort ist B"),
    ),
    Rule(
        "ich wähle",
        "German",
        "before",
        r"(?<!\w)ich (?:wähle|nehme|würde|denke|glaube|vermute|entscheide mich für|tippe auf|meine)(?: daher| also| mich für|,? dass es|,? es ist|,? die antwort ist|,? es)?:? ?",
        (("Ich wähle B", "B"), ("Ich würde C wählen.", "C")),
        ("Ich wähle nicht B", "Ich wähle A und B"),
    ),
    Rule(
        "also B",
        "German",
        "before, weakly",
        r"(?<!\w)(?:also|daher|somit|folglich|es ist|das ist)[,:]? ?(?:ist es )?",
        (("Also B.", "B"),),
        ("Also A oder B",),
    ),
    Rule(
        "sondern B",
        "German",
        "corrects",
        r"(?<!\w)(?:sondern|nein,|moment,|korrektur:) ?",
        (("Nicht A, sondern B.", "B"),),
    ),
    Rule(
        "B ist richtig",
        "German",
        "after",
        r" (?:ist|wäre|lautet)(?: daher| somit| also)? (?:die )?(?:richtige?|korrekte?|zutreffende?|beste|wahrscheinlichste)(?: antwort(?:möglichkeit)?| option| lösung)?(?!\w)| ist die antwort| die (?:richtige|korrekte) (?:antwort|option|lösung)",
        (
            ("B ist richtig.", "B"),
            ("Option C ist die korrekte Antwort", "C"),
            ("Daher ist C die richtige Antwort.", "C"),
        ),
        ("B ist nicht richtig", "A und B sind richtig"),
    ),
    Rule(
        "B ist falsch",
        "German",
        "denies after",
        r" (?:(?:ist|sind|kann|passt|scheint|wäre|trifft|stimmt)(?: \w{1,12})? )?(?:nicht|falsch|inkorrekt|unwahrscheinlich|ausgeschlossen|kein)",
        (("A ist falsch. B ist richtig.", "B"),),
        ("B ist falsch",),
    ),
    Rule(
        "nicht B",
        "German",
        "denies before",
        r"(?<!\w)(?:nicht|weder|noch|statt|anstatt|anstelle von|ausser|kein|falsche antwort ist|falsche option ist) (?:die |der |das )?",
        (("B, nicht A.", "B"),),
        ("Nicht B", "Weder A noch B"),
    ),
    Rule(
        "das Bild zeigt",
        "German",
        "shows",
        r"(?:\A|(?<=[\n.!;:,] )|(?<=[\n.!;:,]))(?:(?:auf|in|im)(?: \w{2,14}){1,3} |(?:das|die|der|dies|diese[srm]?|es|hier)(?: \w{2,14}){0,3} )?(?:ist|zeigt|sieht man|handelt (?:es )?sich um|erkennt man|stellt) (?:wahrscheinlich |vermutlich )?",
        (),
        ("Das Bild zeigt keine Liver",),
    ),
    Rule(
        "keine der Antworten",
        "German",
        "none of the options",
        r"(?:die (?:richtige )?antwort ist[: ]{1,2})?keine(?:r|s)? (?:der|von)(?: (?:oben|genannten|obigen|antworten|optionen|antwortmöglichkeiten|diesen|den|angegebenen|aufgeführten)){1,4}(?: (?:ist|trifft)(?: (?:richtig|korrekt|zu))?)?",
        (("Keine der oben genannten", "D"), ("Keine der Antworten ist richtig.", "D")),
        (),
    ),
    Rule(
        "la r\u00e9ponse est",
        "French",
        "before",
        r"(?<!\w)(?:réponse|option|solution)(?: (?:correcte|exacte|finale|juste|à (?:la|cette) question))? (?:est|serait|doit être)(?: donc| probablement)? ?:? ?|"
        r"(?<!\w)(?:bonne )?réponse(?: (?:finale|correcte|exacte))? ?[:=\n] ?",
        (
            ("La réponse est B.", "B"),
            ("La bonne réponse est la C.", "C"),
            ("Réponse : B", "B"),
            ("La réponse correcte est l'option B", "B"),
        ),
        ("La réponse n'est pas B", "La réponse est A ou B", "La mauvaise réponse est B"),
    ),
    Rule(
        "je choisis",
        "French",
        "before",
        r"(?<!\w)(?:je (?:choisis|choisirais|sélectionne|dirais|pense que (?:c'est|la réponse est)|crois que c'est|opte pour|réponds)|j'opterais pour|j'opte pour)[ :,]{1,2}",
        (("Je choisis B", "B"), ("Je dirais la C.", "C")),
        ("Je choisis A et B",),
    ),
    Rule(
        "donc B",
        "French",
        "before, weakly",
        r"(?<!\w)(?:donc|ainsi|par conséquent|c'est|il s'agit de)[,:]? ?(?:c'est )?",
        (("Donc B.", "B"), ("C'est la C.", "C")),
        ("Ce n'est pas B", "Donc A ou B"),
    ),
    Rule(
        "mais B",
        "French",
        "corrects",
        r"(?<!\w)(?:mais|non,|en fait,?|correction ?:) ?(?:plutôt )?",
        (("Pas A, mais B.", "B"),),
    ),
    Rule(
        "B est correct",
        "French",
        "after",
        r" (?:est|serait)(?: donc)? (?:la |l'|le )?(?:bonne|correcte?|exacte?|juste|meilleure?|vraie?|option correcte|réponse)(?: réponse| option| choix| correcte)?(?!\w)",
        (("B est correcte.", "B"), ("L'option C est la bonne réponse.", "C")),
        ("B n'est pas correcte", "A et B sont correctes"),
    ),
    Rule(
        "B est fausse",
        "French",
        "denies after",
        r" (?:(?:est|sont|serait)(?: \w{1,12})? (?:fausse?s?|incorrecte?s?|inexacte?s?|mauvaise?s?|exclue?s?|improbable|pas)|n'est|ne )",
        (("A est fausse. B est correcte.", "B"),),
        ("B est fausse", "B n'est pas la réponse"),
    ),
    Rule(
        "pas B",
        "French",
        "denies before",
        r"(?<!\w)(?:pas|ni|plutôt que|au lieu de|sauf|non|mauvaise réponse est|excluant) (?:la |le |l'|de )?",
        (("B, pas A.", "B"),),
        ("Pas B", "Ni A ni B"),
    ),
    Rule(
        "l'image montre",
        "French",
        "shows",
        r"(?:\A|(?<=[\n.!;:,] )|(?<=[\n.!;:,]))(?:(?:l'|la |le |cette |cet |ce |sur )[^.\n,;]{1,40}? (?:est|montre|représente|indique|correspond à|on voit)|il s'agit d(?:e|u)|c'est|on voit) ?(?:probablement )?",
        (),
        ("L'image ne montre pas liver",),
    ),
    Rule(
        "aucune des r\u00e9ponses",
        "French",
        "none of the options",
        r"(?:la (?:bonne )?réponse est ?:? ?)?aucune?(?: de(?:s|s autres)?)(?: (?:réponses?|options?|propositions?|choix|ci-dessus|précédentes?|proposées?|ces)){1,4}(?: n'est(?: (?:correcte?|exacte?|juste))?)?",
        (("Aucune des réponses ci-dessus", "D"),),
        (),
    ),
    Rule(
        "la respuesta es",
        "Spanish",
        "before",
        r"(?<!\w)(?:respuesta|opción|opcion|alternativa)(?: (?:correcta|final|a (?:la|esta) pregunta|más probable))? (?:es|sería|seria|debe ser)(?: probablemente)? ?:? ?|"
        r"(?<!\w)(?:respuesta|opción|opcion)(?: (?:correcta|final))? ?[:=\n] ?",
        (
            ("La respuesta es B.", "B"),
            ("La respuesta correcta es la C", "C"),
            ("Respuesta: B", "B"),
            ("La opción correcta es (B)", "B"),
        ),
        ("La respuesta no es B", "La respuesta es A o B", "La respuesta incorrecta es B"),
    ),
    Rule(
        "elijo",
        "Spanish",
        "before",
        r"(?<!\w)(?:(?:yo )?(?:elijo|escojo|elegiría|escogería|selecciono|opto por|diría|creo que es|pienso que es|creo que la respuesta es))[ :,]{1,2}",
        (("Elijo B", "B"), ("Yo elegiría la C.", "C")),
        ("Elijo A y B",),
    ),
    Rule(
        "por lo tanto B",
        "Spanish",
        "before, weakly",
        r"(?<!\w)(?:por lo tanto|por tanto|entonces|así que|es|se trata de)[,:]? ?(?:es )?",
        (("Por lo tanto, B.", "B"),),
        ("Por lo tanto, A o B", "No es B"),
    ),
    Rule(
        "sino B",
        "Spanish",
        "corrects",
        r"(?<!\w)(?:sino|en realidad,?|corrección:) ?",
        (("No es A, sino B.", "B"),),
    ),
    Rule(
        "B es correcta",
        "Spanish",
        "after",
        r" (?:es|sería|seria) (?:la |el )?(?:correct[oa]|respuesta|opción correcta|verdader[oa]|mejor|adecuad[oa])(?: respuesta| opción| correcta)?(?!\w)",
        (("B es correcta.", "B"), ("La opción C es la respuesta correcta", "C")),
        ("B no es correcta", "A y B son correctas"),
    ),
    Rule(
        "B es falsa",
        "Spanish",
        "denies after",
        r" (?:(?:es|son|sería|está)(?: \w{1,12})? (?:incorrect[oa]s?|fals[oa]s?|erróne[oa]s?|improbable|descartada?)|no )",
        (("A es falsa. B es correcta.", "B"),),
        ("B es falsa", "B no es"),
    ),
    Rule(
        "no B",
        "Spanish",
        "denies before",
        r"(?<!\w)(?:no(?: es)?|ni|en lugar de|en vez de|excepto|respuesta incorrecta es) (?:la |el )?",
        (("B, no A.", "B"),),
        ("No B", "Ni A ni B"),
    ),
    Rule(
        "la imagen muestra",
        "Spanish",
        "shows",
        r"(?:\A|(?<=[\n.!;:,] )|(?<=[\n.!;:,]))(?:(?:la|el|esta|este|esto|en) ?[^.\n,;]{0,40}? ?(?:es|muestra|representa|indica|corresponde a|se ve)|se trata de|se ve|es) (?:probablemente )?|se trata del? ",
        (),
        ("La imagen no muestra liver",),
    ),
    Rule(
        "ninguna de las anteriores",
        "Spanish",
        "none of the options",
        r"(?:la respuesta (?:correcta )?es ?:? ?)?ningun[oa](?: de)(?: (?:las|los|estas|respuestas|opciones|anteriores|alternativas|mencionadas|dadas)){1,4}(?: es(?: correcta)?)?",
        (("Ninguna de las anteriores", "D"), ("Ninguna de las opciones es correcta.", "D")),
        (),
    ),
)
