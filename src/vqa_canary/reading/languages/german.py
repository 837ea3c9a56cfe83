"""German: its words, and the rules by which its sentences name an option."""

from __future__ import annotations

from vqa_canary.reading.languages.language import ReplyLanguage, Rule

WORDS = ReplyLanguage(
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
        *("keinesfalls", "keineswegs", "auf keinen fall", "nie", "kaum"),
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
    conditions=(
        "wenn",
        "falls",
        "sofern",
        "angenommen",
        "vorausgesetzt",
        "im falle",
        "wäre",
        "läge",
        "hätte",
    ),
    provisos=(*("falls", "wenn", "sofern", "vorausgesetzt", "es sei denn", "im falle"),),
    modals=("könnten?", "vielleicht", "möglicherweise", "eventuell", "womöglich", "unter umständen"),
    copulas=("ist", "sind", "war", "waren", "erscheint", "scheint", "wirkt"),
    pronouns=("es", "dies", "diese[rs]?", "das", "hier", "alles"),
    subjects=(
        *("antwort", "option", "diagnose", "ergebnis", "eindruck"),
        *("zu (?:sehen|erkennen)", "dargestellt", "abgebildet", "markiert"),
        *(
            "bild(?:er)?",
            "aufnahmen?",
            "röntgenbild",
            "röntgenaufnahme",
            "scan",
            "ct",
            "mrt",
            "ultraschall",
            "ebene",
        ),
        *(
            "modalität",
            "verfahren",
            "organe?",
            "markierte[nrs]?",
            "gezeigte[nrs]?",
            "strukturen?",
            "regionen?",
            "bereiche?",
            "stellen?",
            "seiten?",
        ),
        *(
            "befunde?",
            "auffälligkeit(?:en)?",
            "läsion(?:en)?",
            "tumor",
            "raumforderung",
            "rundherd",
            "verschattung",
        ),
        *("erkrankung", "krankheit", "ursache", "fraktur", "pfeil", "markierung", "kreis", "patient(?:in)?"),
    ),
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
    turns=(
        *("moment mal", "halt", "pardon", "warte", "korrektur", "entschuldigung", "verzeihung", "nein,"),
        *("bei (?:näherer betrachtung|genauerem hinsehen)", "ich habe mich (?:geirrt|vertan|verlesen)"),
        r"(?:kann|lässt) (?:ich |man |sich |es |das ){0,3}nicht (?:\w{1,12} )?"
        "(?:beurteilen|sagen|erkennen|sehen|bestimmen)",
        *("ich weiss (?:es )?nicht", "(?:nur )?geraten", "vielmehr", "stattdessen"),
        "(?:in|bei|zu|auf) (?:der|einer|die) (?:vorherigen?|vorigen?|früheren?|letzten?|anderen?) (?:frage|aufgabe)",
    ),
    rejects=(
        *("falsch", "nicht (?:richtig|korrekt|zutreffend|möglich|vereinbar)", "trifft nicht zu"),
        *("passt nicht", "stimmt nicht", "scheidet aus", "ausgeschlossen", "auszuschliessen"),
        *("unwahrscheinlich", "widerspricht", "kann (?:es |das )?nicht sein", "zu verwerfen", "irrtum"),
    ),
    offers=(
        *("(?:ebenso|genauso|auch) (?:gut |gut möglich|möglich|denkbar|wahrscheinlich)", "alternativ"),
        *("könnten? (?:auch|ebenso)", "(?:auch|ebenfalls) in ?frage", "geringe (?:sicherheit|konfidenz)"),
    ),
    others=(*(r"andere\w{0,12}", "übrigen", "restlichen"),),
    frames=(
        *("könnte meinen", "ursprünglich", "zunächst", "anfangs", "zuerst"),
        *(
            "(?:manche|viele|einige|man|andere) (?:würden?|könnten?|sagen|sagt|meinen|meint|glauben|denken|wählen)",
        ),
        *(
            r"(?:laut|gemäss) (?:dem |der |den |des )?"
            r"(?:lehrbuch|befund|bericht|radiologen?|patient\w{0,3}|arzt|ärztin)",
        ),
        *("normalerweise", "üblicherweise", "meistens", "zum beispiel", "beispiel", "nehmen wir an"),
        *("gesetzt den fall", "musterlösung", "(?:falsch|ein fehler) zu sagen"),
        *("nichts (?:deutet|spricht)", "kein (?:grund|hinweis)", "schwer zu sagen"),
        *("zweit(?:beste|wahrscheinlichste)",),
        *("(?:du|sie) (?:sagst|sagten|meinst|meinten)",),
        *("die frage (?:lautet|ist)", "bezweifle", "unklar, ob"),
        r"(?:vorherige|vorige|frühere|letzte|vorangegangene)[nrs]? (?:\w{2,12} )?(?:frage|antwort|aufgabe|fall)",
        "andere[nr]? frage",
        *("manchmal", "in manchen fällen"),
    ),
    refusals=("es tut mir leid", "ich kann (?:nicht|keine?)", "kann nicht", "unklar", "leider"),
)

RULES = (
    Rule(
        "die Antwort ist",
        "German",
        "before",
        r"(?<!\w)(?:antwort(?:möglichkeit|option)?|option|lösung|wahl|auswahl)(?: auf [^.\n:;,?]{1,40}?)? "
        r"(?:ist|lautet|wäre|muss sein)(?: daher| somit| also| wahrscheinlich| vermutlich)? ?:? ?|"
        r"(?<!\w)(?:(?:richtige|korrekte|endgültige|finale) )?(?:antwort|lösung|option)(?:swahl)? ?[:=\n] "
        r"?|(?<!\w)richtig ist:? ?|"
        r"(?<!\w)(?:daher|somit|also|folglich|deshalb|demnach|damit) (?:ist|wäre|lautet) "
        r"(?:die )?(?:(?:richtige|korrekte) )?antwort:? ?",
        (
            ("Die Antwort ist B.", "B"),
            ("Die richtige Antwort lautet: C", "C"),
            ("Antwort: B", "B"),
            ("Richtig ist B", "B"),
            ("Daher ist die Antwort B.", "B"),
        ),
        ("Die Antwort ist nicht B", "Die Antwort ist A oder B", "Die falsche Antwort ist B"),
    ),
    Rule(
        "ich wähle",
        "German",
        "before",
        r"(?<!\w)ich (?:wähle|nehme|würde|denke|glaube|vermute|entscheide mich für|tippe auf|meine)(?: "
        r"daher| also| mich für|,? dass es|,? es ist|,? die antwort ist|,? es)?:? ?",
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
        r" (?:ist|wäre|lautet)(?: daher| somit| also)? (?:die )?(?:richtige?|korrekte?|zutreffende?|beste|"
        r"wahrscheinlichste)(?: antwort(?:möglichkeit)?| option| lösung)?(?!\w)| ist die antwort|"
        r" (?:richtig|korrekt)(?=[.,!\n]|\Z)| die "
        r"(?:richtige|korrekte) (?:antwort|option|lösung)",
        (
            ("B ist richtig.", "B"),
            ("Option C ist die korrekte Antwort", "C"),
            ("Daher ist C die richtige Antwort.", "C"),
            ("Somit ist Antwort B richtig.", "B"),
        ),
        ("B ist nicht richtig", "A und B sind richtig"),
    ),
    Rule(
        "B ist falsch",
        "German",
        "denies after",
        r" (?:(?:ist|sind|kann|passt|scheint|wäre|trifft|stimmt)(?: \w{1,12})? )?(?:nicht|falsch|"
        r"inkorrekt|unwahrscheinlich|ausgeschlossen|kein)",
        (("A ist falsch. B ist richtig.", "B"),),
        ("B ist falsch",),
    ),
    Rule(
        "nicht B",
        "German",
        "denies before",
        r"(?<!\w)(?:nicht|weder|noch|statt|anstatt|anstelle von|ausser|kein|falsche antwort ist|falsche "
        r"option ist) (?:die |der |das )?",
        (("B, nicht A.", "B"),),
        ("Nicht B", "Weder A noch B"),
    ),
    Rule(
        "das Bild zeigt",
        "German",
        "shows",
        r"(?:\A|(?<=[\n.!;:,] )|(?<=[\n.!;:,]))(?:(?:auf|in|im)(?: \w{2,14}){1,3} |(?:das|die|der|dies|"
        r"diese[srm]?|es|hier)(?: \w{2,14}){0,3} |"
        r"(?:zu (?:sehen|erkennen)|dargestellt|markiert|abgebildet) )?"
        r"(?:man (?:sieht|erkennt)|ist|zeigt|sieht man|handelt (?:es )?sich um|erkennt "
        r"man|stellt) (?:wahrscheinlich |vermutlich )?",
        (),
        ("Das Bild zeigt keine Liver",),
    ),
    Rule(
        "keine der Antworten",
        "German",
        "none of the options",
        r"(?:die (?:richtige )?antwort ist[: ]{1,2})?keine(?:r|s)? (?:der|von)(?: (?:oben|genannten|"
        r"obigen|antworten|optionen|antwortmöglichkeiten|diesen|den|angegebenen|aufgeführten)){1,4}(?: "
        r"(?:ist|trifft)(?: (?:richtig|korrekt|zu))?)?",
        (("Keine der oben genannten", "D"), ("Keine der Antworten ist richtig.", "D")),
        (),
    ),
)
