"""Languages of which only yes, no and some small words are known: open questions in them need options of their own.

To add one, write its row here; to let distractors be invented for it, give it `terms` as `chinese.py` does.
"""

from __future__ import annotations

import re

from vqa_canary.sources.languages.language import QuestionLanguage


def _row(
    code: str, called: str, yes_no: tuple[str, str], yes: str, no: str, words: str, speaks_of_others: str
) -> QuestionLanguage:
    return QuestionLanguage(
        code=code,
        called=called,
        words=frozenset(words.split()),
        yes_no=yes_no,
        yes=frozenset(yes.split()),
        no=frozenset(no.split()),
        speaks_of_others=re.compile(speaks_of_others),
    )


ROWS = (
    _row(
        "de", "German", ("Ja", "Nein"), "ja wahr richtig", "nein falsch",
        "ist sind welchem der die das den dem des ein eine einer eines welche welcher welches welchen was wo wie wer "
        "warum im auf dem bild und gibt es zeigt liegt sichtbar wird wurde handelt sich um kann hat bei zu von mit",
        r"keine?[rs]?( d(er|ieser|avon)\b.*)?|nichts davon|alle( d(er|ieser)| oben)? ?genannten.*"
        r"|alle davon|beides?|beide .*",
    ),
    _row(
        "fr", "French", ("Oui", "Non"), "oui vrai", "non faux",
        "est sont le la les un une des du quel quelle quels quelles où que quoi qui comment pourquoi combien dans sur "
        "cette cet ce ces il elle y-a-t-il a-t-il et est-ce l'image pas avec pour au aux montre",
        r"aucune?( (de|des) .*| réponse.*)?|toutes? (ces|les) (réponses|propositions).*|tous les deux|les deux",
    ),
    _row(
        "es", "Spanish", ("Sí", "No"), "sí si verdadero", "no falso",
        "es son el la los las un una unos unas del qué que cuál cuáles cual dónde donde cómo quién por hay en esta "
        "este imagen se y con está están muestra órgano",
        r"ningun[ao]( de (las|los) .*)?|tod[ao]s (las|los) anteriores|amb[ao]s",
    ),
    _row(
        "it", "Italian", ("Sì", "No"), "sì si vero", "no falso",
        "è sono il lo la gli le un una del della dei delle quale quali che cosa dove come quanti quante nel nella c'è "
        "ci questa questo immagine organo e con mostra",
        r"nessun[ao]( delle .*| dei .*)?|tutte le (risposte )?precedenti|entramb[ei]",
    ),
    _row(
        "pt", "Portuguese", ("Sim", "Não"), "sim verdadeiro", "não nao falso",
        "é são o os as um uma do da dos das qual quais que onde como quantos quantas há na no nas nos esta este imagem "
        "órgão e com está mostra",
        r"nenhuma?( d[ao]s .*)?|tod[ao]s [ao]s anteriores|amb[ao]s",
    ),
    _row(
        "nl", "Dutch", ("Ja", "Nee"), "ja waar", "nee onwaar",
        "is zijn de het een welk welke wat waar hoe wie waarom er op dit deze afbeelding orgaan en met van",
        r"geen van .*|alle bovenstaande|beide",
    ),
)  # fmt: skip
"""Languages in which yes/no questions are read and nothing else, one row for each."""
