"""What a sentence tells, word by word: who, how many, what is denied or doubted. Rules for French and English."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from assistant.generate.lexicon import lexicon, sound, stem
from assistant.quantities import quantities, without_dates
from assistant.text import fold, stop_words

_TOKEN = re.compile(
    r"[0-9]+(?::[0-9]{2})++|[0-9]++(?:\.[0-9]++)?(?:(?:st|nd|rd|th|eme|er|e)\b| ?%)?|[^\W_]+n't|[^\W_]+|[.,;:()\"!?]"
)
_LONGEST_NUMBER = 24  # characters; Decimal would round longer ones
_ENDINGS = " %abcdefghijklmnopqrstuvwxyz"
_TIME = re.compile(r"(?<![\w.])([01]?[0-9]|2[0-4]) ?h ?([0-5][0-9])(?![0-9])")
_MONEY = re.compile(r"([$€£]) ?([0-9.]*[0-9])")
_CURRENCIES = {"$": "dollars", "€": "euros", "£": "pounds"}
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
    peuvent pourra pourrait pourraient devrait devraient doit doivent chez tous d'apres vu able about according
    across after can again ahead along although among around as away before behind beside besides between beyond by
    despite during each even every for from into just last like longer may might near of off on onto over per since
    still thanks though through throughout toward towards until upon when where whether while will shall within
    without yet must get got due because m mm mme mlle me mr mrs ms dr pr st
    """
)
_NEGATORS = _set("ne n aucun aucune sans ni nul nulle jamais not no never none neither nor without cannot nobody")
_DENIALS = _set(
    "dementi dement dementir nie nier nient refuse refuser refusent refusait refused refuses denied denies deny"
)
_WITHOUT = _set("sans without")
_OPENS_CLAUSE = _set("que qu that")
_OPENS_OBJECT = _set("de d to")
#: Meanings of verbs that tell what somebody said.
SPEECH = _set("say promise warn explain confirm confess conclude")
_DOUBTS = _set("may might could would pourrait pourraient reportedly allegedly possibly perhaps eventuellement")
_CONDITIONAL = re.compile(r"\w{2,}r(?:ait|aient|ions)")
_FUTURE = re.compile(r"\w{3,}r(?:a|ai|ont|ons|ez|ait|aient)")
_AHEAD = _set("will shall would may might could sera seront aura auront va vont devrait devraient doit")
_COMPARISONS = {"plus": 1, "more": 1, "moins": -1, "less": -1, "fewer": -1}
CONTRASTS = _set("mais but while whereas tandis although though cependant ; alors")
_CONDITIONS = _set("unless if provided si sauf condition")
_RESTRICTION = re.compile(r"\b(?:ne|n') ?[^,;.]{1,60}? (?:que |qu')")
_DENIAL = re.compile(r"\b(?:pas|aucune?|jamais|rien)\b")
_BREAKS = _set(', ; : ( ) " . ! ? mais but et and ou or car while tandis tant lorsque when')
_ENDS = _set(". ; ! ?")
_DETERMINERS = _set("le la les l un une des ce cet cette ces son sa ses leur leurs the an this that his her its their")
#: What has a name behind "of": the city of Grenoble is Grenoble.
_NAMED = _set("city region county country village group company state island")
#: What a name is to its verb, by the word before it.
_CASES = {
    "agent": "par by",
    "to": "a au aux to",
    "of": "de d du des of from chez",
    "against": "contre face devant against over ahead versus",
    "place": "en dans in at near pres vers sur on depuis apres after avant before pour for",
    "source": "selon according",
    "with": "avec with",
}
_CASE = {word: case for case, given in _CASES.items() for word in given.split()}
_PREPOSITIONS = frozenset(_CASE) - _set("a en to")
_AUXILIARIES = _set(
    "a ont avait avaient aura auront est sont etait etaient sera seront ete fut furent"
    " has have had is are was were been be will did does may could would"
)
_PASSIVE = _set("ete etre fut furent vu was were been be")
#: With these, French verbs are passive but for those that move or become.
_BEING = _set("est sont sera seront etait etaient")
_MOVED = re.compile(
    r"(?:alle|arrive|ne|descendu|devenu|entre|monte|mort|parti|passe|reste|revenu|sorti|tombe|venu)e?s?"
)
#: French verbs in the future.
_TO_COME = re.compile(r"\w{2,}(?:era|eront|ira|iront|dra|dront)")
#: English verbs in the past: the regular ones and those that news is told with.
_WHO = _set("who which that")
_PAST = re.compile(
    r"\w{3,}ed|sold|won|beat|said|led|rose|fell|left|found|knew|flew|hit|gave|took|made|bought|lost|held|met|told|became"
    r"|began|struck|built|broke|sent|shot|went|came|ran|saw|paid|kept|wrote|fought|caught|brought|thought|felt|stood"
    r"|grew|drew|threw|drove|spoke|chose|hid"
)


@dataclass(frozen=True, slots=True)
class Term:
    """A word that tells something."""

    #: From 0 within its text.
    place: int
    #: Folded, without accents; a number in its shortest notation.
    key: str
    stem: str
    meanings: frozenset[str] = field(repr=False)
    is_name: bool
    is_number: bool
    #: Whether it opens the text, where every word has a capital.
    opens: bool
    #: What stands between the term before and this one: function words and punctuation.
    between: tuple[str, ...]
    #: What a name is to its verb: "agent" behind "by"; empty where nothing tells.
    case: str
    negated: bool
    doubted: bool
    #: Whether it stands between quotation marks.
    quoted: bool

    @property
    def is_calendar(self) -> bool:
        """Whether it is a day, a month, a measure or a direction: a capital makes it no name."""
        return any(meaning in lexicon().exact and meaning.islower() for meaning in self.meanings)

    @property
    def is_verb(self) -> bool:
        """Whether it is the verb of a clause, as far as an auxiliary or an English ending tells."""
        if self.is_name or self.is_number:
            return False
        links = {*self.between}
        bare = (not links or (bool(_WHO & links) and links <= _WHO | {","})) and bool(_PAST.fullmatch(self.key))
        helped = bool(_AUXILIARIES & links) and not links & (_DETERMINERS | _PREPOSITIONS)
        return bare or helped or self.key in _DENIALS or bool(_TO_COME.fullmatch(self.key))

    @property
    def is_noun(self) -> bool:
        """Whether a determiner or a preposition leads it."""
        return bool(_DETERMINERS & {*self.between}) or bool(self.case and self.between[-1:] != ("a",))

    @property
    def is_infinitive(self) -> bool:
        """Whether it is only asked for, agreed on, blamed: "to buy", "d'avoir vendu"."""
        last = self.between[-1:]
        french = last == ("avoir",) or (last in (("de",), ("d",)) and self.key.endswith(("er", "ir", "re")))
        return french or last == ("to",) or (last == ("of",) and self.key.endswith("ing"))

    @property
    def is_ahead(self) -> bool:
        """Whether it tells what is to come, or may."""
        return bool(_AHEAD & {*self.between}) or bool(_FUTURE.fullmatch(self.key))

    @property
    def is_passive(self) -> bool:
        links = {*self.between}
        return bool(_PASSIVE & links) or (bool(_BEING & links) and "s" not in links and not _MOVED.fullmatch(self.key))


@dataclass(frozen=True, slots=True)
class Wording:
    """A text as it is compared with another."""

    language: str
    terms: tuple[Term, ...]
    #: Numbers, dates and times, see ``quantities``.
    quantities: frozenset[str]
    #: Whether it has "more" (1) or "less" (-1).
    comparisons: frozenset[int]
    #: Whether it sets one thing against another.
    contrasts: bool
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
    tokens = _TOKEN.findall(_spelled(_MAY.sub("Mai", text) if language == "en" else text, language))
    names, opening = _names(text)
    return Wording(
        language=language,
        terms=tuple(_with_cases(list(_terms(text, tokens, names, opening, language)))),
        contrasts=bool(CONTRASTS & {*tokens}),
        quotes='"' in tokens,
        quantities=quantities(text, language),
        comparisons=frozenset(_COMPARISONS[token] for token in tokens if token in _COMPARISONS),
        is_conditional=bool(_CONDITIONS & {*tokens}),
        looks_ahead=any(_looks_ahead(token, language) for token in tokens if token not in names and token != opening),
    )


def _spelled(text: str, language: str) -> str:
    """Folded, with each number, time and sum of money in one notation."""
    digits = _TIME.sub(lambda time: f"{int(time[1]):02}:{time[2]}", without_dates(text, language))
    return _MONEY.sub(lambda sum_: f"{sum_[2]} {_CURRENCIES[sum_[1]]}", digits)


def _looks_ahead(token: str, language: str) -> bool:
    return token in _AHEAD or (language == "fr" and bool(_FUTURE.fullmatch(token)))


def _terms(text: str, tokens: list[str], names: frozenset[str], opening: str | None, language: str) -> Iterator[Term]:
    """The words of matter; a negation holds for the next one, for two behind "without", "que" and "that"."""
    restricted = language == "fr" and _is_restricted(text)
    between: list[str] = []
    denied = doubted = 0
    is_within = refuses = reports = speaks = is_quoted = False
    for token in tokens:
        is_quoted ^= token == '"'
        if token in _BREAKS:
            denied = doubted = 0
            is_within = False
            reports = reports and token not in _ENDS
        elif (token in _NEGATORS and not restricted) or token.endswith("n't"):
            denied, is_within = 2 if token in _WITHOUT else 1, True
        elif is_within and token in _OPENS_CLAUSE:
            denied = 2
        elif refuses and not between and token in _OPENS_OBJECT:
            denied = 1
        reports = reports or (token in _OPENS_CLAUSE and not between and speaks)
        if token in _DOUBTS or (language == "fr" and not reports and _CONDITIONAL.fullmatch(token)):
            doubted = 1
        is_number = token[0].isdigit()
        if not is_number and token not in names and _is_function(token, language):
            between.append(token)
            continue
        key = _shortest(token) if is_number else token
        root = key if is_number else stem(token, language)
        meanings = _meanings(token, root, language, token in names or token == opening)
        is_matter = not is_number and token not in names
        yield Term(
            place=0,
            key=key,
            stem=root,
            meanings=meanings,
            is_name=token in names,
            is_number=is_number,
            opens=token == opening and not between,
            between=tuple(between),
            case="",
            negated=bool(denied) and is_matter,
            doubted=bool(doubted) and is_matter,
            quoted=is_quoted,
        )
        denied, doubted = max(denied - is_matter, 0), max(doubted - is_matter, 0)
        refuses = token in _DENIALS
        speaks = bool(SPEECH & meanings)
        is_within = is_within or refuses
        between = []


def _with_cases(terms: list[Term]) -> Iterator[Term]:
    for at, term in enumerate(terms):
        following = terms[at + 1].between if at + 1 < len(terms) else ()
        yield replace(term, place=at, case="owner" if following[:1] == ("s",) else _case(terms, at))


def _case(terms: list[Term], at: int) -> str:
    links, first = terms[at].between, at
    while links in ((), ("s",)) and at - 2 < first and first and (links or not terms[first - 1].is_name):
        first -= 1  # "par le groupe hôtelier Azalys", "by minister Karim Oualid", "ahead of Ethiopia's Tigist Bekele"
        links = tuple(word for word in terms[first].between if word != "a")  # "a battu Sofia": no "à"
    telling = [word for word in links if word not in _DETERMINERS]
    if telling[-1:] in (["de"], ["d"], ["of"]) and first and terms[first - 1].meanings & _NAMED:
        return _case(terms, first - 1)
    if "ahead" in telling:
        return "against"
    case = _CASE.get(telling[-1], "") if telling else "of" if "des" in links else ""
    return "" if case == "of" and first != at else case  # "le géant du meuble Nordvik" is Nordvik


def _is_function(token: str, language: str) -> bool:
    return not token[0].isalnum() or len(token) == 1 or token in _FUNCTION | _NEGATORS or token in stop_words(language)


def _is_restricted(text: str) -> bool:
    """Whether its "ne" is that of "ne … que", which denies nothing."""
    folded = fold(text, accents=False).text
    return bool(_RESTRICTION.search(folded)) and not _DENIAL.search(folded)


def _shortest(token: str) -> str:
    if ":" in token or len(token) > _LONGEST_NUMBER:
        return token
    percent = "%" if "%" in token else ""
    return f"{Decimal(token.rstrip(_ENDINGS)).normalize():f}{percent}"


def _meanings(token: str, root: str, language: str, may_be_name: bool) -> frozenset[str]:
    known = lexicon()
    meanings = known.meanings.get((language, root), frozenset())
    return meanings | known.names.get(sound(token), frozenset()) if may_be_name else meanings


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
    not_names = stop_words("fr") | stop_words("en") | _FUNCTION
    return frozenset((found - not_names) | acronyms), opening[0] if opening else None


def _has_capital(word: str) -> bool:
    """Whether a part of it has one: d’Elsa."""
    return any(part[:1].isupper() for part in re.split("['’]", word))


def _parts(word: str) -> list[str]:
    return _PART.findall(fold(word, accents=False).text)
