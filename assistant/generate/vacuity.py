"""Claims that say next to nothing: a pronoun and a word that the sentence merely names, as in "C'est une attoseconde."

Whatever a sentence is about, such a claim finds its one word there; who or what the pronoun stands for, nothing tells.
"""

import re

from assistant.generate.wording import wording
from assistant.text import fold

_PRONOUN = re.compile(r"\W*(?:c'|(?:ce|cela|ca|ceci|il|elle|ils|elles|on|it|he|she|they|this|that|these|those)(?!\w))")
_WORD = re.compile(r"[^\W_]+")


def is_vacuous(claim: str, language: str, sentence: str) -> bool:
    """Whether a claim is a pronoun and one word, and the sentence does not say just that."""
    if len(wording(claim, language).terms) != 1 or not _PRONOUN.match(fold(claim, accents=False).text):
        return False
    return f" {_words(claim)} " not in f" {_words(sentence)} "


def _words(text: str) -> str:
    return " ".join(_WORD.findall(fold(text, accents=False).text))
