"""English: its words, and the rules by which its sentences name an option."""

from __future__ import annotations

from vqa_canary.reading.languages.language import ReplyLanguage, Rule

_IS = r"(?:is|was|would be|should be|must be|will be|has to be|appears to be|seems to be|=|would have to be)"
_SURE = (
    r"(?:(?:clearly|definitely|most likely|likely|probably|therefore|thus|indeed|simply|just|actually|"
    r"really|then"
    r"|hence|best|also|in fact|as follows|the following|still|obviously|certainly|evidently|now|either) "
    r"?[,:]? ?)?"
)
_RIGHT = (
    r"(?:correct|right|best|true|accurate|appropriate|suitable|likely|probable|final|proper|valid|"
    r"consistent|fitting)"
)
_BESIDE = (
    r"(?:, (?:in my (?:opinion|view|judge?ment)|therefore|then|thus|of course|i (?:think|believe)|"
    r"(?:based on|given|judging by) [^,.\n]{1,50}),)?"
)
_TO = (
    r"(?: (?:to|for|of|in|among|from|here|based on|according to|given|that|which|option|choice)(?![a-z])"
    r"[^.\n:;,?]{0,60}?)?"
)

WORDS = ReplyLanguage(
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
            "history",
            "differential",
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
        "pretend(?:ing)?",
        "had",
        "were",
        "otherwise",
    ),
    provisos=(*("if", "unless", "provided", "assuming", "only when", "as long as"),),
    modals=("might", "could", "may", "maybe", "perhaps", "possibly", "tempt(?:ed|ing)", "at first"),
    copulas=(
        "is",
        "are",
        "was",
        "were",
        "'s",
        "appears?",
        "appears? to be",
        "looks",
        "seems?",
        "remains?",
        "lies",
        "sits",
    ),
    pronouns=("it", "this", "that", "these", "those", "there", "they", "which", "what", "all", "everything"),
    subjects=(
        *(
            "answers?",
            "options?",
            "choices?",
            "diagnos[ie]s",
            "impression",
            "conclusion",
            "results?",
            "names?",
        ),
        *(
            "images?",
            "pictures?",
            "photo(?:graph)?s?",
            "scans?",
            "stud(?:y|ies)",
            "exam(?:ination)?s?",
            "x-rays?",
        ),
        *(
            "radiographs?",
            "films?",
            "ct",
            "mri",
            "ultrasound",
            "slices?",
            "views?",
            "planes?",
            "modality",
            "technique",
        ),
        *(
            "sequence",
            "weighting",
            "orientation",
            "projection",
            "type",
            "kind",
            "class",
            "category",
            "grade",
            "stage",
        ),
        *(
            "organs?",
            "structures?",
            "regions?",
            "areas?",
            "parts?",
            "sites?",
            "locations?",
            "positions?",
            "sides?",
        ),
        *(
            "findings?",
            "abnormalit(?:y|ies)",
            "lesions?",
            "mass(?:es)?",
            "tumou?rs?",
            "nodules?",
            "opacit(?:y|ies)",
            "effusions?",
            "pneumothorax",
            "consolidations?",
            "infiltrates?",
            "h(?:a)?emorrhages?",
            "h(?:a)?ematomas?",
            "calcifications?",
            "(?:o)?edema",
            "infarct(?:ion)?s?",
            "aneurysms?",
            "stones?",
            "marked",
            "indicated",
            "highlighted",
            "labell?ed",
            "circled",
        ),
        *("diseases?", "conditions?", "patholog(?:y|ies)", "causes?", "disorders?", "process", "fractures?"),
        *(
            "arrows?",
            "box",
            "circles?",
            "markers?",
            "marks?",
            "pointers?",
            "objects?",
            "patients?",
            "things?",
            "items?",
        ),
        *("appearances?", "contrast", "gender", "sex"),
    ),
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
    turns=(
        *("wait", "hold on", "hm{1,4}", "apolog(?:y|ies|i[sz]e)", "sorry"),
        *("on (?:second thoughts?|reflection)", "(?:i )?mis(?:read|took|spoke)", "correction", "edit"),
        *("scratch that", "let me re(?:consider|think|check)", "just kidding"),
        *(r"upon (?:review\w{0,12}|re-?exam\w{0,12}|closer)", "update", r"contradict\w{0,12}"),
        *("i made an error", "(?:random|wild) guess"),
        *(
            "(?:can't|cannot|can not|unable to|not able to) (?:actually )?"
            "(?:tell|see|interpret|view|determine|answer|say)",
        ),
        *("(?:do not|don't) (?:know|have enough)", "not what (?:the|is)"),
        *("(?:should|must|would) (?:rather )?be [a-z ]{1,30} instead", "i change my"),
        "(?:previous|prior|preceding|earlier) (?:question|item|case|problem|task|quiz)",
        "(?:in|to|for|of|on) (?:the|an?|your) (?:last|other|different) (?:question|problem|task|quiz)",
    ),
    rejects=(
        *("incorrect", "wrong"),
        *("not (?:correct|right|true|consistent|the case|it|supported|compatible|possible)",),
        *("(?:be |is |are )?(?:excluded|ruled out)", "can(?:not|'t| not) be"),
        *("does not (?:fit|match|point)", "doesn't (?:fit|match)", "is a trap", "by mistake"),
        *("i disagree", "also false", "is false", "inconsistent", "pointing elsewhere"),
    ),
    offers=(
        *("(?:equally|just as) (?:plausible|likely|possible|well)", "alternatively"),
        *("(?:might|may|could) (?:also|equally|well|just as well) be",),
        *("also (?:plausible|possible|likely)", "low confidence"),
    ),
    others=(*("others?", "rest", "remaining", "alternatives?", "choices", "options"),),
    frames=(
        *("next (?:most|best)", "back-?up"),
        *(
            "(?:another|one|an alternative|a tempting|the tempting|naive|distractor|obvious|tempting|remaining|"
            "reference) (?:possible |likely )?(?:option|answer|choice|possibility)",
        ),
        *("normally", "usually", "typically", "nothing suggests", "student'?s?", "textbook"),
        *("in most (?:such )?(?:cases|questions|patients)", "in an? (?:normal|healthy)"),
        *("expected output", "possible answers?", "answer (?:choices|options)", "most common"),
        *(
            "letter (?:in|on)",
            "according to(?! (?:the|this|these|my|our) (?:[a-z]{1,12} )?"
            "(?:images?|pictures?|scans?|findings?|x-ray|ct|mri))",
            "differential",
            "no (?:reason|evidence)",
        ),
        *("(?:need|have|want) to (?:verify|check|show|prove)", "to conclude", "let'?s say", "for example"),
        *("example", "for instance", "(?<!i )(?:might|would|could|may) (?:think|say|believe|assume)"),
        *("at first", "my earlier", "my (?:first|previous|initial)", "answer key", "alternatives?:"),
        "(?:previous|prior|preceding|last|earlier) (?:[a-z]{2,12} )?(?:question|item|case|task|answer|quiz)",
        "(?:other|another|different|next) (?:[a-z]{2,12} )?questions?",
        *("(?:format|template|syntax) (?:is|should be|must be)", "of the time", "half the time", "sometimes"),
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
)

RULES = (
    Rule(
        "the answer is",
        "English",
        "before",
        rf"(?:answer|option|choice|letter|diagnosis|response|solution|conclusion|selection|pick|guess|"
        rf"prediction|one)(?: choice| option)?{_BESIDE}{_TO},? {_IS} ?[:,]? ?{_SURE}(?:that )?(?:it is )?",
        (
            ("The answer is B", "B"),
            ("The correct answer is **B**.", "B"),
            ("A shows air. B is solid. The best option is B.", "B"),
            ("The answer to the question is (C).", "C"),
            ("the correct answer is b", "B"),
            ("The answer is: liver", "B"),
            ("I first thought of A. The answer is C.", "C"),
            ("The answer, in my opinion, is B.", "B"),
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
            "The answer, if it holds air, is A.",
            "The answer is hepatitis B",
        ),
    ),
    Rule(
        "answer:",
        "English",
        "before",
        r"(?<!\w)(?<!differential )"
        r"(?:(?:final|correct|right|best|my|predicted|selected|chosen|most likely) ?){0,2}"
        r"(?:answers?|ans|option|choice|letter|diagnosis|response|prediction|selection|conclusion|output|"
        r"verdict|(?<=\A)correct|(?<=\n)correct|(?<=\A)result|(?<=\n)result)"
        r"(?: choice| option| letter)?(?: \([^()\n]{1,30}\)| in the (?:required|requested|given) (?:form|"
        r"format))? ?[\"']? ?(?:[:=>\]]|->|\n|\u2192|-|(?<=ans)"
        r"\.){1,3} ?",
        (
            ("Answer: B", "B"),
            ("Ans. B", "B"),
            ("Final answer: C", "C"),
            ("**Answer:** B) Liver", "B"),
            ("Answer\nB", "B"),
            ("Correct: B", "B"),
            ("Result: B", "B"),
            ("Final Answer: spleen", "C"),
            ("Answer: A\n\nCorrect option: C", "C"),
        ),
        ("Answer: A, B", "Answer: E", "Answer: not B", "Answer: B) Spleen", "Answer: unknown"),
    ),
    Rule(
        "I choose",
        "English",
        "before",
        r"(?<!\w)(?:(?:i|we|you should|one should)(?:'d have to|'d|'ll| would have to| would| will| must|"
        r" have to| am going to)? "
        r"(?:therefore |thus |definitely |probably )?"
        r"(?:choose|chose|pick|select|settle (?:on|for)|go(?:ing)? (?:with|for)|answer|say|opt for|assign|"
        r"classify (?:it|this) as|conclude|"
        r"vote for|lean(?:ing)? towards?)"
        r"|(?:(?:i'm|i am) |\A|(?<=[\n.] ))going (?:with|for)"
        r"(?! (?:(?!as |because |since |given |for |it |that |which )\S{1,30} ){1,4}?"
        r"(?:is|was|would|could|might|may|will|can|seems)(?!\w))|"
        r"(?:left|leaves us) with|let's go with|(?:let me|i would go) (?:choose|pick|select|answer|go "
        r"with|for|with)|(?:(?<=[\n.:!] )|(?<=\n)|\A)(?:choose|select|pick|mark)(?!\w))(?: that it is| "
        r"that)?"
        r"(?: the)?(?: answer)?(?: is)?[:,]? ?",
        (
            ("I would choose B", "B"),
            ("I'd go with option C.", "C"),
            ("I'd go for B here.", "B"),
            ("Going with B.", "B"),
            ("Eliminating A, C and D, we are left with B.", "B"),
            ("I choose (B) liver", "B"),
            ("Based on this I would say spleen.", "C"),
        ),
        (
            "I would not choose B",
            "Going with B would be a mistake.",
            "I would choose A or B",
            "I would choose between A and C",
            "We are left with B and C",
            "People often choose B here",
        ),
    ),
    Rule(
        "I think",
        "English",
        "before",
        r"(?<!\w)(?:i (?:think|believe|guess|suspect|am (?:fairly |quite |pretty )?(?:sure|confident|"
        r"certain))|i'm (?:fairly |quite |pretty )?(?:sure|confident|certain)|my guess|undoubtedly|"
        r"without (?:a |any )?doubt|probably|"
        r"definitely|certainly|clearly|most likely)"
        r"(?: that)?(?: it is| it's| it must be| it would be| this is| the answer| it)?(?: is)?[:,]? "
        r"?(?:most likely |probably |likely )?",
        (
            ("I think it's B", "B"),
            ("I believe that it is (C)", "C"),
            ("Most likely B.", "B"),
            ("Without a doubt: B", "B"),
            ("Probably the liver", "B"),
        ),
        ("I think A large organ", "I don't think it's B", "I think it is A or B"),
    ),
    Rule(
        "so B",
        "English",
        "before, weakly",
        r"(?:(?<!\w)(?:therefore|thus|hence|so|consequently|accordingly|in conclusion|in summary|overall|"
        r"finally|it is|it's|this is|that is|that's|(?:it|this|that) would be|(?:it )?looks like|must be|"
        r"should be|leaves|leaving|corresponds to|correspond to|matches|indicates|points? to|suggests|"
        r"supports|consistent with|(?:structure|organ|finding|diagnosis|region|abnormality|modality|plane)"
        r"(?: (?!least|not|other|next|only|above|below|beside|behind|near|under|unlike|to (?:its|the))[a-z]{2,14})"
        r"{0,3} is(?= option| choice| answer))|"
        r"->|=>|\u2192|\u2234|\u21d2|\u27f9)"
        r",? ?(?:it is |it's |it must be |this is |that is |we choose |we have |with |is )?:? ?",
        (
            ("It is the upper one, therefore B.", "B"),
            ("So, B.", "B"),
            ("It's (C).", "C"),
            ("This corresponds to option B.", "B"),
            ("This is consistent with option B.", "B"),
            ("The structure shown is option B, the liver.", "B"),
            ("\u2234 B", "B"),
        ),
        (
            "So A large organ is seen",
            "Therefore, A and B",
            "It's not B",
            "So vitamin B",
            "It is hardly consistent with option B.",
            "The adjacent structure is option A.",
            "The organ below is option A.",
        ),
    ),
    Rule(
        "is correct",
        "English",
        "after",
        rf"(?: (?:option|choice|answer))?\"? ?(?:,| -|:)? ?(?:{_IS}|are|->|looks|fits|makes) {_SURE}(?:the |"
        rf"an? |my )?(?:(?:most|only|single|clearly|very) )?"
        rf"(?:(?:correct|right|best|true)(?: and {_RIGHT})?(?: (?:answer|option|choice|one|diagnosis|match))?"
        rf"|(?<=most ){_RIGHT}|(?:best|only|final) {_RIGHT}|{_RIGHT} (?:answer|option|choice|one|"
        rf"diagnosis)|answer|choice)(?!\w)"
        r"(?! (?:about|in that|in saying|regarding|as far as|only if))",
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
            "B is consistent with air",
            "B is correct, but C is correct, too",
            "B is incorrect",
        ),
    ),
    Rule(
        "best fits",
        "English",
        "after",
        r" (?:remains|is what (?:is left|remains))(?=[.!\n]|\Z)| is what (?:the|this) (?:image|picture|scan) "
        r"(?:shows|depicts|displays)| (?:best|most closely) (?:describes?|match(?:es)?|fits?|represents?|"
        r"corresponds?|explains?|identif(?:y|ies))"
        r"(?! neither)(?: [^.,;\n]{1,60})?(?=[.,;\n]|\Z)|(?<=[a-z])\"? (?:as )?the (?:correct|right|best) "
        r"(?:answer|option|choice)(?=[.,\n]|\Z)",
        (
            ("Option B best describes the image.", "B"),
            ("B best matches.", "B"),
            ("That makes B the correct answer.", "B"),
            ("We can exclude A, C and D, so B remains.", "B"),
            ("B is what the image depicts.", "B"),
        ),
        (
            "B and C best match the image.",
            "That does not make B the correct answer.",
            "Only A is out; C remains, as does B.",
            "Is B the best option?",
        ),
    ),
    Rule(
        "B it is",
        "English",
        "after",
        r" it is(?=[.!\n]|\Z)",
        (("So B it is.", "B"), ("Choice B it is!", "B")),
        ("Whatever B it is not.", "B it is, or C."),
    ),
    Rule(
        "correct",
        "English",
        "after",
        r" ?(?:\(|\[|-|:|\u2014|,) ?(?:this is )?(?:the )?(?:correct|right answer|true|yes|\u2713|\u2714|"
        r"\u2705)(?: answer| option| choice)?(?=[\s).,\]!]|\Z)|"
        r" ?(?:\u2713|\u2714|\u2705)",
        (("A. Lung - incorrect\nB. Liver - correct\nC. Spleen - incorrect", "B"), ("B. Liver \u2705", "B")),
        ("B. Liver - incorrect",),
    ),
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
