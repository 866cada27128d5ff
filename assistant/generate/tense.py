"""French verbs in the future and the conditional, told from nouns and past tenses that end alike."""

import re
from functools import cache

from assistant.generate.lexicon import irregular, lexicon

#: An infinitive, or what is left of an irregular one, as these tenses are built on it: no verb in "-rer" ends so but
#: those in "-érer" and "-irer".
_BASE = r"\w*(?:er|ir|rr|[lnru]dr|ttr|[ao]itr|suivr|vivr|[dc]evr|pleuvr|mouvr|vaincr|rompr|clur|aur|oir)"
_FUTURE = re.compile(rf"({_BASE})(?:a|ai|ont|ons|ez)")
_CONDITIONAL = re.compile(rf"({_BASE})(?:ait|aient|ions)")
#: Such bases that are stems of other words too.
_BASES = frozenset(str.split("fer ser verr"))
_NOUNS = frozenset(str.split("camera opera aura"))


def is_future(word: str) -> bool:
    """
    :param word: Folded, without accents.
    """
    return _is_built_on_infinitive(word, _FUTURE)


def is_conditional(word: str) -> bool:
    return _is_built_on_infinitive(word, _CONDITIONAL)


def infinitive(word: str) -> str:
    """What a future or a conditional is built on; nothing for other words."""
    match = _FUTURE.fullmatch(word) or _CONDITIONAL.fullmatch(word)
    return match[1] if match else ""


def _is_built_on_infinitive(word: str, pattern: re.Pattern[str]) -> bool:
    """Whether what stands before the ending is no stem itself: "fermer", but not "consider" and "tir"."""
    match = pattern.fullmatch(word)
    return match is not None and word not in _NOUNS and (match[1] in _BASES or match[1] not in _stems())


@cache
def _stems() -> frozenset[str]:
    """What a stemmer leaves of French verbs in "-érer" and "-irer", as far as the lexicon knows them."""
    roots = {root for language, root in lexicon().meanings if language == "fr" and root.endswith(("er", "ir"))}
    return frozenset(roots.difference(irregular().values()))
