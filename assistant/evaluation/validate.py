"""What is wrong or doubtful in a file of reference questions, before anything is measured with it."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.errors import UsageError
from assistant.evaluation.answers import contains_answer
from assistant.evaluation.corpus import Corpus
from assistant.evaluation.questions import Record, native_records, question_id, question_of, question_record
from assistant.evaluation.resolve import resolve
from assistant.evaluation.sheet import SUFFIXES, sheet_records
from assistant.evaluation.types import GoldSpan, ReferenceQuestion, ResolvedQuestion
from assistant.formats.metadata import single_line
from assistant.languages import detect_language
from assistant.text import fold, words
from assistant.types import Sentence

#: Answers that no evidence holds word for word.
_YES_OR_NO = frozenset({"oui", "non", "yes", "no"})
#: Stop words that make another question of the same words, accents folded.
_INTERROGATIVES = frozenset(
    str.split("combien comment ou pourquoi quand quel quelle quels quelles qui quoi how what when where which who why")
)
#: Letters from which a word with one of them missing is the same word misspelt: Irak is not Iran.
_LONG = 5

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend or to look at."""

    #: As people find it: ``questions.csv, row 7``.
    origin: str
    #: An error keeps a question out of the figures, or the file from being read.
    severity: Severity
    #: One line.
    message: str


def validate(path: Path, corpus: Corpus | None = None) -> list[Finding]:
    """Findings on a native file or a sheet, read record by record; without a corpus, evidence is not looked for.

    :raises UsageError: If the file as a whole cannot be read.
    """
    records = list((sheet_records if path.suffix.lower() in SUFFIXES else native_records)(path))
    read: list[tuple[Record, ReferenceQuestion]] = []
    found: list[Finding] = []
    for record in records:
        try:
            read.append((record, question_of(record)))
        except UsageError as error:
            found.append(Finding(record.origin, "error", str(error).removeprefix(f"{record.origin}: ")))
    found += [*_unknown_fields(record for record, _ in read), *_undecided(read)]
    found += check([question for _, question in read], corpus)
    return _in_order(found, [record.origin for record in records])


def check(questions: Sequence[ReferenceQuestion], corpus: Corpus | None = None) -> list[Finding]:
    """Findings on questions of any format, in the order of the questions."""
    found = [*_same_ids(questions), *_near_duplicates(questions), *_lost_variants(questions)]
    for question in questions:
        found += [*_contradictions(question), *_language(question)]
    resolved = resolve(questions, corpus) if corpus else []
    if corpus:
        found += [*_evidence(resolved), *_absent_answers(resolved, corpus), *_invented(questions, corpus)]
    found += _leaks(questions, _sentences_of(resolved, corpus) if corpus else {})
    return _in_order(found, [question.origin for question in questions])


def merge(files: Iterable[Sequence[ReferenceQuestion]]) -> tuple[list[ReferenceQuestion], list[Finding]]:
    """The questions of several files, each once, and an error for every id that stands for something else before."""
    merged: dict[str, ReferenceQuestion] = {}
    found: list[Finding] = []
    for question in (question for questions in files for question in questions):
        kept = merged.setdefault(question.id, question)
        if question_record(kept) != question_record(question):
            message = f"the id '{_line(question.id)}' stands for something else at {kept.origin}"
            found.append(Finding(question.origin, "error", message))
    return list(merged.values()), found


def _in_order(findings: Iterable[Finding], origins: Sequence[str]) -> list[Finding]:
    order = {origin: number for number, origin in enumerate(origins)}
    return sorted(findings, key=lambda finding: order[finding.origin])


def _warning(question: ReferenceQuestion, message: str) -> Finding:
    return Finding(question.origin, "warning", message)


def _line(text: str) -> str:
    return single_line(text, 80)


# --- Records -------------------------------------------------------------------------------------------


def _unknown_fields(records: Iterable[Record]) -> Iterator[Finding]:
    """One finding a field, at the first record that has it."""
    seen: set[str] = set()
    for record in records:
        for name, near in record.unknown.items():
            if name not in seen:
                hint = f" (nearest known: '{near}')" if near else ""
                yield Finding(record.origin, "warning", f"unknown field '{_line(name)}' is not used{hint}")
            seen.add(name)


def _undecided(read: Iterable[tuple[Record, ReferenceQuestion]]) -> Iterator[Finding]:
    for record, question in read:
        if not question.answerable and record.fields.get("answerable") is None:
            yield _warning(question, "neither answers nor evidence: taken as unanswerable. Say so, or add them")


# --- One question --------------------------------------------------------------------------------------


def _contradictions(question: ReferenceQuestion) -> Iterator[Finding]:
    told = question.answers or question.facts or question.evidence
    if told and not question.answerable:
        yield _warning(question, "marked as unanswerable: its answers and evidence are not used")
    if question.answerable and not (told or question.reference):
        yield _warning(question, "marked as answerable without answers or evidence: only the abstention is measured")
    right = {_folded(wording) for wordings in (question.answers, *question.facts) for wording in wordings}
    for wrong in question.forbidden:
        if _folded(wrong) in right:
            yield Finding(question.origin, "error", f"“{_line(wrong)}” is both an answer and forbidden")


def _language(question: ReferenceQuestion) -> Iterator[Finding]:
    detected = detect_language(question.question) if question.language else None
    if detected and detected != question.language:
        yield _warning(question, f"the language is said to be '{question.language}' and looks like '{detected}'")


def _lost_variants(questions: Sequence[ReferenceQuestion]) -> Iterator[Finding]:
    ids = {question.id for question in questions}
    for question in questions:
        if question.variant_of and question.variant_of not in ids:
            yield _warning(question, f"a variant of '{_line(question.variant_of)}', which is not in this file")


# --- Questions among each other ------------------------------------------------------------------------


def _same_ids(questions: Sequence[ReferenceQuestion]) -> Iterator[Finding]:
    first: dict[str, ReferenceQuestion] = {}
    for question in questions:
        kept = first.setdefault(question.id, question)
        if kept is question:
            continue
        if question.id == question_id("\n".join((*question.history, question.question))):
            yield _warning(question, f"the same question as at {kept.origin}")
        else:
            yield Finding(question.origin, "error", f"the id '{_line(question.id)}' is also that of {kept.origin}")


def _near_duplicates(questions: Sequence[ReferenceQuestion]) -> Iterator[Finding]:
    """Pairs of different ids that are no variants of each other; each question with the first one like it."""
    first: dict[Hashable, ReferenceQuestion] = {}
    for question in questions:
        signs = _signs(question)
        twin = next((first[sign] for sign in signs if sign in first), question)
        if twin.id != question.id and _root(twin) != _root(question):
            yield _warning(question, f"nearly the same question as at {twin.origin}: “{_line(twin.question)}”")
        for sign in signs:
            first.setdefault(sign, question)


def _root(question: ReferenceQuestion) -> str:
    return question.variant_of or question.id


def _leaks(questions: Sequence[ReferenceQuestion], sentences: Mapping[str, Sequence[Hashable]]) -> Iterator[Finding]:
    """Test questions that a threshold chosen on the development set has seen."""
    seen: dict[Hashable, ReferenceQuestion] = {}
    for question in questions:
        if question.split == "dev":
            seen |= dict.fromkeys([*_signs(question), *sentences.get(question.origin, ())], question)
    for question in questions:
        if question.split != "test":
            continue
        for what, signs in (("the question", _signs(question)), ("its evidence", sentences.get(question.origin, ()))):
            twin = next((seen[sign] for sign in signs if sign in seen), None)
            if twin:
                yield _warning(question, f"{what} is in the development set too ({twin.origin}): test figures flatter")
                break


def _signs(question: ReferenceQuestion) -> list[Hashable]:
    """Two questions with a sign in common are nearly the same.

    They ask in the same circumstances for the same thing with the same words, but for small words, inflection, order
    and one letter too many, missing or wrong in one long word; never for a different number.
    """
    asked = frozenset(words(question.question)) & _INTERROGATIVES
    history = tuple(map(_folded, question.history))
    around = (history, question.as_of, frozenset(question.filters.items()), asked)
    content = frozenset(words(question.question, question.language))
    if len(content) < 2:
        return [(around, _folded(question.question))]
    long = [(word, content - {word}) for word in sorted(content) if word.isalpha() and len(word) >= _LONG]
    # The word itself is one of them, for the twin that has one letter more.
    misspelt = ((around, rest, word[:at] + word[at + 1 :]) for word, rest in long for at in range(len(word) + 1))
    return [(around, content), *misspelt]


def _folded(text: str) -> str:
    return fold(text, accents=False).text.strip(" .?!")


# --- Questions and the corpus --------------------------------------------------------------------------


def _evidence(resolved: Sequence[ResolvedQuestion]) -> Iterator[Finding]:
    for one in resolved:
        if one.invalid:
            yield Finding(one.question.origin, "error", one.invalid)
        for warning in one.warnings:
            yield _warning(one.question, warning)


def _absent_answers(resolved: Sequence[ResolvedQuestion], corpus: Corpus) -> Iterator[Finding]:
    """Answers and facts of which no wording is in the sentences that should hold them."""
    for one in resolved:
        spans = [span for group in one.gold for span in group]
        texts = [(text, corpus.articles[span.article].language) for span in spans for text in _held(span, corpus)]
        for wordings in filter(None, (one.question.answers, *one.question.facts)):
            if not texts or _YES_OR_NO & set(map(_folded, wordings)):
                continue
            if not any(contains_answer(text, wordings, language or "") for text, language in texts):
                yield _warning(one.question, f"“{_line(wordings[0])}” is not in its evidence, in none of its wordings")


def _held(span: GoldSpan, corpus: Corpus) -> list[str]:
    """The text of the sentences that ``span`` touches, as one; of the article where it is meant as a whole."""
    if span.whole:
        return [corpus.articles[span.article].text]
    return [" ".join(sentence.text for sentence in _touched(span, corpus))]


def _touched(span: GoldSpan, corpus: Corpus) -> list[Sentence]:
    return [s for s in corpus.sentences(span.article) if s.start < span.end and span.start < s.end]


def _sentences_of(resolved: Sequence[ResolvedQuestion], corpus: Corpus) -> dict[str, list[Hashable]]:
    """Origin of each question -> its gold sentences."""
    return {
        one.question.origin: [
            (sentence.article.id, sentence.start)
            for group in one.gold
            for span in group
            if not span.whole
            for sentence in _touched(span, corpus)
        ]
        for one in resolved
    }


def _invented(questions: Sequence[ReferenceQuestion], corpus: Corpus) -> Iterator[Finding]:
    """Wrong answers said to be suggested by a corpus that does not hold them."""
    doubtful = [question for question in questions if not question.answerable and question.plausible]
    texts = [_folded(article.text) for article in corpus.articles.values()] if doubtful else []
    for question in doubtful:
        for wrong in question.plausible:
            if not any(_folded(wrong) in text for text in texts):
                yield _warning(question, f"the plausible answer “{_line(wrong)}” is in no article")
