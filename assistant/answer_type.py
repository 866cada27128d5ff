"""What kind of thing a question asks for, and whether a sentence holds one: a number, a date, a person.

Rules for French and English; for other languages and other questions nothing is claimed.
"""

import re
from typing import Literal

AnswerType = Literal["number", "date", "person"]

_I = re.IGNORECASE

#: In order: "depuis combien d'années" asks for a number, "en quelle année" for a date.
_ASKED: tuple[tuple[AnswerType, re.Pattern[str]], ...] = (
    (
        "number",
        re.compile(
            r"\bcombien\b|\bà combien\b"
            r"|\bquel(?:le)?s? (?:est|était|sont|étaient|fut|a été|fut)? ?(?:le |la |l['’]|les )?"
            r"(?:nombre|taux|hauteur|vitesse|âge|prix|somme|montant|part|pourcentage|proportion|altitude|température"
            r"|durée|distance|score|bilan|superficie|population|poids|taille|longueur|largeur|profondeur|coût|budget"
            r"|magnitude|chiffre|effectif|record)\b"
            r"|\bhow (?:many|much|long|tall|high|far|old|fast|big|large|deep|heavy|wide|often)\b"
            r"|\bwhat (?:is|was|were|are)? ?(?:the )?"
            r"(?:number|percentage|share|height|speed|age|price|cost|amount|rate|score|distance|toll|population|size"
            r"|length|depth|weight|altitude|temperature|magnitude|budget)\b",
            _I,
        ),
    ),
    (
        "date",
        re.compile(
            r"\bquand\b|\bquelles? (?:date|année|heure|époque|saison)s?\b|\bquels? (?:jour|mois|siècle)s?\b"
            r"|\bwhen\b|\b(?:what|which) (?:date|year|day|month|time|century|decade)\b",
            _I,
        ),
    ),
    ("person", re.compile(r"^\W*qui\b|\b(?:à|de|par|avec|pour|chez|contre|sur) qui\b|\bwho(?:m|se)?\b", _I)),
)

_NUMBER_WORDS = (
    "deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt|trente|quarante"
    "|cinquante|soixante|cents?|mille|millions?|milliards?|centaines?|dizaines?|douzaines?|milliers?|moitié|tiers|quart"
    "|two|three|four|five|seven|eight|nine|ten|eleven|twelve|thirteen|fifteen|twenty|thirty|forty|fifty|sixty"
    "|hundreds?|thousands?|billions?|dozens?|half|third|quarter|once|twice"
)
_MONTHS = (
    "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
    "|january|february|march|april|may|june|july|august|september|october|november|december"
)
_DAYS = (
    "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    "|hier|aujourd['’]hui|demain|veille|lendemain|yesterday|today|tomorrow|siècle|century"
)

_HELD: dict[AnswerType, re.Pattern[str]] = {
    "number": re.compile(rf"\d|\b(?:{_NUMBER_WORDS})\b", _I),
    "date": re.compile(
        rf"\b(?:1\d|20)\d\d\b|\b(?:{_MONTHS}|{_DAYS})\b|\b\d{{1,2}}\s?h(?:\s?\d\d)?\b|\b\d{{1,2}}[:.]\d\d\s?[ap]\.?m\b",
        _I,
    ),
    # A capital that does not open the sentence or a quotation.
    "person": re.compile(
        r"(?<=[\w,;:’'] )[^\W\d_a-zà-ÿ][\w’'-]+|(?<=\b[ldLD]['’])[^\W\d_a-zà-ÿ]\w+"
        r"|\b(?:MM?|Mme|Mlle|Mr|Mrs|Ms|Dr|Pr)\.? [^\W\d_a-zà-ÿ]"
    ),
}


def answer_type(question: str) -> AnswerType | None:
    """What ``question`` asks for, or None where no rule tells."""
    return next((kind for kind, pattern in _ASKED if pattern.search(question)), None)


def holds(sentence: str, kind: AnswerType | None) -> bool:
    """Whether ``sentence`` has something of that kind; any sentence does for None."""
    return kind is None or bool(_HELD[kind].search(sentence))
