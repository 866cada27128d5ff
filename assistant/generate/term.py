"""A word of matter in a text, and what the words around it tell of it. Rules for French and English."""

import re
from dataclasses import dataclass, field

from assistant.generate.lexicon import lexicon


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


DENIALS = _set(
    "dementi dement dementir nie nier nient refuse refuser refusent refusait refused refuses denied denies deny"
)
AHEAD = _set(
    "will shall would may might could sera seront aura auront va vont devrait devraient doit serait seraient aurait"
    " auraient"
)
DETERMINERS = _set("le la les l un une des ce cet cette ces son sa ses leur leurs the an this that his her its their")
#: What a name is to its verb, by the word before it.
CASES = {
    word: case
    for case, words in {
        "agent": "par by",
        "to": "au aux to",
        "of": "de d du des of from chez",
        "against": "contre face devant against over ahead versus",
        "place": "en dans in at near pres vers sur sous on under depuis apres after avant before pour for",
        "source": "selon according",
        "with": "avec with",
    }.items()
    for word in words.split()
}
_PREPOSITIONS = frozenset(CASES) - _set("en to")
AUXILIARIES = _set(
    "a ont avait avaient aura auront est sont etait etaient sera seront ete fut furent"
    " has have had is are was were been be will did does may could would"
)
_PASSIVE = _set("ete etre etant fut furent vu was were been be being")
#: With these, French verbs are passive but for those that move or become.
_BEING = _set("est sont sera seront etait etaient")
_MOVED = re.compile(
    r"(?:alle|arrive|ne|descendu|devenu|entre|monte|mort|parti|passe|reste|revenu|sorti|tombe|venu)e?s?"
)
WHO = _set("who which that")
#: English verbs in the past: the regular ones and those that news is told with.
PAST = re.compile(
    r"\w{3,}ed|sold|won|beat|said|led|rose|fell|left|found|knew|flew|hit|gave|took|made|bought|lost|held|met|told|became"
    r"|began|struck|built|broke|sent|shot|went|came|ran|saw|paid|kept|wrote|fought|caught|brought|thought|felt|stood"
    r"|grew|drew|threw|drove|spoke|chose|hid"
)


#: French infinitives, as far as their endings tell them from nouns: "livrer", "rendre", but not "guerre" and "papier".
_INFINITIVE = re.compile(
    r"\w+(?:[^i]er|ir|dre|ttre|battre|[aiu]ire|clure|vre|aitre|oitre|oire|ompre|aincre|(?:cop|cr|difi|envi|fi|ifi|l|mari"
    r"|n|oc|ort|oubl|pl|ppréc|publ|reci|rif|stif|tif|tr|tud|var|vi)ier)"
)
_NOUNS = frozenset(
    str.split(
        "fer mer hiver avenir desir plaisir loisir soir noir espoir cher enfer couloir livre histoire oeuvre cadre"
    )
)


def is_infinitive(word: str) -> bool:
    """
    :param word: Folded, without accents.
    """
    return bool(_INFINITIVE.fullmatch(word)) and word not in _NOUNS


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
    #: Whether it tells next to nothing: "mettre" in "mettre fin".
    is_weak: bool
    #: Whether it opens the text, where every word has a capital.
    opens: bool
    #: What stands between the term before and this one: function words and punctuation.
    between: tuple[str, ...]
    #: Whether it goes on behind a relative clause: "the union, which represents dockers, rejected".
    resumes: bool
    #: What a name is to its verb: "agent" behind "by"; empty where nothing tells.
    case: str
    negated: bool
    doubted: bool
    #: Whether somebody only wants, plans, fears, asks for it or is accused of it.
    unreal: bool
    #: Whether it is a French verb in the future or the conditional.
    is_future: bool
    #: Whether it stands between quotation marks.
    quoted: bool

    @property
    def is_calendar(self) -> bool:
        """Whether it is a day, a month, a measure or a direction: a capital makes it no name."""
        return any(meaning in lexicon().exact and meaning.islower() for meaning in self.meanings)

    @property
    def is_people(self) -> bool:
        """Whether it is a people or its adjective: "japonais"."""
        return any(meaning in lexicon().exact and meaning.isupper() for meaning in self.meanings)

    @property
    def is_verb(self) -> bool:
        """Whether it is the verb of a clause, as far as an auxiliary or an English ending tells."""
        if self.is_name or self.is_number:
            return False
        links = {*self.between}
        leads = not links or self.resumes or (bool(WHO & links) and links <= WHO | {","})
        bare = leads and bool(PAST.fullmatch(self.key))
        helped = bool(AUXILIARIES & links) and not links & (DETERMINERS | _PREPOSITIONS)
        return bare or helped or self.key in DENIALS or self.is_future

    @property
    def is_noun(self) -> bool:
        """Whether a determiner or a preposition leads it."""
        return not self.is_infinitive and bool(self.case or DETERMINERS & {*self.between})

    @property
    def is_infinitive(self) -> bool:
        """Whether it is only asked for, agreed on, blamed: "to buy", "d'avoir vendu"."""
        if self.is_name or self.is_number:
            return False
        last = self.between[-1:]
        french = last == ("avoir",) or (last in (("de",), ("d",)) and is_infinitive(self.key))
        return french or last == ("to",) or (last == ("of",) and self.key.endswith("ing"))

    @property
    def is_bare_verb(self) -> bool:
        """Whether it is the infinitive of a French verb, by its ending, or an English one behind "to" or in "-ing"."""
        french = is_infinitive(self.key) and not DETERMINERS & {*self.between}
        return self.is_infinitive or french or (self.key.endswith("ing") and self.key != "during")

    @property
    def is_ahead(self) -> bool:
        """Whether it tells what is to come, or may."""
        links = {*self.between}
        return self.is_future or (bool(AHEAD & links) and not DETERMINERS & links)  # "doit son nom"

    @property
    def is_passive(self) -> bool:
        links = {*self.between}
        return bool(_PASSIVE & links) or (bool(_BEING & links) and "s" not in links and not _MOVED.fullmatch(self.key))
