"""A bare question word put to the question before: "Depuis quand ?" after "Combien d'hommes l'armée a-t-elle envoyés ?"

It takes the place of the question word where that leaves a sentence; what was counted stays in it ("ces hommes").
Everywhere else it is added: "Qui préside le Louvre, et depuis quand ?" French and English.
"""

import re

_I = re.IGNORECASE

#: What is added to a question, with its question word.
ADDED = re.compile(
    r", (?:et|and) (?P<word>(?:(?:à|de|depuis|jusqu['’]à|dans|en|par|pour|avec|contre|chez|sur|devant|après|avant|vers"
    r"|since|until|from|by|in|at|on|for|with|to|of|against|before|after) )?(?:combien|quel(?:le)?s?|qui|quoi|quand|où"
    r"|pourquoi|comment|how|who|whom|when|where|why|which|what)(?: [\w’'-]+){0,4})\s*\??\s*$",
    _I,
)
_PREPOSITION = (
    r"(?:depuis|jusqu['’]à|à partir d[e']|d['’]|de|à|en|dans|chez|pour|avec|contre|sur|pendant|devant|après|avant|vers"
    r"|since|until|till|from|at|in|on|for|with|to|of|against|before|after|during)"
)
#: Words that ask for when, where, why: a question is the same sentence with another of them.
_ADVERBIAL = re.compile(
    rf"(?:quand|où|pourquoi|comment|when|where|why|how(?: (?:long(?: ago)?|often))?|par qui|by whom"
    rf"|{_PREPOSITION}[ \u00a0]?(?:quand|où|when|where|combien (?:de |d['’]).+|quel(?:le)?s? .+|(?:which|what) .+"
    r"|how (?:many|much|long).*|quoi|what))",
    _I,
)
_COUNTED = re.compile(
    r"(?:combien (?:de |d['’])|quel(?:le)?s |how many |(?:which|what) (?!(?:is|was|does|has)$))"
    r"(?P<noun>[^\W\d_][\w’'\-]*)",
    _I,
)
_INVERTED = re.compile(r"(?P<verb>[\w’']+)-(?:t-)?(?P<pronoun>ils?|elles?|on)\b", _I)
_AUXILIARY = re.compile(r"(?:\w+['’])?(?:a|ont|avait|avaient|aura|auront)", _I)
_SUBJECT = re.compile(
    r"(?<![\w’'])(?:(?:le|la|les|un|une|des|ce|cette|ces|son|sa|ses|leurs?)(?= )|l['’]|(?-i:[A-ZÀ-ÖØ-Þ]))", _I
)
_PLURAL_VERB = re.compile(r"^(?: [^\W\d_]+){0,3}? (?:s['’]|se |n['’]|ne |l['’]|les )?\w+nt\b")
_PARTICIPLE = re.compile(r" (?:(?:déjà|bien|aussi|\w+ment) )?\w+")
_INFINITIVE = re.compile(r" \w+(?:er|ir|re)\b")
_YES_OR_NO = re.compile(r"(?:is|are|was|were|did|does|do|has|have|had|will|would|can|could|should|est-ce)\b", _I)
#: What has a capital only where it opens a sentence.
_OPENS = re.compile(
    r"(?:(?:le|la|les|un|une|des|du|ce|cet|cette|ces|son|sa|ses|leurs?|est-ce|y|the|an?|this|these|is|are|was|were|did"
    r"|does|do|has|have|had|will|would|can|could|should)\b|l['’])",
    _I,
)


def put_to(asked: str, word: str, rest: str) -> str:
    """The question that the words ``asked`` ask after one that begins with ``word`` and goes on with ``rest``.

    Neither has a question mark; ``word`` is empty where a question has none in front.
    """
    whole = word + rest
    if _COUNTED.fullmatch(asked) and _COUNTED.fullmatch(word):
        return asked + rest
    anew = _asked_anew(asked, word, rest) if _ADVERBIAL.fullmatch(asked) else None
    return anew or f"{whole}, {'et' if is_french(whole) else 'and'} {_small(asked)}"


def _asked_anew(asked: str, word: str, rest: str) -> str | None:
    """With ``asked`` in the place of the question word; None where that is no sentence."""
    counted = _COUNTED.fullmatch(word)
    if counted and counted["noun"][-1] in "sxz" and counted["noun"] != "temps":
        return _of_those(asked, word, counted["noun"], rest)
    if word.lower() in ("où", "where") and asked.lower() in ("pourquoi", "why"):  # why there
        return None
    if _ADVERBIAL.fullmatch(word):
        needs_inversion = asked.lower() == "pourquoi" and not (_INVERTED.search(rest) or rest.startswith(" est-ce qu"))
        return None if needs_inversion else asked + rest
    if not word and (_INVERTED.search(rest) or _YES_OR_NO.match(rest)):
        return f"{asked} {_small(rest) if _OPENS.match(rest) else rest}"
    return None


def _of_those(asked: str, word: str, noun: str, rest: str) -> str | None:
    """ "Depuis quand l'armée a-t-elle envoyé ces hommes", "Depuis quand est-ce que ces civils ont fui"."""
    if be := re.match(r" (?:are|were|have been|had been)(?= )", rest):
        return f"{asked}{be.group()} these {noun}{rest[be.end() :]}"
    inverted = _INVERTED.search(rest)
    if not is_french(word + rest):
        return None
    if inverted is None:
        return f"{asked} est-ce que ces {noun}{rest}" if _PLURAL_VERB.match(rest) else None
    subject = _SUBJECT.search(rest, 0, inverted.start())
    if not subject and inverted["pronoun"].lower() in ("ils", "elles"):  # the men themselves
        return f"{asked} ces {noun}{rest}"
    start = subject.start() if subject else inverted.start()
    adjectives, behind = rest[:start].strip(), rest[inverted.end() :]
    verb = _PARTICIPLE.match(behind) if _AUXILIARY.fullmatch(inverted["verb"]) else re.match("", behind)
    is_longer = len(adjectives.split()) > 2 or re.search(rf"(?:{_PREPOSITION}|par)\b", adjectives, _I)
    if is_longer or verb is None or _INFINITIVE.match(behind, verb.end()):
        return None
    those = f"ces {noun} {adjectives}".strip()
    return f"{asked} {rest[start : inverted.end()]}{_without_agreement(verb.group())} {those}{behind[verb.end() :]}"


def _without_agreement(participle: str) -> str:
    """ "identifiés" before its object is "identifié"; "pris" stays."""
    if re.search(r"(?:m|pr|qu)ise?s?$", participle):
        return re.sub(r"es?$", "", participle) if participle.endswith(("e", "es")) else participle
    return re.sub(r"(?<=[éiut])e?s$|(?<=[éiut])e$", "", participle)


def is_french(text: str) -> bool:
    return not _ENGLISH.search(text)


_ENGLISH = re.compile(
    r"\b(?:the|who|what|when|where|which|how|did|was|is|were|in|of|by|at|from|and|he|she|they|it)\b", _I
)


def _small(text: str) -> str:
    return text[0].lower() + text[1:]
