"""English: its words, and the rules by which its sentences name an option.

The rules that say which option is right stand apart, in `english_statements.py`; here are those that deny, correct,
take back, or say what the image shows.
"""

from __future__ import annotations

from vqa_canary.reading.languages.english_statements import STATEMENTS
from vqa_canary.reading.languages.english_words import WORDS
from vqa_canary.reading.languages.language import Rule

__all__ = ["RULES", "WORDS"]

RULES = (
    *STATEMENTS,
    Rule(
        "is not correct",
        "English",
        "denies after",
        r"(?: (?:option|choice|answer))?\"?(?:(?: ?[,:(\u2014]| -) ?(?:this is |is )?(?:not (?:correct|"
        r"right|it|true|visible|seen|shown|present|supported|consistent|likely)|incorrect|wrong|false|"
        r"ruled out|excluded|eliminated|unlikely|no match|\u2717|\u2718|\u274c|\u2715|\u2716)(?!\w)"
        r"| ?(?:\u2717|\u2718|\u274c|\u2715|\u2716)"
        r"|\. (?:incorrect|wrong|false|no)(?=[.\n]|\Z)"
        r"| not (?:correct|right|it|true|visible|seen|shown|present|supported|consistent|likely)(?!\w)"
        r"| (?:is|are|was|were|can be|could be|would be|seems?|appears?|looks?|=) ?(?:clearly |therefore |"
        r"thus |also |both |definitely |all |most |very |likely |probably )?(?:the )?not(?!\w)"
        r"| (?:(?:is|are|was|were|can be|could be|would be|has been|seems?|appears?|looks?|=) ?(?:clearly "
        r"|therefore |thus |also |both |definitely |all |most |very |likely |probably )?)?"
        r"(?:the |a )?(?:incorrect|wrong|absent|distractor|false|unlikely|impossible|implausible|"
        r"inaccurate|out|ruled out|excluded|eliminated|less likely|least likely|inconsistent|untrue)(?!\w)"
        r"| (?:is|are|was|does|do|can|could|would|has|have|did)n't| cannot| can't| (?:does|do|did|can|"
        r"could|would|should|has|have) not"
        r"| (?:shows?|has|have|contains?) no(?!\w))",
        (("A is incorrect. B is correct.", "B"), ("The answer is B. A is wrong.", "B")),
        ("B is wrong.", "The answer is B. No, B is wrong.", "B isn't it"),
    ),
    Rule(
        "not",
        "English",
        "denies before",
        r"(?:\u274c|\u2717|\u2718|\u2716) ?(?!\s)|(?:(?<!\w)(?:not|than|isn't|wasn't|aren't|can't be|cannot be|"
        r"never|neither|nor|rather than|instead of|unlike|exclude[sd]?|excluding|eliminate[sd]?|"
        r"eliminating"
        r"|rul(?:e[sd]?|ing) out|reject(?:s|ed|ing)?|discard(?:s|ed|ing)?|except|other than|wrong answer "
        r"is|incorrect answer is|false answer is|incorrect:|wrong:)) (?:necessarily |either )?(?:the )?",
        (("It is not A but B.", "B"), ("B, not A.", "B"), ("B rather than A", "B")),
        ("Not B", "not A", "Neither A nor B", "It is not the liver.", "\u274c B) Liver"),
    ),
    Rule(
        "wait, B",
        "English",
        "corrects",
        r"(?<!\w)(?:(?:wait|actually|correction|sorry|i mean|scratch that|on reflection|on second thought|"
        r"rather|(?:not|n't|never|neither)"
        r" [^.\n]{1,40}? but|hmm)(?:,|:|\.{3}| -)?|no(?:,|:|\.{3}| -)) ?(?:it is |it's |it should be |the "
        r"answer is |actually )?",
        (("B. Wait, actually C.", "C"), ("A, no, B.", "B"), ("It is not A, but B.", "B")),
        ("Everything but B.",),
    ),
    Rule(
        "wait, no",
        "English",
        "takes back",
        r"(?<!\w)(?:wait,? (?:no|that)|no,? wait|on second thought|scratch that|let me re-?(?:consider|"
        r"think|check|evaluate)|that(?:'s| is| was) (?:wrong|incorrect|not (?:right|correct|it|true))|i "
        r"was wrong|my mistake)(?!\w)",
        (("B. Wait, no, C.", "C"),),
        ("B. Wait, no.", "The answer is B. On second thought, that is not right."),
    ),
    Rule(
        "the image shows",
        "English",
        "shows",
        r"(?:\A|(?<=[\n.!;:,] )|(?<=[\n.!;:,])|(?<=\Wso )|(?<=that ))(?:(?:based on|in|on|from|according "
        r"to|given)[^,.\n]{1,60}, ?)?(?:so |therefore,? |thus,? |hence,? )?"
        r"(?:(?:the|this|that|these|it|there|what|which|we|i|findings|patient)(?: [a-z-]{2,14}){0,5}?) ?"
        r"(?:(?<=[a-z] )(?:is|are|shows?|depicts?|displays?|demonstrates?|reveals?|represents?|sees?|see|"
        r"illustrates?|indicates?|suggests?|contains?|was|measures?|lies|sits|highlights?|"
        r"(?:appears?|looks?|seems?)(?! (?:to be|like)(?!\w))|corresponds? to|points? (?:to|at)|"
        r"can see|belongs? to|looks like|appears to be|would be|has|have)|(?<=it)'s|(?<=that)'s) "
        r"(?:(?:most likely|likely|probably|clearly) )?(?:(?:most )?consistent with |called |a picture of "
        r"|an image of |an example of |showing |located (?:in|on|at|within) |in |on |pointing to |"
        r"indicative of |suggestive of |diagnostic of |"
        r"(?:approximately|about|around|roughly) |pointing at |(?:acquired|obtained|taken|captured|performed|"
        r"produced|created|generated|made) (?:using|with|by|via|from|in) )?"
        r"",
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
        r"(?:\A|(?<=\n))(?!options?|choices?|differential|hint|note|example|question)(?:[a-z-]{2,14} ?)"
        r"{1,4}: ?|(?:\A|(?<=\n))(?:on|in|at) the |(?:\A|(?<=\n))looks like |\A[a-z-]{3,20}(?: "
        r"[a-z-]{3,20}){0,2} \(",
        (
            ("Marked organ: liver", "B"),
            ("In the liver.", "B"),
            ("Looks like the liver to me.", "B"),
            ("Hepatic organ (liver)", "B"),
        ),
        ("Not: liver", "Options: liver", "In the liver lobe"),
    ),
    Rule(
        "consistent with the liver",
        "English",
        "shows",
        r"(?<=, )(?:all |most |highly )?(?:consistent with|compatible with|in keeping with|suggestive of|"
        r"suggesting|indicating|"
        r"indicative of|representing|diagnostic of|typical of|characteristic of) ",
        (("A dense, homogeneous organ, consistent with the liver.", "B"),),
        ("A dense organ, not consistent with the liver.", "No air, suggesting the liver or the spleen."),
    ),
    Rule(
        "the liver is shown",
        "English",
        "shown",
        r" (?:is|are) (?:the (?:marked|highlighted|indicated|shown|labell?ed|circled) (?:organ|structure|"
        r"region|area|part)|(?:being )?(?:present|noted|identified|evident|seen|shown|marked|highlighted|"
        r"indicated|pointed at|circled|affected|involved))(?!\w)",
        (
            ("The liver is the marked organ.", "B"),
            ("The spleen is highlighted.", "C"),
            ("The spleen is present.", "C"),
        ),
        ("The liver and the spleen are shown.", "A liver lesion is shown."),
    ),
    Rule(
        "none of the options",
        "English",
        "none of the options",
        r"(?:(?:so|therefore|thus|hence|i think|i believe|i would say|the (?:correct |right |final )"
        r"?answer is)[:,]? ?(?:that )?)?(?:it is )?"
        r"(?:\"?none(?: of (?:the|these|those|them|all)(?!\w)(?: (?:above|options?|answers?|choices?|"
        r"listed|given|provided|other|four|available|following|presented|mentioned|proposed|diagnoses|"
        r"organs)){0,4}\"?"
        r"(?: (?:is|are|seems?|appears?|fits?|match(?:es)?|appl(?:y|ies)|listed)(?: to be)?(?: (?:correct|"
        r"right|applicable|appropriate|true|suitable|accurate|listed|valid|shown|visible|here))?)?"
        r"| (?:is|are|seems?|appears?) (?:correct|right|applicable|appropriate|suitable)| (?:fits?|"
        r"match(?:es)?|appl(?:y|ies)))"
        r"|no (?:correct|right|suitable|valid)? ?(?:answer|option|choice)s?(?: (?:is|are))? ?(?:correct|"
        r"right|given|listed|provided|present|available|shown|suitable|applies|apply|fits?)?"
        r"|(?:the )?(?:correct|right)? ?(?:answer|option|diagnosis|organ)? ?(?:is )?not (?:listed|given|"
        r"provided|among (?:the|these|those)(?: (?:options?|choices?|answers?|given|listed|above|provided)"
        r"){1,2}))"
        r"(?: (?:here|in this image|in the image|above|in the list|among the options|for this image))?",
        (
            ("None of the above", "D"),
            ("None of these options are correct.", "D"),
            ("The correct answer is not listed.", "D"),
            ("None of the given options is correct, because the image shows the pancreas.", "D"),
        ),
        ("None of the organs near the liver is marked", "None"),
    ),
)
