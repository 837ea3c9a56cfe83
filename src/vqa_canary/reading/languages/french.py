"""French: its words, and the rules by which its sentences name an option."""

from __future__ import annotations

from vqa_canary.reading.languages.language import ReplyLanguage, Rule

WORDS = ReplyLanguage(
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
        *("nullement", "aucunement", "guère"),
    ),
    comparisons=("près", "entre", "derrière", "comme", "que", "ou", "mais", "sous", "adjacent", "voisin"),
    conditions=(
        "si",
        "à moins",
        "supposons",
        "en supposant",
        "à supposer",
        "admettons",
        "au cas où",
        "dans le cas où",
    ),
    provisos=(
        *("à condition", "s'il", "si (?:le|la|l'|les|on|c'est)", "sauf si", "pourvu que", "à moins"),
        *("au cas où",),
    ),
    modals=("pourrai(?:en)?t", "peut-être", "peut être", "éventuellement", "possiblement", "il se peut"),
    copulas=("est", "sont", "était", "étaient", "paraît", "semble", "apparaît"),
    pronouns=("il", "elle", "ce", "c'", "ceci", "cela", "ça", "tout"),
    subjects=(
        *("réponse", "option", "diagnostic", "résultat", "conclusion"),
        *(
            "images?",
            "clichés?",
            "radio(?:graphie)?s?",
            "scanner",
            "irm",
            "échographie",
            "examen",
            "coupe",
            "plan",
        ),
        *(
            "modalité",
            "technique",
            "organes?",
            "indiquée?",
            "marquée?",
            "montrée?",
            "désignée?",
            "structures?",
            "régions?",
            "zones?",
            "côtés?",
        ),
        *(
            "anomalies?",
            "lésions?",
            "tumeurs?",
            "masses?",
            "nodules?",
            "opacités?",
            "maladie",
            "cause",
            "fracture",
        ),
        *("flèche", "marqueur", "cercle", "cadre", "patiente?"),
    ),
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
    turns=(
        *("pardon", "attende[zs]", "attends", "correction", "en fait", "à la réflexion"),
        *("réflexion faite", "en y regardant", "je me suis trompée?", "ne (?:peux|sais|vois|peut) pas"),
        *("impossible de (?:dire|déterminer|savoir|répondre)", "au hasard", "désolée?", "non,", "plutôt"),
        r"(?:à|pour|dans) (?:la|une) (?:\w{2,12} )?question (?:précédente|antérieure)",
    ),
    rejects=(
        *("incorrecte?", "fausse?", "faux", "inexacte?", "erronée?", "à exclure", "exclue?", "écartée?"),
        *("éliminée?", "improbable", "impossible", "ne (?:convient|correspond|colle|va) pas"),
        *("ne peut (?:pas )?être", "contradictoire", "à rejeter", "rejetée?"),
    ),
    offers=(
        *("(?:tout )?(?:aussi|également) (?:possible|probable|plausible)",),
        *("reste (?:possible|plausible|envisageable)", "pourrait (?:aussi|également)", "alternativement"),
        *("autre possibilité", "faible (?:certitude|confiance)"),
    ),
    others=(*("autres", "restantes?"),),
    frames=(
        *("pourrait croire", "dirait"),
        *(
            "(?:certains|beaucoup|plusieurs|d'autres|on) (?:diraient|pensent|penseraient|pourraient|croient|"
            "choisiraient|pourrait penser)",
        ),
        *(
            "(?:selon|d'après) (?:le (?:manuel|livre|radiologue|patient|médecin|rapport)|la légende|"
            "l'(?:auteur|étudiant|utilisateur)|vous)",
        ),
        *("au départ", "au début", "initialement", "à première vue", "d'abord", "normalement"),
        *("généralement", "habituellement", "par exemple", "exemple", "supposons", "en supposant"),
        *("à supposer", "admettons", "rien n'indique", "aucune? (?:raison|indice|preuve)"),
        *("(?:faux|une erreur|incorrect) de (?:dire|croire|choisir)", "difficile de dire"),
        *("(?:vous dites|tu dis)", "jamais", "en aucun cas", "nullement"),
        *("peu probable", "la question est", "deuxième (?:choix|réponse)", "corrigé"),
        r"(?:réponse|question|cas|exercice)(?: \w{2,12})? (?:précédente?|antérieure?)",
        *("(?:dernière|autre) question", "parfois", "du temps"),
    ),
    refusals=("je suis désolée?", "désolée?", "je ne (?:peux|sais)", "impossible de"),
)

RULES = (
    Rule(
        "la r\u00e9ponse est",
        "French",
        "before",
        r"(?<!\w)(?:réponse|option|solution)(?: (?:correcte|exacte|finale|juste|à (?:la|cette) question))"
        r"? (?:est|serait|doit être)(?: donc| probablement)? ?:? ?|"
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
        r"(?<!\w)(?:je (?:choisis|choisirais|sélectionne|dirais|pense que (?:c'est|la réponse est)|crois "
        r"que c'est|opte pour|réponds)|j'opterais pour|j'opte pour)[ :,]{1,2}",
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
        r" (?:est|serait)(?: donc)? (?:la |l'|le )?(?:bonne|correcte?|exacte?|juste|meilleure?|vraie?|"
        r"option correcte|réponse)(?: réponse| option| choix| correcte)?(?!\w)",
        (("B est correcte.", "B"), ("L'option C est la bonne réponse.", "C")),
        ("B n'est pas correcte", "A et B sont correctes"),
    ),
    Rule(
        "B est fausse",
        "French",
        "denies after",
        r" (?:(?:est|sont|serait)(?: \w{1,12})? (?:fausse?s?|incorrecte?s?|inexacte?s?|mauvaise?s?|"
        r"exclue?s?|improbable|pas)|n'est|ne )",
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
        r"(?:\A|(?<=[\n.!;:,] )|(?<=[\n.!;:,]))(?:(?:l'|la |le |cette |cet |ce |sur )[^.\n,;]{1,40}? "
        r"(?:est|montre|représente|indique|correspond à|on voit)|il s'agit d(?:e|u)|c'est|on (?:voit|"
        r"observe|distingue|reconnaît)) "
        r"?(?:probablement )?",
        (),
        ("L'image ne montre pas liver",),
    ),
    Rule(
        "aucune des r\u00e9ponses",
        "French",
        "none of the options",
        r"(?:la (?:bonne )?réponse est ?:? ?)?aucune?(?: de(?:s|s autres)?)(?: (?:réponses?|options?|"
        r"propositions?|choix|ci-dessus|précédentes?|proposées?|ces)){1,4}(?: n'est(?: (?:correcte?|"
        r"exacte?|juste))?)?",
        (("Aucune des réponses ci-dessus", "D"),),
        (),
    ),
)
