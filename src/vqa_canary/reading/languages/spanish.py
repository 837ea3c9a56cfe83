"""Spanish: its words, and the rules by which its sentences name an option."""

from __future__ import annotations

from vqa_canary.reading.languages.language import Language, Rule

WORDS = Language(
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
    copulas=("es", "son", "era", "eran", "está", "están", "parece", "parecen"),
    pronouns=("este", "esta", "esto", "eso", "ello", "todo"),
    subjects=(
        *("respuesta", "opción", "diagnóstico", "resultado", "conclusión"),
        *("imagen", "imágenes", "radiografías?", "tomografía", "resonancia", "ecografía", "estudio", "corte", "plano"),
        *("modalidad", "técnica", "órganos?", "estructuras?", "regi(?:ón|ones)", "zonas?", "lados?", "áreas?"),
        *("hallazgos?", "anomalías?", "lesi(?:ón|ones)", "tumor(?:es)?", "masas?", "nódulos?", "opacidad(?:es)?"),
        *("enfermedad", "causa", "fractura", "flecha", "marcador", "círculo", "recuadro", "paciente"),
    ),
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
)

RULES = (
    Rule(
        "la respuesta es",
        "Spanish",
        "before",
        r"(?<!\w)(?:respuesta|opción|opcion|alternativa)(?: (?:correcta|final|a (?:la|esta) pregunta|más "
        r"probable))? (?:es|sería|seria|debe ser)(?: probablemente)? ?:? ?|"
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
        r"(?<!\w)(?:(?:yo )?(?:elijo|escojo|elegiría|escogería|selecciono|opto por|diría|creo que es|"
        r"pienso que es|creo que la respuesta es))[ :,]{1,2}",
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
        r" (?:es|sería|seria) (?:la |el )?(?:correct[oa]|respuesta|opción correcta|verdader[oa]|mejor|"
        r"adecuad[oa])(?: respuesta| opción| correcta)?(?!\w)",
        (("B es correcta.", "B"), ("La opción C es la respuesta correcta", "C")),
        ("B no es correcta", "A y B son correctas"),
    ),
    Rule(
        "B es falsa",
        "Spanish",
        "denies after",
        r" (?:(?:es|son|sería|está)(?: \w{1,12})? (?:incorrect[oa]s?|fals[oa]s?|erróne[oa]s?|improbable|"
        r"descartada?)|no )",
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
        r"(?:\A|(?<=[\n.!;:,] )|(?<=[\n.!;:,]))(?:(?:la|el|esta|este|esto|en) ?[^.\n,;]{0,40}? ?(?:es|"
        r"muestra|representa|indica|corresponde a|se ve)|se trata de|se ve|es) (?:probablemente )?|se "
        r"trata del? ",
        (),
        ("La imagen no muestra liver",),
    ),
    Rule(
        "ninguna de las anteriores",
        "Spanish",
        "none of the options",
        r"(?:la respuesta (?:correcta )?es ?:? ?)?ningun[oa](?: de)(?: (?:las|los|estas|respuestas|"
        r"opciones|anteriores|alternativas|mencionadas|dadas)){1,4}(?: es(?: correcta)?)?",
        (("Ninguna de las anteriores", "D"), ("Ninguna de las opciones es correcta.", "D")),
        (),
    ),
)
