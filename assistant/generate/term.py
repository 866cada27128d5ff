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
    " has have had is are was were been be will did does may could would can must"
    " aurait auraient serait seraient doit doivent peut peuvent pourrait pourraient devrait devraient va vont"
)
_PASSIVE = _set("ete etre etant fut furent vu was were been be being")
#: With these, French verbs are passive but for those that move or become.
_BEING = _set("est sont sera seront etait etaient")
_MOVED = re.compile(
    r"(?:alle|arrive|ne|descendu|devenu|entre|monte|mort|parti|passe|reste|revenu|sorti|tombe|venu)e?s?"
)
WHO = _set("who which that qui")
#: English verbs in the past: the regular ones and those that news is told with.
PAST = re.compile(
    r"\w{3,}ed|sold|won|beat|said|led|rose|fell|left|found|knew|flew|hit|gave|took|made|bought|lost|held|met|told|became"
    r"|began|struck|built|broke|sent|shot|went|came|ran|saw|paid|kept|wrote|fought|caught|brought|thought|felt|stood"
    r"|grew|drew|threw|drove|spoke|chose|hid"
)
#: Meanings of words that count in part.
_SHARES = _set("half third quarter")
#: Pronouns in front of a verb that are articles elsewhere, and others.
_OBJECTS = _set("l le la les leur")
_OTHERS = _set("se s lui y en ne n pas plus")
#: What a French infinitive is only asked for with, or meant: "à vendre", "pour éviter".
_BEFORE_INFINITIVE = [("de",), ("d",), ("au",), ("pour",)]
_INFINITIVES = tuple(
    str.split(
        "er ir dre ttre vre aitre oitre clure aincre ompre faire plaire croire boire dire lire rire crire fire uire"
    )
)
#: Of words in "-ier", those that are verbs; of the others that end so, those that are not.
_VERBS = _set(
    "allier apprecier associer beneficier certifier clarifier concilier confier copier crier dedier defier envier"
    " etudier expedier fier identifier incendier justifier licencier lier marier modifier negocier nier notifier"
    " oublier parier plier publier qualifier rallier rectifier relier remercier simplifier trier varier verifier"
)
_NOUNS = _set(
    "affaire amer avenir cher couloir desir enfer espoir fer hier hiver livre loisir mer militaire noir oeuvre plaisir"
    " soir"
)


def is_infinitive(word: str) -> bool:
    """Whether it is a French infinitive, as far as endings tell: "livrer" and "rendre", but not "guerre" and "papier".

    :param word: Folded, without accents.
    """
    if word.endswith("ier"):
        return word in _VERBS
    return word.endswith(_INFINITIVES) and word not in _NOUNS


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
    def is_quantity(self) -> bool:
        """Whether it is a number, or a word for a share: "moitié"."""
        return self.is_number or bool(_SHARES & self.meanings)

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
        return bare or self._is_helped or self._is_relative or self.key in DENIALS or self.is_future

    @property
    def _is_helped(self) -> bool:
        """Whether an auxiliary leads it, or one with a pronoun: "l'a emporté", "doit l'emporter"."""
        last = max((at for at, link in enumerate(self.between) if link in AUXILIARIES), default=None)
        behind = {*self.between[last + 1 :]} if last is not None else DETERMINERS
        return not (behind - (_OBJECTS if is_infinitive(self.key) else frozenset())) & (DETERMINERS | _PREPOSITIONS)

    @property
    def _is_relative(self) -> bool:
        """Whether it is the verb behind "qui": "qui interdisait", "qui ne l'a pas vu"."""
        behind = self.between[self.between.index("qui") + 1 :] if "qui" in self.between else ("",)
        return {*behind} <= _OBJECTS | _OTHERS

    @property
    def is_noun(self) -> bool:
        """Whether a determiner or a preposition leads it."""
        leads = bool(self.case or DETERMINERS & {*self.between})
        return leads and not (self.is_infinitive or self.between[-1:] == ("a",))  # "l'a emporté"

    @property
    def is_infinitive(self) -> bool:
        """Whether it is only asked for, agreed on, blamed: "to buy", "d'avoir vendu"."""
        if self.is_name or self.is_number:
            return False
        last = self.between[-1:]
        french = last == ("avoir",) or (last in _BEFORE_INFINITIVE and is_infinitive(self.key))
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
