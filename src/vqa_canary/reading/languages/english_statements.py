"""English: the rules by which a sentence says which option is right."""

from __future__ import annotations

from vqa_canary.reading.languages.language import Rule

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

STATEMENTS = (
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
)
