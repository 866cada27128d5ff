"""What holds for a word by the words before it: that it is denied, doubted, only wanted."""

from collections.abc import Sequence

from assistant.generate.tense import is_conditional
from assistant.generate.term import AUXILIARIES, DENIALS, PAST, is_infinitive


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


NEGATORS = _set("ne n aucun aucune sans ni nul nulle jamais not no never none neither nor without cannot nobody")
_WITHOUT = _set("sans without")
#: What makes a French "ne" deny; without it, "ne … que" restricts, and behind a comparison it says nothing.
_DENIES = _set("pas jamais rien aucun aucune plus ni guere nul nulle personne")
_EXPLETIVE = _set("plus moins avant autre que qu crainte peur")
#: How far from "ne" these stand.
_REACH = 7
#: What is behind "not" or "no" that leaves it without effect: "not only", "no fewer than".
_UNDENIED = _set("only just fewer less more later")
_OPENS_CLAUSE = _set("que qu that")
_OPENS_OBJECT = _set("de d to avoir")
_DOUBTS = _set("may might could would pourrait pourraient reportedly allegedly possibly perhaps eventuellement")
#: What somebody can or must do is not done.
_MODALS = _set("can must should")
_FRENCH_MODALS = _set("peut peuvent pourra pourront doit doivent devra devront faut")
_REACH_OF_MODAL = 3
BREAKS = _set(', ; : ( ) " . ! ? mais but et and ou or car while tandis tant lorsque when')
_ENDS = _set(". ; ! ?")
_JOINS = _set("et ou and or")
_PRONOUNS = _set("il elle ils elles on he she it they")
#: Meanings of verbs that tell what somebody said.
SPEECH = _set(
    "say promise warn explain confirm confess conclude announce claim_that insist remind comment mention admit answer"
    " predict recommend inform complain reveal believe estimate signal"
)
#: Meanings of verbs and nouns behind which nothing is told to have happened.
_UNREAL = _set(
    "want plan threaten threaten_verb ask suggest recommend urge accuse suspect suppose doubt fear possible probable"
    " impossible predict expect try refuse deny promise risk avoid prevent hinder forbid ban allow oppose claim_that"
    " negotiate discuss hesitate ready order provide invite candidate complaint"
)
#: Those of nouns, which hold for the word behind "of" alone: "menace de grève".
_UNREAL_NOUNS = _set("want plan threaten fear risk try accuse suspect candidate complaint refuse promise ask possible")
_LINKS = _set("de d to of")


class Scope:
    """A walk through the tokens of a text. A negation holds for the next word, for two behind "without" and "that"."""

    def __init__(self, tokens: Sequence[str], language: str) -> None:
        self._tokens = tokens
        self._language = language
        self._denied = self._doubted = 0
        self._is_within = self._refuses = self._reports = self._speaks = False
        self._is_behind_word = self._is_in_clause = self._is_noun_behind = False
        self.is_quoted = self.is_unreal = False

    @property
    def is_denied(self) -> bool:
        return self._denied > 0

    @property
    def is_doubted(self) -> bool:
        return self._doubted > 0

    def reach(self, at: int) -> None:
        """Go on to the token at a place."""
        token = self._tokens[at]
        self.is_quoted ^= token == '"'
        if token in BREAKS:
            self._denied = self._doubted = 0
            self._is_within = False
            self._reports = self._reports and token not in _ENDS
            self.is_unreal = self.is_unreal and token in _JOINS and not self._begins_clause(at + 1)
        elif self._denies(at):
            self._denied, self._is_within = 2 if token in _WITHOUT else 1, True
        elif self._is_within and token in _OPENS_CLAUSE:
            self._denied = 2
        elif self._refuses and self._is_behind_word and token in _OPENS_OBJECT:
            self._denied = 1
        if token in _OPENS_CLAUSE:
            self._reports = self._reports or (self._is_behind_word and self._speaks)
            self._is_in_clause = self.is_unreal
        elif token in AUXILIARIES and self._is_behind_word and not self._is_in_clause:
            self.is_unreal = False  # "douze tours prévues ont été bâties"
        self.is_unreal = self.is_unreal or self._is_modal(at)
        if token in _DOUBTS or (self._language == "fr" and not self._reports and is_conditional(token)):
            self._doubted = 1
        self._is_behind_word = False

    def leave(self, at: int, meanings: frozenset[str], is_matter: bool, is_noun: bool) -> None:
        """Go on behind a word.

        :param is_matter: Whether it is a word that can be denied: no name, no number, and one that tells something.
        :param is_noun: Whether a determiner leads it.
        """
        self._denied, self._doubted = max(self._denied - is_matter, 0), max(self._doubted - is_matter, 0)
        if self._is_noun_behind:
            self.is_unreal = self._is_noun_behind = False
        if is_noun and _UNREAL_NOUNS & meanings and _LINKS & {*self._tokens[at + 1 : at + 2]}:
            self._is_noun_behind = not self.is_unreal
            self.is_unreal = True
        self.is_unreal = self.is_unreal or bool(not is_noun and _UNREAL & meanings)
        self._refuses = self._tokens[at] in DENIALS
        self._speaks = bool(SPEECH & meanings)
        self._is_within = self._is_within or self._refuses
        self._is_behind_word = True

    def _is_modal(self, at: int) -> bool:
        """Whether it is "doit" as in "doit encore gagner", not as in "doit son nom"."""
        following = self._tokens[at + 1 : at + 1 + _REACH_OF_MODAL]
        return self._tokens[at] in _MODALS or (
            self._tokens[at] in _FRENCH_MODALS and any(is_infinitive(token) for token in following)
        )

    def _denies(self, at: int) -> bool:
        token, following = self._tokens[at], self._tokens[at + 1 : at + 2]
        if token in ("ne", "n") and self._language == "fr":
            return self._is_denial(at)
        return (token in NEGATORS or token.endswith("n't")) and not _UNDENIED & {*following}

    def _is_denial(self, at: int) -> bool:
        """Whether a "ne" denies."""
        behind = self._tokens[at + 1 : at + 1 + _REACH]
        clause = behind[: next((n for n, token in enumerate(behind) if token in BREAKS), _REACH)]
        denying = next((n for n, token in enumerate(clause) if token in _DENIES), None)
        if denying is not None:
            return not (clause[denying] == "plus" and _OPENS_CLAUSE & {*clause[denying + 1 : denying + 2]})
        return not _OPENS_CLAUSE & {*clause} and not _EXPLETIVE & {*self._tokens[max(at - 4, 0) : at]}

    def _begins_clause(self, at: int) -> bool:
        """Whether what comes behind "et" or "and" is a verb or a subject of its own."""
        following = self._tokens[at : at + 1]
        return any(token in AUXILIARIES | _PRONOUNS or PAST.fullmatch(token) for token in following)


def denies_behind(following: Sequence[str]) -> bool:
    """Whether what is behind a verb denies it: "killed no one"."""
    return following[:1] in (["nobody"], ["nothing"], ["none"]) or following[:2] == ["no", "one"]
