"""Sentences that cannot be read alone: they open with a word for something that the sentence before names.

Rules for French and English; for other languages nothing is claimed.
"""

import re
from collections.abc import Mapping

_I = re.IGNORECASE

#: An opening that may stand before the word: a quotation mark or a dash, a conjunction, "En 2004, ", "Le même jour, ".
_OPENING = r"^[\s«»\"“”'‘–—-]*(?:(?:et|mais|or|car|donc|puis|ensuite|alors|and|but|so|then)\b,? )?"
_LEAD = r"(?:[^,.;:!?«»\"“”]{1,40}, )?"

_DANGLING: Mapping[str, re.Pattern[str]] = {
    "fr": re.compile(
        _OPENING + "(?:"
        # "Il y a", "il faut" and the like stand for nothing.
        + _LEAD + r"(?:il(?! (?:y (?:a|avait|aura|eut|en a)|n['’]y|faut|fallait|fallut|faudra|s['’]agit|pleut|neige))"
        r"|ils|elles?)\b(?!-(?!même))"
        r"|(?:ce|cette|ces) derni(?:er|ère)s?\b"
        r"|(?:celui|celle|ceux|celles)-(?:ci|là)\b|(?:cela|ceci)\b(?!-)|ça\b"
        r"|c['’](?:est|était|étaient|en)\b|ce (?:sont|fut)\b"
        r"|(?:ce|cet|cette|ces) \w"
        r"|(?:son|sa|ses|leurs?) \w"
        r"|(?:les deux|tous deux|toutes deux|l['’]un|l['’]autre|les autres)\b"
        ")",
        _I,
    ),
    "en": re.compile(
        _OPENING + "(?:"
        + _LEAD + r"(?:he|she|they|it(?! (?:rain|snow)))(?=[ '’])"
        r"|(?:the (?:latter|former)|both|the (?:two|others?))\b"
        r"|(?:this|that|these|those|such) \w"
        r"|(?:his|her|its|their) \w"
        ")",
        _I,
    ),
}  # fmt: skip


def dangles(sentence: str, language: str | None) -> bool:
    """Whether ``sentence`` opens with a pronoun, or with "this", "his" and the like before a noun."""
    pattern = _DANGLING.get(language or "")
    return bool(pattern and pattern.match(sentence))
