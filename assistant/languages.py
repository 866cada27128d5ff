"""Which language a text is written in."""

from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING

from assistant.text import stop_words, words

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

#: The languages newspapers are commonly written in. The model knows eighty more; leaving them out is what
#: keeps a short French text from being called Occitan, Walloon or Latin, and an English one Pidgin.
PRESS_LANGUAGES = frozenset(
    str.split(
        "af ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl he hi hr hu hy id is it ja ka "
        "kk ko lt lv mk ml ms mt nl no pl pt ro ru sk sl sq sr sv sw ta te th tl tr uk ur vi zh"
    )
)

#: Share of the candidates' probability the best one needs. At 0.6, of 800 French questions (PIAF) 97 % are
#: told and 0.4 % told wrongly, of 800 English ones (SQuAD) 99 % and none; of 900 articles, all rightly.
CONFIDENCE = 0.6
#: Probability all candidates need together. Below it the text is in a language that is none of them, and the
#: likeliest candidate means nothing: an Arabic question among French and English.
PLAUSIBLE = 0.02
#: What is read of a long text, in characters: enough to be sure, and 0.4 ms.
ENOUGH = 2000


def detect_language(text: str, candidates: Collection[str] | None = None) -> str | None:
    """ISO 639-1 code of the language of ``text``, or None where it is too short to tell.

    ``candidates`` are the only codes that may be returned (default: the languages of the press). For a short
    question, pass the few languages that questions are asked in: "Où ?" is French beside English alone, and
    nothing among sixty. Codes unknown to the model are ignored.
    """
    allowed = PRESS_LANGUAGES if candidates is None else frozenset(candidates)
    ranked = [(code, share) for code, share in _identifier().rank(text[:ENOUGH]) if code in allowed]
    total = sum(share for _, share in ranked)
    if total < PLAUSIBLE or not any(character.isalpha() for character in text[:ENOUGH]):
        return None
    code, share = ranked[0]
    return str(code) if share >= CONFIDENCE * total else None


@cache
def _identifier() -> "LanguageIdentifier":
    # Loading the model takes a second, importing numpy a tenth: neither belongs to importing this module.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def question_language(text: str, candidates: Collection[str], otherwise: str) -> str:
    """The language of a question among ``candidates``, or ``otherwise`` where nothing tells.

    Its small words mostly tell ("combien de", "how many"), at no cost; the model is loaded for the rest.
    """
    spoken = set(words(text))
    votes = sorted(((len(spoken & stop_words(code)), code) for code in candidates), reverse=True)
    if votes[0][0] and (len(votes) == 1 or votes[0][0] > votes[1][0]):
        return votes[0][1]
    return detect_language(text, candidates) or otherwise
