"""Question–passage pairs from the development sets: ``python -m benchmarks.reader.data OUT [DRAW]``.

Every pair says which of its sentences answer, none of them included. Unanswerable ones are, from the hardest:
questions that people wrote to be unanswerable (SQuAD 2, CLAP NQ); the gold passage without its answering
sentence; a passage of the same article; a question with a name or number swapped; the passage of another article
that shares the most words. Articles with ``held_out`` are never trained on, and neither are the 73 XQuAD questions
whose French translations are a test.
"""

import json
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np

from assistant.sentences import split_sentences
from assistant.text import fold, stop_words, words
from benchmarks.development import contains_answer, folder

SEED = 20260
#: Times each question is drawn, each time with other windows, unanswerable twins and spellings.
DRAWS = 2
#: One article in six is for the final figures only.
PARTS = 6
#: Tokens are about four characters: a passage has at most this many characters, drawn for each pair.
SHORTEST, LONGEST = 240, 520


@dataclass(frozen=True, slots=True)
class Pair:
    """A question with a passage, and which of its sentences answer; none of them is an answer too."""

    set: str
    #: How it came about; see ``kinds`` in the README.
    kind: str
    question: str
    title: str
    sentences: tuple[str, ...]
    right: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a set, in sentences."""

    id: str
    article: str
    title: str
    language: str
    sentences: tuple[str, ...]
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its paragraph; ``right`` is empty when it cannot be answered there."""

    set: str
    question: str
    language: str
    answers: tuple[str, ...]
    paragraph: Paragraph
    right: tuple[int, ...]
    #: Where a wrong answer looks plausible.
    tempting: tuple[int, ...] = ()


def main(out: str, first: int = 0) -> None:
    """Write the pairs of the draws from number ``first`` on."""
    pairs = [pair for draw in range(first, first + DRAWS) for pair in training_pairs(random.Random(SEED + draw))]
    with open(out, "w", encoding="utf-8") as file:
        for pair in pairs:
            file.write(json.dumps(asdict(pair), ensure_ascii=False) + "\n")
    counts: dict[tuple[str, str], int] = {}
    for pair in pairs:
        counts[pair.set, pair.kind] = counts.get((pair.set, pair.kind), 0) + 1
    for (name, kind), count in sorted(counts.items()):
        print(f"{name:14} {kind:10} {count:6}")


def read_pairs(path: Path) -> list[Pair]:
    with open(path, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return [Pair(**r | {"sentences": tuple(r["sentences"]), "right": tuple(r["right"])}) for r in records]


def held_out(key: str) -> bool:
    """Whether an article is for the final figures only."""
    return crc32(f"reader {key}".encode()) % PARTS == 0


# --- The sets --------------------------------------------------------------------------------------------


def questions(name: str) -> list[Asked]:
    """The questions of a set with their gold paragraph, or the one they were written against."""
    paragraphs = read_paragraphs(name)
    file = "questions_all.jsonl" if name == "piaf_fr_dev" else "questions.jsonl"
    asked = []
    for record in _records(name, file):
        found = _ask(name, record, paragraphs)
        asked += [found] if found else []
    return asked


def read_paragraphs(name: str) -> dict[str, Paragraph]:
    return {record["id"]: _paragraph(record) for record in _records(name, "corpus.jsonl")}


def article_key(paragraph: Paragraph) -> str:
    """SQuAD 2 and XQuAD share articles, and so do XQuAD's languages: one key for all of them."""
    if paragraph.id.startswith("xq-"):
        return _xquad_titles()[paragraph.article.split("-")[-1]]
    return paragraph.title if paragraph.id.startswith("sq2-") else paragraph.article


def _records(name: str, file: str) -> list[dict]:  # type: ignore[type-arg]
    with open(folder(name) / file, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _paragraph(record: dict) -> Paragraph:  # type: ignore[type-arg]
    text, spans = record["text"], split_sentences(record["text"], record["lang"])
    return Paragraph(
        record["id"],
        record.get("article") or record["id"],
        record["title"].replace("_", " "),
        record["lang"],
        tuple(text[s.start : s.end] for s in spans),
        tuple(s.start for s in spans),
    )


def _ask(name: str, record: dict, paragraphs: dict[str, Paragraph]) -> Asked | None:  # type: ignore[type-arg]
    ids = record.get("gold_ids") or record.get("near_ids") or []
    if len(ids) != 1 or ids[0] not in paragraphs:
        return None
    paragraph, answers = paragraphs[ids[0]], tuple(record.get("answers") or ())
    right: tuple[int, ...] = ()
    tempting = tuple(_holding(paragraph, record.get("plausible_wrong") or ()))
    if record["answerable"]:
        if record.get("gold_sentences"):
            right = _matching(paragraph, record["gold_sentences"])
        elif record["gold_start"] is not None:
            right = (max(i for i, start in enumerate(paragraph.starts) if start <= record["gold_start"]),)
        if not right:
            return None
    return Asked(name, record["question"], record["lang"], answers, paragraph, right, tempting)


def _matching(paragraph: Paragraph, gold: Sequence[str]) -> tuple[int, ...]:
    """Sentences that share most of their words with a gold one (the sentence splitters may differ)."""
    wanted = [set(words(sentence)) for sentence in gold]
    found = []
    for place, sentence in enumerate(paragraph.sentences):
        own = set(words(sentence))
        if own and any(len(own & other) >= 0.8 * len(own) for other in wanted):
            found.append(place)
    return tuple(found)


def _holding(paragraph: Paragraph, answers: Sequence[str]) -> Iterator[int]:
    for place, sentence in enumerate(paragraph.sentences):
        if answers and contains_answer(sentence, answers):
            yield place


def _xquad_titles(known: dict[str, str] = {}) -> dict[str, str]:  # noqa: B006 (read once)
    if not known:
        for record in _records("xquad_en_es", "corpus.jsonl"):
            if record["lang"] == "en":
                known[record["article"].split("-")[-1]] = record["title"].replace("_", " ")
    return known


# --- Pairs -----------------------------------------------------------------------------------------------


def training_pairs(draw: random.Random) -> Iterator[Pair]:
    """All pairs, shuffled; what is drawn depends on the seed alone."""
    reserved = {r["english_question"] for r in _records("crosslingual_fr_question_xquad", "questions.jsonl")}
    sets = {
        name: [a for a in questions(name) if not held_out(article_key(a.paragraph)) and a.question not in reserved]
        for name in ("piaf_fr_dev", "squad2_en_dev", "clapnq_en_dev", "afriqa_fr_en")
    }
    sets["xquad_en_es"] = _across_languages(reserved)
    pairs = [
        pair
        for name, asked in sets.items()
        for pair in _pairs(asked, draw, again=name in ("piaf_fr_dev", "clapnq_en_dev"))
    ]
    draw.shuffle(pairs)
    yield from pairs


def _across_languages(reserved: set[str]) -> list[Asked]:
    """Each XQuAD question in one language on the paragraph in the other, and the Spanish ones on their own."""
    by_id = {}
    for record, asked in zip(_records("xquad_en_es", "questions.jsonl"), questions("xquad_en_es"), strict=True):
        by_id[record["qid"], record["lang"]] = asked
    kept = []
    for (qid, language), asked in by_id.items():
        there = by_id[qid, "es" if language == "en" else "en"]
        if reserved & {asked.question, there.question} or held_out(article_key(asked.paragraph)):
            continue
        kept.append(replace(there, question=asked.question, language=asked.language))
        if language == "es" and crc32(qid.encode()) % 2:
            kept.append(asked)
    return kept


def _pairs(asked: Sequence[Asked], draw: random.Random, again: bool) -> Iterator[Pair]:
    siblings: dict[str, dict[str, Paragraph]] = {}
    for a in asked:
        siblings.setdefault(a.paragraph.article, {})[a.paragraph.id] = a.paragraph
    near = _near_paragraphs(asked)
    names = _names(asked)
    for place, a in enumerate(asked):
        if not a.right:
            yield _window(a, a.tempting, "written", draw)
            continue
        yield _window(a, a.right, "right", draw)
        if again and draw.random() < 0.6:
            yield _window(a, a.right, "right", draw)
        chance = draw.random()
        written = a.set == "squad2_en_dev"  # has hard ones of its own
        if chance < (0.1 if written else 0.34):
            yield from _without_answer(a, draw)
        elif chance < (0.15 if written else 0.52):
            others = [p for p in siblings[a.paragraph.article].values() if p.id != a.paragraph.id]
            if others:
                yield from _elsewhere(a, draw.choice(others), "sibling", draw)
        elif chance < (0.2 if written else 0.62):
            yield from _twin(a, names, draw)
        elif chance < (0.25 if written else 0.7):
            yield from _elsewhere(a, draw.choice(near[place]), "retrieved", draw)


def _window(a: Asked, around: Sequence[int], kind: str, draw: random.Random) -> Pair:
    """A run of sentences about one of ``around`` (or about any), no longer than a passage of the assistant."""
    sentences = a.paragraph.sentences
    seed = draw.choice(list(around) or range(len(sentences)))
    first, last, room = seed, seed, draw.randint(SHORTEST, LONGEST) - len(sentences[seed])
    while room > 0 and (first > 0 or last < len(sentences) - 1):
        before = first > 0 and (last == len(sentences) - 1 or draw.random() < 0.5)
        first, last = (first - 1, last) if before else (first, last + 1)
        room -= len(sentences[first if before else last])
    right = tuple(place - first for place in a.right if first <= place <= last)
    title = a.paragraph.title if draw.random() < 0.9 else ""
    return Pair(a.set, kind, _asked_otherwise(a, draw), title, sentences[first : last + 1], right)


def _without_answer(a: Asked, draw: random.Random) -> Iterator[Pair]:
    left = tuple(s for place, s in enumerate(a.paragraph.sentences) if place not in a.right)
    if left and not (a.answers and any(contains_answer(sentence, a.answers) for sentence in left)):
        paragraph = replace(a.paragraph, sentences=left)
        near = min(a.right[0], len(left) - 1)
        yield _window(replace(a, paragraph=paragraph, right=()), [near], "removed", draw)


def _elsewhere(a: Asked, paragraph: Paragraph, kind: str, draw: random.Random) -> Iterator[Pair]:
    if not contains_answer(" ".join(paragraph.sentences), a.answers or ("\0",)):
        yield _window(replace(a, paragraph=paragraph, right=()), (), kind, draw)


_NUMBER = re.compile(r"\b\d+\b")
_NAME = re.compile(r"(?<=[^.?!:«\"] )[A-ZÀ-Ý][\w’'-]{2,}(?: [A-ZÀ-Ý][\w’'-]{2,})*")


def _names(asked: Sequence[Asked]) -> list[str]:
    return [name for a in asked for name in _NAME.findall(a.question)]


def _twin(a: Asked, names: Sequence[str], draw: random.Random) -> Iterator[Pair]:
    """The same question about another number or name, which the passage does not know."""
    text = " ".join((a.paragraph.title, *a.paragraph.sentences))
    found = [m for m in (*_NUMBER.finditer(a.question), *_NAME.finditer(a.question)) if m.group() in text]
    if not found:
        return
    match = draw.choice(found)
    old = match.group()
    new = str(max(1, int(old) + draw.choice([-12, -7, -3, 2, 4, 9, 15]))) if old.isdigit() else draw.choice(names)
    if new == old or contains_answer(text, [new]):
        return
    question = a.question[: match.start()] + new + a.question[match.end() :]
    yield _window(replace(a, question=question, right=()), a.right, "twin", draw)


def _near_paragraphs(asked: Sequence[Asked], count: int = 3) -> list[list[Paragraph]]:
    """For each question, the paragraphs of other articles that share the most telling words with it."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    paragraphs = list({a.paragraph.id: a.paragraph for a in asked}.values())
    model = TfidfVectorizer(sublinear_tf=True, strip_accents="unicode")
    texts = model.fit_transform([" ".join((p.title, *p.sentences)) for p in paragraphs])
    scores = (model.transform([a.question for a in asked]) @ texts.T).toarray()
    articles = np.array([p.article for p in paragraphs])
    for row, a in zip(scores, asked, strict=True):
        row[articles == a.paragraph.article] = -1
    return [[paragraphs[i] for i in order[:count]] for order in np.argsort(-scores, axis=1)]


# --- Ways to ask -----------------------------------------------------------------------------------------


def _asked_otherwise(a: Asked, draw: random.Random) -> str:
    """The question as someone in a hurry would type it, once in four times."""
    chance, text = draw.random(), a.question
    if chance < 0.07:
        return fold(text, accents=False).text
    if chance < 0.13:
        return _mistyped(text, draw)
    if chance < 0.2:
        return text.lower().rstrip(" ?")
    if chance < 0.24:
        stop = stop_words(a.language)
        kept = [word for word in re.findall(r"[\w’'-]+", text) if word.lower() not in stop]
        return " ".join(kept) if len(kept) > 2 else text
    return text


def _mistyped(text: str, draw: random.Random) -> str:
    letters = list(text)
    for _ in range(max(1, len(text) // 20)):
        place = draw.randrange(len(letters) - 1)
        letters[place : place + 2] = draw.choice(
            [
                [letters[place + 1], letters[place]],
                [letters[place]],
                [letters[place], letters[place], letters[place + 1]],
            ]
        )
    return "".join(letters)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
