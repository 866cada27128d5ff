"""Who said what: the quotations of a text with their speakers.

Told by the words around a quotation: a verb of saying with its subject behind it ("a déclaré X", "said X"), with a
pronoun ("a-t-il ajouté", "he said"), or before it ("X a répondu : « »"), "selon X", and a quotation that goes on with
the one before. A name is given in full where the article has it ("M. Mattis" is Jim Mattis), a description by the name
that it was given with ("la ministre"), and whoever stays unnamed as the article describes him. Where nothing tells,
there is no speaker: titles of works and words at a distance are no speech.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from assistant.news.mentions import (
    BEHIND_PREPOSITION,
    DETERMINER_PATTERN,
    NAME_PATTERN,
    Mention,
    People,
    described_at,
    mention_at,
    named_at,
    noun_of,
    plain,
)
from assistant.news.speech import (
    ACCORDING,
    ADJUNCT,
    ANONYMITY,
    ENGLISH_PRONOUN,
    ENGLISH_VERB,
    FRENCH_INVERTED,
    FRENCH_VERB,
    PERSONS,
    PRONOUNS,
)
from assistant.sentences import split_sentences
from assistant.types import Article, Sentence, Speaker

#: Words that a sentence has to open with in quotation marks to be its speaker's.
LEAST_SAID = 3


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words between quotation marks, ``text[start:end]`` without the marks."""

    start: int
    end: int
    #: None where nothing tells, and where nothing is said.
    speaker: Speaker | None


def quotations(text: str) -> list[Quotation]:
    """Every quotation of ``text`` in order."""
    return _Reading(text).quotations()


def speaker_at(article: Article, start: int, end: int) -> Speaker | None:
    """Who says ``article.text[start:end]``, if most of it is one person's speech."""
    shares: Counter[Speaker] = Counter()
    for quotation in _quotations(article.text):
        if quotation.speaker:
            shares[quotation.speaker] += max(0, min(end, quotation.end) - max(start, quotation.start))
    for speaker, share in shares.most_common(1):
        return speaker if 2 * share > end - start else None
    return None


def speaker_of(sentence: Sentence) -> Speaker | None:
    """Who says a sentence: most of it, or what it opens with before it tells who speaks.

    A few words at a distance make nobody its speaker.
    """
    text = sentence.article.text
    if not any(start < sentence.end and sentence.start < end for start, end, *_ in _quoted(text)):
        return None  # most sentences, without reading the article
    speaker = speaker_at(sentence.article, sentence.start, sentence.end)
    inside = [q for q in _quotations(text) if q.start < sentence.end and sentence.start < q.end]
    if speaker or not inside or _WORD.search(text, sentence.start, inside[0].start):
        return speaker
    first = inside[0]
    is_said = len(text[first.start : min(first.end, sentence.end)].split()) >= LEAST_SAID
    return first.speaker if is_said and {q.speaker for q in inside} <= {first.speaker, None} else None


@lru_cache(maxsize=64)
def _quotations(text: str) -> tuple[Quotation, ...]:
    return tuple(quotations(text))


# --- Marks -----------------------------------------------------------------------------------------------

_LONGEST = 3000
_QUOTED = re.compile(
    rf"«\s*(?P<a>[^«»]{{1,{_LONGEST}}}?)\s*»|“\s*(?P<b>[^“”\n]{{1,{_LONGEST}}}?)\s*”"
    rf"|(?<![\w\"])\"\s*(?P<c>[^\"\n]{{1,{_LONGEST}}}?)\s*\""
)


def _quoted(text: str) -> Iterator[tuple[int, int, int, int]]:
    """Start and end with the marks, then without them."""
    for match in _QUOTED.finditer(text):
        yield (*match.span(), *match.span(match.lastgroup or 0))


# --- Attributions ----------------------------------------------------------------------------------------

_GAP = r"[\s\u00a0\u202f]*[,.]?[\s\u00a0\u202f]*(?:[–—-] ?)?"
_BEHIND_FRENCH = re.compile(rf"{_GAP}(?:{FRENCH_VERB})[ ]", re.IGNORECASE)
_BEHIND_PRONOUN = re.compile(rf"{_GAP}(?:{FRENCH_INVERTED}|{ENGLISH_PRONOUN})", re.IGNORECASE)
_BEHIND_ENGLISH = re.compile(rf"{_GAP}(?:{ENGLISH_VERB})[ ]")
_SUBJECT_FIRST = re.compile(rf"{_GAP}(?=[^\s,])")
_BEHIND_ACCORDING = re.compile(rf"{_GAP}(?:{ACCORDING.pattern})", re.IGNORECASE)
_VERB = re.compile(rf"{FRENCH_VERB}|{ENGLISH_VERB}", re.IGNORECASE)
_ENGLISH_VERB = re.compile(ENGLISH_VERB)
_INCISE = re.compile(rf", (?:{FRENCH_INVERTED}|(?:{FRENCH_VERB})[ ])", re.IGNORECASE)
_PRONOUN_SUBJECT = re.compile(r"(?:Il|Elle|Ils|Elles|He|She|They)\b")
_OBLIQUE = re.compile(r"(?:lui|elle|eux|him|her|them)\b")
_WORD = re.compile(r"\w")
_IS_PREDICATE = re.compile(r"\s(?:(?:ne|n['’]|lui|elle|also|then) ?)?|,[^.!?;\"“”«»]{1,80},\s")
_RELATIVE = re.compile(r"\b(?:qui|who) (?:\w+ ){0,2}$")
_LEAD = re.compile(r"(?:[^\s,:«»“”\"]+[ ]){0,6}[^\s,:«»“”\"]+,[ ]")
_LONGEST_LEAD = 400  # characters before a quotation that may say whose it is
_SPEECH_OPENS = re.compile(r"[A-ZÀ-ÖØ-Þ]")


class _Spoken(NamedTuple):
    """The one who spoke last, and where he is named."""

    at: int
    speaker: Speaker
    gender: str | None


def _start(mention: Mention) -> int:
    return mention.start


def _agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


class _Reading:
    """One text read for its quotations, from the first to the last."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._sentences = split_sentences(text)
        self._starts = [sentence.start for sentence in self._sentences]
        self._people = People()
        self._openers: list[Mention] = []
        self._last: _Spoken | None = None
        self._meet_people()

    def quotations(self) -> list[Quotation]:
        found: list[Quotation] = []
        for outer_start, outer_end, start, end in _quoted(self._text):
            speaker = self._speaker(outer_start, outer_end, start, end, found[-1] if found else None)
            found.append(Quotation(start, end, speaker))
        return found

    def _meet_people(self) -> None:
        """Everybody named anywhere, described ones first: "M. Mattis" may come before his first name."""
        text = self._text
        names = list(NAME_PATTERN.finditer(text))
        names.sort(key=lambda name: bool(BEHIND_PREPOSITION.search(text, max(0, name.start() - 6), name.start())))
        determiners = (
            match
            for match in DETERMINER_PATTERN.finditer(text)
            if not text[match.start() - 1 : match.start()].isalnum()
        )
        for mention in (
            *(described_at(text, match.start(), match) for match in determiners),
            *(named_at(text, match.start()) for match in names),
        ):
            if mention:
                self._people.note(mention)
        openers = (self._opener(sentence.start, sentence.end) for sentence in self._sentences)
        self._openers = [opener for opener in openers if opener and self._is_person(opener)]

    def _opener(self, start: int, end: int) -> Mention | None:
        """The subject that a sentence opens with, also behind "À Ankara, "."""
        mention = mention_at(self._text, start)
        lead = _LEAD.match(self._text, start, end)
        behind = mention_at(self._text, lead.end()) if lead else None
        if lead is None or behind is None or (mention and mention.end > lead.end()):
            return mention
        return (
            mention if mention and self._people.knows(mention.name) and not self._people.knows(behind.name) else behind
        )

    def _is_person(self, mention: Mention) -> bool:
        if mention.name:
            return self._people.knows(mention.name) or mention.gender is not None
        return not mention.indefinite and noun_of(mention.role) in PERSONS

    def _speaker(
        self, outer_start: int, outer_end: int, start: int, end: int, before: Quotation | None
    ) -> Speaker | None:
        return (
            self._behind(outer_start, outer_end)
            or self._inside(start, end)
            or self._ahead(outer_start)
            or self._going_on(outer_start, start, before)
        )

    def _sentence_of(self, at: int) -> tuple[int, int]:
        place = bisect_right(self._starts, at) - 1
        return self._sentences[place][:2] if place >= 0 and at < self._sentences[place].end else (at, at)

    def _behind(self, outer_start: int, outer_end: int) -> Speaker | None:
        """ "« … », a déclaré X", "“…,” he said", "« … », selon X"."""
        text = self._text
        if pronoun := _BEHIND_PRONOUN.match(text, outer_end):
            return self._by_pronoun(pronoun, outer_start)
        for pattern in (_BEHIND_FRENCH, _BEHIND_ENGLISH, _BEHIND_ACCORDING):
            if verb := pattern.match(text, outer_end):
                mention = self._behind_verb(verb.end())
                if mention:
                    return self._said(mention)
        subject = _SUBJECT_FIRST.match(text, outer_end)
        mention = mention_at(text, subject.end()) if subject and subject.end() > outer_end else None
        if mention and (verb := _ENGLISH_VERB.search(text, mention.end, self._line_end(outer_end))):
            between = text[mention.end : verb.start()]
            if re.fullmatch(r"\s|,[^.!?\"“”]{1,60},\s", between):
                return self._said(mention)
        return None

    def _behind_verb(self, at: int) -> Mention | None:
        for _ in range(3):
            mention = mention_at(self._text, at)
            adjunct = ADJUNCT.match(self._text, at)
            if mention and not (adjunct and not mention.name):
                return mention
            if adjunct is None:
                return mention
            at = adjunct.end()
        return None

    def _inside(self, start: int, end: int) -> Speaker | None:
        """An attribution between the marks, as newspapers write it: "« Le temps presse, dit X. Demain… »"."""
        for incise in _INCISE.finditer(self._text, start, end):
            if incise["f1"] or incise["f2"]:
                return self._by_pronoun(incise, start)
            mention = self._behind_verb(incise.end())
            if mention and mention.end <= end and (mention.name or mention.role):
                return self._said(mention)
        return None

    def _ahead(self, outer_start: int) -> Speaker | None:
        """ "X a répondu : « … »", "Selon X, « … »", "X said the plan was “…”"."""
        start = max(self._sentence_of(outer_start)[0], outer_start - _LONGEST_LEAD)
        lead = self._text[start:outer_start]
        source = self._source(start, outer_start)
        verbs = [match.span() for match in _VERB.finditer(lead)]
        if source or not (verbs or lead.rstrip().endswith(":")):
            return source
        inverted = self._behind_verb(start + verbs[-1][1] + 1) if verbs and lead.rstrip().endswith(":") else None
        if inverted and inverted.name and inverted.end <= outer_start:
            return self._said(inverted)
        if verbs and self._last and self._last.at >= start and _RELATIVE.search(lead, 0, verbs[-1][0]):
            return self._last.speaker
        if pronoun := _PRONOUN_SUBJECT.match(lead):
            return self._earlier(PRONOUNS[pronoun.group().lower()], start)
        return self._subject(start, outer_start, [start + first for first, _ in verbs])

    def _source(self, start: int, end: int) -> Speaker | None:
        """ "selon X" in ``text[start:end]``, the last of them."""
        for according in reversed(list(ACCORDING.finditer(self._text, start, end))):
            if pronoun := _OBLIQUE.match(self._text, according.end()):
                return self._earlier(PRONOUNS[pronoun.group().lower()], end)
            mention = mention_at(self._text, according.end())
            if mention and mention.end <= end and (mention.name or " " in mention.role):
                return self._said(mention)
        return None

    def _subject(self, start: int, end: int, verbs: list[int]) -> Speaker | None:
        """The subject of the sentence, where it is a person or stands right before a verb of saying."""
        mention = self._opener(start, end)
        if mention is None or mention.end > end:
            return None
        says = any(_IS_PREDICATE.fullmatch(self._text, mention.end, verb) for verb in verbs)
        return self._said(mention) if says or self._is_person(mention) else None

    def _going_on(self, outer_start: int, start: int, before: Quotation | None) -> Speaker | None:
        """A quotation of whole sentences in the paragraph of another: nobody else has taken the word."""
        if before is None or before.speaker is None or self._last is None:
            return None
        between = self._text[before.end : outer_start]
        is_sentence = _SPEECH_OPENS.match(self._text, start) and self._sentence_of(outer_start)[0] == outer_start
        split = re.search(r",\s*$", between) and len(between) < 120
        return before.speaker if "\n\n" not in between and (is_sentence or split) else None

    def _by_pronoun(self, match: re.Match[str], at: int) -> Speaker | None:
        groups = match.groupdict()
        pronoun = (groups.get("f1") or groups.get("f2") or groups.get("e1") or "").lower()
        return None if pronoun == "on" else self._earlier(PRONOUNS[pronoun], at)

    def _earlier(self, gender: str | None, at: int) -> Speaker | None:
        """Who was last spoken of before ``at``: the last speaker, or whom a sentence since then opens with.

        The first quotation of a text may come before its speaker's name.
        """
        since = bisect_right(self._openers, self._last.at if self._last else -1, key=_start)
        until = bisect_left(self._openers, at, key=_start)
        for opener in reversed(self._openers[since:until]):
            if _agree(opener.gender, gender):
                return self._said(opener)
        if self._last:
            return self._last.speaker if _agree(self._last.gender, gender) else None
        first = next(iter(self._openers[until:]), None)
        return self._said(first) if first and _agree(first.gender, gender) else None

    def _said(self, mention: Mention) -> Speaker | None:
        speaker = self._resolve(mention)
        if speaker:
            self._last = _Spoken(mention.start, speaker, mention.gender)
        return speaker

    def _resolve(self, mention: Mention) -> Speaker | None:
        if mention.name:
            return Speaker(self._people.full_name(mention.name))
        start, end = self._sentence_of(mention.start)
        if mention.indefinite or ANONYMITY.search(self._text, start, end):
            return Speaker(plain(mention.role), anonymous=True)
        described = plain(mention.role)
        return Speaker(self._people.in_role(mention.role, mention.start) or described[0].lower() + described[1:])

    def _line_end(self, at: int) -> int:
        found = self._text.find("\n", at)
        return found if found >= 0 else len(self._text)
