"""The parts that read news, each scored on its labelled set: ``python -m benchmarks.news [PART…]``.

Half of each set is held out: what is missed there is never printed, so that no rule is tuned on it.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assistant.copies import copy_groups
from assistant.embedding import load_embedder
from assistant.engine import Engine, open_engine
from assistant.evaluation.statistics import percentile_interval, ratio, resampled_ratios, wilson_interval
from assistant.evaluation.types import Figure, Part
from assistant.ingest import ingest
from assistant.news.disagreement import differ
from assistant.news.followups import understand
from assistant.news.shapes import answering_words, shape_of
from assistant.news.speakers import quotations
from assistant.news.times import time_expressions
from assistant.sentences import split_sentences
from assistant.settings import load_settings
from assistant.text import find_folded, fold
from assistant.types import Article, Sentence
from benchmarks.development import INDEXES

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus" / "articles"
DATA = ROOT / "tests" / "data" / "news"

#: The best sentences among which the one asked for has to be: those that an answer shows.
SHOWN = 3
#: A question that stands alone and is changed counts as so many wrong ones.
POLLUTED = 2

Case = dict[str, Any]


class Score(NamedTuple):
    """Counts over cases, and what went wrong, a line each."""

    right: int
    told: int
    wanted: int
    misses: tuple[str, ...] = ()

    @property
    def precision(self) -> float:
        return self.right / self.told if self.told else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.told + self.wanted) if self.told + self.wanted else 1.0


def total(scores: Iterable[Score]) -> Score:
    counted = list(scores)
    right, told, wanted = (sum(score[n] for score in counted) for n in range(3))
    return Score(right, told, wanted, tuple(miss for score in counted for miss in score.misses))


def cases(file: str, held_out: bool) -> list[Case]:
    lines = (DATA / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
    return [case for case in map(json.loads, lines) if case["held_out"] == held_out]


# --- Told by rules alone -----------------------------------------------------------------------------


def speakers(case: Case) -> Score:
    """Quotations with the right speaker, named or not."""
    wanted = {(q["quote"], fold(q["speaker"]).text, q["anonymous"]) for q in case["quotations"] if q["speaker"]}
    told = {
        (case["text"][q.start : q.end], fold(q.speaker.name).text, q.speaker.anonymous)
        for q in quotations(case["text"])
        if q.speaker
    }
    return _compared(case, wanted, told)


def _compared(case: Case, wanted: set[Any], told: set[Any]) -> Score:
    """Two sets of facts about a case."""
    misses = [f"{case['id']} missing {fact}" for fact in sorted(wanted - told, key=str)]
    misses += [f"{case['id']} wrong {fact}" for fact in sorted(told - wanted, key=str)]
    return Score(len(wanted & told), len(told), len(wanted), tuple(misses))


def times(case: Case) -> Score:
    """Expressions of time with both days right; of the words, they share some."""
    reference = date.fromisoformat(case["reference"]) if case["reference"] else None
    told = list(time_expressions(case["text"], reference, case["language"]))
    right, misses = 0, []
    for wanted in case["expressions"]:
        start = case["text"].index(wanted["text"])
        end = start + len(wanted["text"])
        days = tuple(date.fromisoformat(wanted[side]) if wanted[side] else None for side in ("earliest", "latest"))
        found = [one for one in told if one.start < end and start < one.end]
        is_right = len(found) == 1 and (found[0].earliest, found[0].latest) == days
        right += is_right
        if not is_right:
            got = [(case["text"][one.start : one.end], str(one.earliest), str(one.latest)) for one in found]
            misses.append(f"{case['id']} {wanted} {got}")
    if len(told) > len(case["expressions"]):
        misses.append(f"{case['id']} too many: {[case['text'][one.start : one.end] for one in told]}")
    return Score(right, len(told), len(case["expressions"]), tuple(misses))


def copies(case: Case) -> Score:
    """Pairs of articles that are copies."""
    first = sample_article(case["first"])
    second = varied(sample_article(case["second"]), first, case["steps"])
    told = bool(copy_groups([Article("first", first), Article("second", second)]))
    misses = () if told == case["copy"] else (f"{case['id']} {case['first']} {case['second']} {case['steps']}",)
    return Score(told and case["copy"], told, case["copy"], misses)


def sample_article(article_id: str) -> str:
    text = (CORPUS / f"{article_id}.md").read_text(encoding="utf-8")
    return text.split("---\n", 2)[2].strip()


def varied(text: str, first: str, steps: Iterable[str]) -> str:
    """``text`` as another title prints it, step by step."""
    for step in steps:
        name, _, value = step.partition(" ")
        paragraphs = text.split("\n\n")
        if name == "agency":
            text = f"PARIS, 9 mai (Agence) - {text}\n\n© Agence. Tous droits réservés."
        elif name == "cut":
            text = "\n\n".join(paragraphs[: max(1, round(float(value) * len(paragraphs)))])
        elif name == "move":
            text = "\n\n".join([*paragraphs[2:], *paragraphs[:2]])
        elif name == "drop":
            sentences = split_sentences(text)
            text = " ".join(text[s.start : s.end] for n, s in enumerate(sentences, 1) if n % int(value))
        elif name == "typography":
            text = text.translate(str.maketrans({"’": "'", "«": '"', "»": '"', "\u2009": " ", "\u00a0": " "})).upper()
        elif name == "lead":
            text = f"C'est l'une des nouvelles du jour, et nos lecteurs en parlent. Ce qu'il faut savoir.\n\n{text}"
        else:  # "quote": a paragraph of the first article in another one is no copy
            text = f"{text}\n\n{first.split(chr(10) * 2)[int(value)]}"
    return text


def shapes(case: Case) -> Score:
    """What kind of answer a question asks for."""
    told, wanted = shape_of(case["question"]), case["shape"]
    misses = () if told == wanted else (f"{case['id']} {case['question']} shape {told}; wanted {wanted}",)
    return Score(bool(wanted) and told == wanted, bool(told), bool(wanted), misses)


def answers(case: Case) -> Score:
    """Answering words: what is marked and what should be share most of their letters."""
    sentence, wanted = case["sentence"], case["answer"]
    told = answering_words(case["question"], sentence)
    start = sentence.index(wanted) if wanted else 0
    shared = min(told[1], start + len(wanted)) - max(told[0], start) if told and wanted else 0
    is_right = bool(told and wanted) and 2 * shared >= max(told[1] - told[0], len(wanted))
    got = f"marked {sentence[slice(*told)]}" if told else "nothing marked"
    is_a_miss = bool(told or wanted) and not is_right
    misses = (f"{case['id']} {case['question']} {got}; wanted {wanted}",) if is_a_miss else ()
    return Score(is_right, bool(told), bool(wanted), misses)


def disagreement(case: Case) -> Score:
    """Pairs of sentences that differ, in the right matter."""
    told = differ(case["question"], lone_sentence("first", case["first"]), lone_sentence("second", case["second"]))
    wanted = case["matter"]
    misses = (f"{case['id']} {case['question']} {told}; wanted {wanted}",) if told != wanted else ()
    return Score(bool(wanted) and told == wanted, bool(told), bool(wanted), misses)


def lone_sentence(name: str, facts: dict[str, str]) -> Sentence:
    """An article of one sentence."""
    published = date.fromisoformat(facts["published"])
    article = Article(name, facts["text"], facts["title"], published=published, language=facts["language"])
    return Sentence(article, 0, len(article.text), 1, 0)


def wordings(case: Case) -> Score:
    """A follow-up question in one of the wordings that a person would give it."""
    told = understand(case["question"], case["history"])
    is_right = told in case["understood"]
    misses = () if is_right else (f"{case['id']} {told}; wanted {case['understood'][0]}",)
    return Score(is_right, told is not None, 1, misses)


# --- Asked of the sample corpus ----------------------------------------------------------------------


def follow_ups(case: Case, engine: Engine) -> Score:
    """Questions that lean on others, with the sentence asked for among the best; none that stands alone is changed."""
    understood = understand(case["question"], case["history"])
    if case.get("standalone"):
        misses = (f"{case['id']} changed to {understood}",) if understood else ()
        return Score(0, POLLUTED * bool(understood), 0, misses)
    question = understood or case["question"]
    best = [ranked.sentence.text for ranked in engine.trace(question).sentences[:SHOWN]]
    found = any(find_folded(sentence, quote) is not None for sentence in best for quote in case["quotes"])
    return Score(found, 1, 1, () if found else (f"{case['id']} {question}",))


def quotes(case: Case, engine: Engine) -> Score:
    """Quotations told for what they are: exact or altered, of which article, and what the difference changes."""
    found = engine.find_quote(case["quotation"])
    article = found.citation.sentence.article.id if found.citation else None
    meaning = sorted({kind for difference in found.differences for kind in difference.meaning})
    is_told, is_there = found.status != "absent", case["status"] != "absent"
    is_right = (found.status, article, meaning) == (case["status"], case.get("article"), case.get("meaning", []))
    misses = () if is_right else (f"{case['id']} {case['quotation']}: {found.status} {article} {meaning}",)
    return Score(is_right and is_there, is_told, is_there, misses)


def latest(case: Case, engine: Engine) -> Score:
    """Questions for the newest figure whose answer begins with the article that has it."""
    answer = engine.ask(case["question"], as_of=case["as_of"] and date.fromisoformat(case["as_of"]))
    first = answer.citations[0].sentence.article.id if answer.citations else None
    is_right = first == case["article"]
    misses = () if is_right else (f"{case['id']} {case['question']} {first}; wanted {case['article']}",)
    return Score(is_right, first is not None, 1, misses)


# --- All parts ---------------------------------------------------------------------------------------

#: By part, what scores a case of it.
BY_RULES: dict[str, Callable[[Case], Score]] = {
    "wordings": wordings,
    "times": times,
    "speakers": speakers,
    "disagreement": disagreement,
    "copies": copies,
    "shapes": shapes,
    "answers": answers,
}
ON_CORPUS: dict[str, Callable[[Case, Engine], Score]] = {
    "follow-ups": follow_ups,
    "quotes": quotes,
    "latest": latest,
}
#: Parts whose cases are in a file of another name.
FILES = {"follow-ups": "followups", "wordings": "followups", "shapes": "answers"}
#: In the order in which they are told.
PARTS = (
    "follow-ups",
    "wordings",
    "times",
    "latest",
    "speakers",
    "disagreement",
    "copies",
    "quotes",
    "shapes",
    "answers",
)


@lru_cache  # the tests and the documentation ask for the same
def scores(part: str, held_out: bool, engine: Engine) -> tuple[Score, ...]:
    """Of each case of the part.

    :param engine: One of the sample corpus.
    """
    labelled = cases(FILES.get(part, part), held_out)
    if part == "wordings":
        labelled = [case for case in labelled if "understood" in case]
    if part in BY_RULES:
        return tuple(map(BY_RULES[part], labelled))
    return tuple(ON_CORPUS[part](case, engine) for case in labelled)


def measured(part: str, held_out: bool, engine: Engine) -> Part:
    """Its figures; 95 % intervals by a bootstrap over the cases, Wilson's where all of them agree."""
    counts = np.array([score[:3] for score in scores(part, held_out, engine)], dtype=float)
    right, told, wanted = counts.T
    above, below = np.array([right, right, 2 * right]), np.array([told, wanted, told + wanted])
    resampled = resampled_ratios(above, below, np.arange(len(counts)), seed=0)
    values = ratio(above.sum(axis=1), below.sum(axis=1))
    found = [_figure(*row) for row in zip(("precision", "recall", "f1"), values, below, resampled, strict=True)]
    return Part(part, len(counts), *found)


def _figure(name: str, value: float, below: np.ndarray, resampled: np.ndarray) -> Figure:
    n = int((below > 0).sum())
    low, high = wilson_interval(float(value), n) if value in (0, 1) else percentile_interval(resampled)
    return Figure(name, float(value), n, float(low), float(high))


def sample_engine() -> Engine:
    """Of the sample corpus, whose index is made if need be."""
    settings = load_settings(index=INDEXES / "shipped")
    ingest([CORPUS], settings.index, load_embedder(settings), prune=True)
    return open_engine(settings)


def report(part: str, engine: Engine) -> Iterator[str]:
    for held_out in (False, True):
        found = measured(part, held_out, engine)
        figures = (found.precision, found.recall, found.f1)
        shown = "   ".join(f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})" for one in figures)
        yield f"{part:<13} {'held out' if held_out else 'tuned':<9} {found.cases:>3} cases   {shown}"
        if not held_out:
            yield from (f"  {miss}" for miss in total(scores(part, held_out, engine)).misses)


def main(names: Sequence[str]) -> int:
    if unknown := [name for name in names if name not in PARTS]:
        print(f"no part is called {unknown[0]}. There are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    engine = sample_engine()
    print("precision, recall and F1, with their 95 % intervals")
    for part in names or PARTS:
        print(*report(part, engine), sep="\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
