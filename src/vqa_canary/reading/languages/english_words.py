"""English: the words that the reader needs besides its rules."""

from __future__ import annotations

from vqa_canary.reading.languages.language import ReplyLanguage

WORDS = ReplyLanguage(
    "English",
    articles=("the", "an?"),
    nouns=("options?", "choices?", "answers?(?: choices?| options?)?", "letter", "alternative"),
    joins=("and", "as well as", "plus", "along with", "&", r"\+"),
    alternatives=("or", "and/or", "vs", "versus"),
    negations=(
        "not", "no", "cannot", "can't", r"\w{2,8}n't", "never", "neither", "nor", "without", "none", "instead of",
        "rather than", "unlike", "except", "excluding", "excludes?", "rules? out", "unlikely", "absence", "absent",
        "lacks?", "free of", "negative", "ruled out", "other than", "against", "false", "incorrect", "wrong", "least",
        "resembles?", "mimics?",
    ),
    comparisons=(
        "adjacent", "next to", "near", "beside", "between", "behind", "above", "below", "beneath", "under",
        "compared", "than", "similar", "like", "versus", "vs", "or", "as opposed", "surround(?:s|ing|ed)", "close to",
        "left of", "right of", "apart from", "besides", "outside", "normally", "usually", "part of", "except", "but",
        "previous(?:ly)?", "history", "differential", "question", "whether", "asks?", "options?", "choices?",
    ),
    conditions=(
        "if", "unless", "suppose", "supposing", "assum(?:e|ing)", "imagine", "supposed to", "pretend(?:ing)?", "had",
        "were", "otherwise",
    ),
    provisos=("if", "unless", "provided", "assuming", "only when", "as long as"),
    modals=("might", "could", "may", "maybe", "perhaps", "possibly", "tempt(?:ed|ing)", "at first"),
    copulas=(
        "is", "are", "was", "were", "'s", "appears?", "appears? to be", "looks", "seems?", "remains?", "lies", "sits",
    ),
    pronouns=("it", "this", "that", "these", "those", "there", "they", "which", "what", "all", "everything"),
    subjects=(
        "answers?", "options?", "choices?", "diagnos[ie]s", "impression", "conclusion", "results?", "names?",
        "images?", "pictures?", "photo(?:graph)?s?", "scans?", "stud(?:y|ies)", "exam(?:ination)?s?", "x-rays?",
        "radiographs?", "films?", "ct", "mri", "ultrasound", "slices?", "views?", "planes?", "modality", "technique",
        "sequence", "weighting", "orientation", "projection", "type", "kind", "class", "category", "grade", "stage",
        "organs?", "structures?", "regions?", "areas?", "parts?", "sites?", "locations?", "positions?", "sides?",
        "findings?", "abnormalit(?:y|ies)", "lesions?", "mass(?:es)?", "tumou?rs?", "nodules?", "opacit(?:y|ies)",
        "effusions?", "pneumothorax", "consolidations?", "infiltrates?", "h(?:a)?emorrhages?", "h(?:a)?ematomas?",
        "calcifications?", "(?:o)?edema", "infarct(?:ion)?s?", "aneurysms?", "stones?", "marked", "indicated",
        "highlighted", "labell?ed", "circled", "diseases?", "conditions?", "patholog(?:y|ies)", "causes?",
        "disorders?", "process", "fractures?", "arrows?", "box", "circles?", "markers?", "marks?", "pointers?",
        "objects?", "patients?", "things?", "items?", "appearances?", "contrast", "gender", "sex",
    ),
    continuers=(
        "because", "since", "as", "which", "where", "while", "due", "given", "based", "here", "in", "from", "for",
        "is", "with", "rather", "instead", "not", "but", "and", "according", "considering", "whereas", "on the basis",
        "by", "seems", "appears", "would", "so", "although", "though", "without", "i",
    ),
    headers=(
        "explanation", "rationale", "reasoning", "reasons?", "justification", "why", "because", "note", "here",
        "the other", "other options", "analysis", "details", "let me", "this is because", "evidence", "incorrect",
        "wrong", "option analysis", "key points?", "discussion", "confidence", "the image", "in the",
    ),
    corrections=("wait", "actually", "correction", "no", "sorry", "i mean", "scratch that", "hmm", "let me correct"),
    turns=(
        "wait", "hold on", "hm{1,4}", "apolog(?:y|ies|i[sz]e)", "sorry", "on (?:second thoughts?|reflection)",
        "(?:i )?mis(?:read|took|spoke)", "correction", "edit", "scratch that", "let me re(?:consider|think|check)",
        "just kidding", r"upon (?:review\w{0,12}|re-?exam\w{0,12}|closer)", "update", r"contradict\w{0,12}",
        "i made an error", "(?:random|wild) guess",
        "(?:can't|cannot|can not|unable to|not able to) (?:actually )?(?:tell|see|interpret|view|determine|answer|say)",
        "(?:do not|don't) (?:know|have enough)", "not what (?:the|is)",
        "(?:should|must|would) (?:rather )?be [a-z ]{1,30} instead", "i change my",
        "(?:previous|prior|preceding|earlier) (?:question|item|case|problem|task|quiz)",
        "(?:in|to|for|of|on) (?:the|an?|your) (?:last|other|different) (?:question|problem|task|quiz)",
    ),
    rejects=(
        "incorrect", "wrong", "not (?:correct|right|true|consistent|the case|it|supported|compatible|possible)",
        "(?:be |is |are )?(?:excluded|ruled out)", "can(?:not|'t| not) be", "does not (?:fit|match|point)",
        "doesn't (?:fit|match)", "is a trap", "by mistake", "i disagree", "also false", "is false", "inconsistent",
        "pointing elsewhere",
    ),
    offers=(
        "(?:equally|just as) (?:plausible|likely|possible|well)", "alternatively",
        "(?:might|may|could) (?:also|equally|well|just as well) be", "also (?:plausible|possible|likely)",
        "low confidence",
    ),
    others=("others?", "rest", "remaining", "alternatives?", "choices", "options"),
    frames=(
        "next (?:most|best)", "back-?up",
        "(?:another|one|an alternative|a tempting|the tempting|naive|distractor|obvious|tempting|remaining|"
        "reference) (?:possible |likely )?(?:option|answer|choice|possibility)",
        "normally", "usually", "typically", "nothing suggests", "student'?s?", "textbook",
        "in most (?:such )?(?:cases|questions|patients)", "in an? (?:normal|healthy)", "expected output",
        "possible answers?", "answer (?:choices|options)", "most common", "letter (?:in|on)",
        "according to(?! (?:the|this|these|my|our) (?:[a-z]{1,12} )?"
        "(?:images?|pictures?|scans?|findings?|x-ray|ct|mri))",
        "differential", "no (?:reason|evidence)", "(?:need|have|want) to (?:verify|check|show|prove)", "to conclude",
        "let'?s say", "for example", "example", "for instance",
        "(?<!i )(?:might|would|could|may) (?:think|say|believe|assume)", "at first", "my earlier",
        "my (?:first|previous|initial)", "answer key", "alternatives?:",
        "(?:previous|prior|preceding|last|earlier) (?:[a-z]{2,12} )?(?:question|item|case|task|answer|quiz)",
        "(?:other|another|different|next) (?:[a-z]{2,12} )?questions?",
        "(?:format|template|syntax) (?:is|should be|must be)", "of the time", "half the time", "sometimes",
    ),
    refusals=(
        r"i(?:'m| am) sorry", r"(?:i|we) (?:can(?:'t|not| not)|am unable|are unable|do(?:n't| not) (?:know|have))",
        r"i(?:'m| am) (?:unable|not able|not sure|unsure)", r"(?:unable|impossible|not possible) to",
        r"cannot be (?:determined|answered|seen)", "as an ai", "please (?:provide|upload|consult)",
        "not (?:enough|sufficient) information", "insufficient", "unclear|unknown|uncertain|indeterminate",
    ),
)  # fmt: skip
