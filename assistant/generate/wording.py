"""What a sentence tells, word by word: who, how many, what is denied or doubted. Rules for French and English."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from assistant.generate.lexicon import lexicon, sound, stem
from assistant.generate.notation import in_one_notation
from assistant.generate.scope import NEGATORS, Scope, denies_behind
from assistant.generate.tense import infinitive, is_conditional, is_future
from assistant.generate.term import AHEAD, CASES, DETERMINERS, WHO, Term
from assistant.quantities import quantities, without_dates
from assistant.text import fold, stop_words

__all__ = ["CONTRASTS", "Term", "Wording", "wording"]

_TOKEN = re.compile(
    r"[0-9]+(?::[0-9]{2})++|[0-9]++(?:\.[0-9]++)?(?:(?:st|nd|rd|th|eme|er|e)\b| ?%)?|[^\W_]+n't|[^\W_]+|[.,;:()\"!?]"
)
#: Tokens behind a word among which the other half of a phrase stands: "mettre en examen".
PHRASE = 3
_LONGEST_NUMBER = 24  # characters; Decimal would round longer ones
_ENDINGS = " %abcdefghijklmnopqrstuvwxyz"
_TIME = re.compile(r"(?<![\w.])([01]?[0-9]|2[0-4]) ?h ?([0-5][0-9])(?![0-9])")
_MONEY = re.compile(r"([$€£]) ?([0-9.]*[0-9])")
_CURRENCIES = {"$": "dollars", "€": "euros", "£": "pounds"}
_OWNERS = re.compile(r"(?<=s)['’](?= [a-z])")  # "the employers’ offer"
_MAY = re.compile(r"(?<=[\w,] )May\b")  # the month, which folding would make a possibility
_CAPITALISED = re.compile(r"[^\W\d_](?:[\w’'.-]*\w)?")
_PART = re.compile(r"[^\W_]{2,}")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Words that hold a sentence together and tell nothing of its matter, besides the stop words.
_FUNCTION = _set(
    """
    ainsi apres avant bien cependant chacun chacune contre depuis dont durant encore environ face faire fait hors
    jusqu jusque lorsqu malgre moins parmi pendant plus pu pouvoir presque pres quelque quelques selon sinon tandis
    tant tel toujours tres vers via deja dernier derniere grace cause plusieurs certains certaines leur lui peut
    peuvent pourra pourrait pourraient devrait devraient doit doivent chez tous d'apres vu quasi quasiment pratiquement
    dela autour sauf hormis excepte exception
    able about according across after can again ahead along although among around as away before behind beside besides
    between beyond by despite during each even every for from into just last like longer may might near of off on onto
    over per since still thanks though through throughout toward towards until upon when where whether while will shall
    within without yet must get got due because nearly almost virtually roughly approximately least fewer many much
    except m mm mme mlle me mr mrs ms dr pr st
    """
)
#: Words that hold a sentence together, and names of people.
_FIRST_NAMES = _set("grace will")
_COMPARISONS = {"plus": 1, "more": 1, "moins": -1, "less": -1, "fewer": -1}
CONTRASTS = _set("mais but while whereas tandis although though cependant ; alors")
_CONDITIONS = _set("unless if provided si sauf condition")
#: What has a name behind "of": the city of Grenoble is Grenoble.
_NAMED = _set("city region county country village group company state island")
#: Meanings of verbs in front of an infinitive that has come true: "continue d'augmenter".
_FACTUAL = _set("continue begin end stop succeed succeed_in achieve cause come resume help")
#: What stands between a preposition and its number: "à environ 100 patients".
_ABOUT = _set("environ quelque presque about around some roughly nearly almost")
#: What opens a clause as well as a phrase.
_OPENING = _set("after before since until avant apres depuis")
#: What joins a name to one before it that plays the same part, and the parts that two play together.
_TOGETHER = {"et": _set("agent to against with place"), ",": _set("agent against with")}
_TOGETHER |= {"and": _TOGETHER["et"]}


@dataclass(frozen=True, slots=True)
class Wording:
    """A text as it is compared with another."""

    language: str
    terms: tuple[Term, ...]
    #: Numbers, dates and times, see ``quantities``.
    quantities: frozenset[str]
    #: Whether it has "more" (1) or "less" (-1).
    comparisons: frozenset[int]
    #: Whether it quotes.
    quotes: bool
    #: Whether it names a condition.
    is_conditional: bool
    #: Whether it looks ahead: a future, a possibility, a plan.
    looks_ahead: bool


@lru_cache(maxsize=512)
def wording(text: str, language: str) -> Wording:
    """
    :param language: ISO 639-1 of ``text``.
    """
    spelled = _OWNERS.sub("'s", _MAY.sub("Mai", text)) if language == "en" else text
    written = in_one_notation(spelled, language)
    tokens = _TOKEN.findall(_spelled(written, language))
    tokens = ["an" if language == "en" and token == "a" else token for token in tokens]
    names, opening = _names(text)
    return Wording(
        language=language,
        terms=tuple(_with_cases(list(_terms(tokens, names, opening, language)))),
        quotes='"' in tokens,
        quantities=quantities(written, language),
        comparisons=frozenset(_COMPARISONS[token] for token in tokens if token in _COMPARISONS),
        is_conditional=bool(_CONDITIONS & {*tokens}),
        looks_ahead=any(_looks_ahead(token, language) for token in tokens if token not in names and token != opening),
    )


def _spelled(text: str, language: str) -> str:
    """Folded, with each number, time and sum of money in one notation."""
    digits = _TIME.sub(lambda time: f"{int(time[1]):02}:{time[2]}", without_dates(text, language))
    return _MONEY.sub(lambda sum_: f"{sum_[2]} {_CURRENCIES[sum_[1]]}", digits)


def _looks_ahead(token: str, language: str) -> bool:
    return token in AHEAD or (language == "fr" and (is_future(token) or is_conditional(token)))


def _terms(tokens: list[str], names: frozenset[str], opening: str | None, language: str) -> Iterator[Term]:
    scope = Scope(tokens, language)
    between: list[str] = []
    for at, token in enumerate(tokens):
        scope.reach(at)
        is_number, is_name = token[0].isdigit(), token in names
        if not is_number and not is_name and _is_function(token, language):
            between.append(token)
            continue
        key = _shortest(token) if is_number else token
        root = key if is_number else _root(token, language)
        meanings = _meanings(token, root, language, is_name, opens=token == opening)
        meanings |= _meanings_with(root, tokens[at + 1 : at + 1 + PHRASE], language)
        is_weak = root in lexicon().weak.get(language, ()) and not is_name
        is_matter = not (is_number or is_weak or is_name)
        yield Term(
            place=0,
            key=key,
            stem=root,
            meanings=meanings,
            is_name=is_name,
            is_number=is_number,
            is_weak=is_weak,
            opens=token == opening and not between,
            between=tuple(between),
            resumes=False,
            case="",
            negated=is_matter and (scope.is_denied or denies_behind(tokens[at + 1 : at + 3])),
            doubted=scope.is_doubted and is_matter,
            unreal=scope.is_unreal and is_matter,
            is_future=language == "fr" and not (is_number or is_name) and (is_future(token) or is_conditional(token)),
            quoted=scope.is_quoted,
        )
        scope.leave(at, meanings, is_matter, is_noun=bool(DETERMINERS & {*between}))
        between = []


def _with_cases(terms: list[Term]) -> list[Term]:
    """The terms with what those around them tell of each."""
    told: list[Term] = []
    for at, term in enumerate(terms):
        following = terms[at + 1] if at + 1 < len(terms) else None
        is_asked = term.is_infinitive and not (at and terms[at - 1].meanings & _FACTUAL)
        resumes = term.between == (",",) and _is_relative(told)
        case = _case_beside(term, following, told) if told or following else None
        case = _case(terms, at) if case is None else case
        told.append(replace(term, place=at, case=case, resumes=resumes, unreal=term.unreal or is_asked))
    return told


def _case_beside(term: Term, following: Term | None, told: list[Term]) -> str | None:
    """The case as the words on both sides tell it; None where they do not."""
    if following and following.between[:1] == ("s",):
        return "owner"
    if following and following.is_verb:
        return "" if _OPENING & {*term.between} else None  # "after protesters blocked the bridge"
    if told and (_joins(term, told[-1]) or (not term.between and _stands_with(told[-1], term))):
        return told[-1].case
    return None


def _is_relative(told: list[Term]) -> bool:
    """Whether what began with the last comma is a relative clause."""
    links = next((term.between for term in reversed(told) if "," in term.between), ())
    return bool(WHO & {*links})


def _stands_with(before: Term, term: Term) -> bool:
    """Whether the next word is of the phrase of one that was joined to others."""
    return before.case in _TOGETHER["et"] and _leads(before, term)


def _joins(term: Term, before: Term) -> bool:
    """Whether it plays the part of the one before it: "par la reine et le président", "by a company, Kaisha"."""
    link, *others = term.between or ("",)
    return before.case in _TOGETHER.get(link, ()) and {*others} <= DETERMINERS


def _case(terms: list[Term], at: int) -> str:
    links, first = terms[at].between, at
    while links in ((), ("s",)) and at - 2 < first and first and (links or _leads(terms[first - 1], terms[at])):
        first -= 1  # "par le groupe hôtelier Azalys", "by minister Karim Oualid", "ahead of Ethiopia's Tigist Bekele"
        links = terms[first].between
    telling = [word for word in links if word not in DETERMINERS | _ABOUT]
    if telling[-1:] in (["de"], ["d"], ["of"]) and first and terms[first - 1].meanings & _NAMED:
        return _case(terms, first - 1)
    if "ahead" in telling:
        return "against"
    if telling[-2:] in (["d", "apres"], ["according", "to"]):
        return "source"
    case = CASES.get(telling[-1], "") if telling else "of" if "des" in links else ""
    return "" if case == "of" and first != at else case  # "le géant du meuble Nordvik" is Nordvik


def _leads(before: Term, term: Term) -> bool:
    """Whether a word behind another is of its phrase: not Samira in "in 2018 Samira"."""
    is_time = before.is_calendar or (before.is_number and term.is_name)
    return not (is_time or before.is_infinitive)


def _is_function(token: str, language: str) -> bool:
    return not token[0].isalnum() or len(token) == 1 or token in _FUNCTION | NEGATORS or token in stop_words(language)


def _shortest(token: str) -> str:
    if ":" in token or len(token) > _LONGEST_NUMBER:
        return token
    percent = "%" if "%" in token else ""
    return f"{Decimal(token.rstrip(_ENDINGS)).normalize():f}{percent}"


def _root(token: str, language: str) -> str:
    """The stem; of French words that nothing is known of, that of the verb in "-ent" or in the future: "comptent"."""
    root = stem(token, language)
    if language != "fr" or _is_known(root):
        return root
    verbs = [f"{token[:-3]}{ending}" for ending in ("er", "ir", "re") if token.endswith("ent")]
    verbs += [f"{base}e" for base in [infinitive(token)] if base]
    return next((found for verb in verbs if _is_known(found := stem(verb, language))), root)


def _is_known(root: str) -> bool:
    known = lexicon()
    return ("fr", root) in known.meanings or root in known.weak["fr"]


def _meanings(token: str, root: str, language: str, is_name: bool, opens: bool) -> frozenset[str]:
    known = lexicon()
    meanings = known.meanings.get((language, root), frozenset())
    if is_name and (language, token) not in known.exact_words:
        meanings = frozenset(meaning for meaning in meanings if meaning.isupper() or meaning not in known.exact)
    return meanings | known.names.get(sound(token), frozenset()) if is_name or opens else meanings


def _meanings_with(root: str, following: list[str], language: str) -> frozenset[str]:
    """What a word means together with a next one: "called off"."""
    known = lexicon().meanings
    found = (known.get((language, f"{root} {stem(token, language)}"), frozenset()) for token in following)
    return frozenset().union(*found)


def _names(text: str) -> tuple[frozenset[str], str | None]:
    """The parts of what is written with a capital, folded, and the word that opens the text.

    The first word counts where a capital follows it at once ("Jim Mattis") or it has several ("ONU").
    """
    written = list(_CAPITALISED.finditer(text))
    found = {part for match in written[1:] if _has_capital(match.group()) for part in _parts(match.group())}
    acronyms = {part for match in written if match.group().isupper() for part in _parts(match.group())}
    opening = _parts(written[0].group()) if written else []
    for first, second in pairwise(written[:2]):
        adjoins = text[first.end() : second.start()] in (" ", "-") and second.group()[0].isupper()
        if adjoins or (first.group()[:2].isupper() and first.group()[:2].isalpha()):
            found.update(opening)
    not_names = (stop_words("fr") | stop_words("en") | _FUNCTION) - _FIRST_NAMES
    return frozenset((found - not_names) | acronyms), opening[0] if opening else None


def _has_capital(word: str) -> bool:
    """Whether a part of it has one: d’Elsa."""
    return any(part[:1].isupper() for part in re.split("['’]", word))


def _parts(word: str) -> list[str]:
    return _PART.findall(fold(word, accents=False).text)
