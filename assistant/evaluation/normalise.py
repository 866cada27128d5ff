"""Answers as they are compared: as a language asks for, and as the official SQuAD 2.0 script does.

The two differ where it matters: SQuAD's removes punctuation before it looks for articles, so that "l’armée"
is "larmée", and knows the articles of English only.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

from assistant.text import fold, join_numbers

#: What an answer may begin with and still be the same answer: articles, and what they merge with.
ARTICLES = {
    language: frozenset(words.split())
    for language, words in {
        "de": "der die das den dem des ein eine einen einem einer eines",
        "en": "a an the",
        "es": "el la los las lo un una unos unas de del al",
        "fr": "le la les l un une des du de d au aux",
        "it": "il lo la i gli le l un uno una di d del dello della dei degli delle dell al allo alla ai agli alle all",
        "pt": "o a os as um uma uns umas de do da dos das ao aos à às",
    }.items()
}

#: What French elides. Its other apostrophes stand within a word: "aujourd’hui", "prud’homme", "quelqu’un".
ELISION = re.compile(r"(?<!\w)([cdjlmnst]|(?:jus|lors|puis|quoi)?qu)['’]", re.IGNORECASE)

# Thai, Lao, Burmese, Khmer, kana and Chinese characters: no spaces tell their words apart.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
_BREAK = re.compile(r"(?P<kept>(?<=\w)'(?=\w)|(?<![\d.])\d++\.\d++(?!\.?\d))|[^\w\s]|_")


def normalise(text: str, language: str | None, *, articles: bool = False, accents: bool = True) -> str:
    """The tokens of ``text``, one space between them.

    In this order: NFKC, case, œ and æ; digits of one number together, decimals with a point; elisions split;
    punctuation and symbols become spaces; articles go, unless nothing would be left. Scripts without spaces give
    one token a character.

    :param language: ISO 639-1; no articles are known of others than those in ``ARTICLES``.
    :param articles: True keeps them.
    :param accents: False drops them, last of all.
    """
    tokens = _tokens(text, language)
    removed = frozenset() if articles else ARTICLES.get(language or "", frozenset())
    normalised = " ".join([token for token in tokens if token not in removed] or tokens)
    return normalised if accents else fold(normalised, accents=False).text


@lru_cache(maxsize=256)  # one answer is compared several times in a row
def _tokens(text: str, language: str | None) -> tuple[str, ...]:
    joined = join_numbers(fold(text).text, language)
    split = ELISION.sub(r"\1 ", joined) if language == "fr" else joined.replace("'", " ")
    return tuple(_UNSPACED.sub(r" \g<0> ", _BREAK.sub(_kept_or_space, split)).split())


def _kept_or_space(match: re.Match[str]) -> str:
    # A vowel sign of an Indic script is neither a letter nor punctuation.
    return match.group() if match["kept"] or unicodedata.category(match.group()).startswith("M") else " "


def overlap(tokens: Sequence[str], others: Sequence[str]) -> int:
    """How many tokens both have, each as often as it occurs in both."""
    return (Counter(tokens) & Counter(others)).total()


def token_f1(predicted: Sequence[str], gold: Sequence[str]) -> float:
    """Harmonic mean of precision and recall over tokens; where one has none, 1 if neither has (SQuAD 2.0)."""
    if not predicted or not gold:
        return float(predicted == gold)
    return 2 * overlap(predicted, gold) / (len(predicted) + len(gold))


# --- The official script of SQuAD 2.0 (evaluate-v2.0.py), restated ------------------------------------


def squad_normalise(text: str) -> str:
    """Lower case, without ASCII punctuation, without "a", "an" and "the", one space between words."""
    bare = text.lower().translate(str.maketrans("", "", string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def squad_exact(predicted: str, answers: Sequence[str]) -> float:
    """1 if ``predicted`` is one of ``answers``; no answers mean that the empty one is right."""
    return _best(lambda answer: float(squad_normalise(predicted) == squad_normalise(answer)), answers)


def squad_f1(predicted: str, answers: Sequence[str]) -> float:
    """``token_f1`` with the answer that suits best; no answers mean that the empty one is right."""
    tokens = squad_normalise(predicted).split()
    return _best(lambda answer: token_f1(tokens, squad_normalise(answer).split()), answers)


def _best(score: Callable[[str], float], answers: Sequence[str]) -> float:
    return max(map(score, [answer for answer in answers if squad_normalise(answer)] or [""]))
