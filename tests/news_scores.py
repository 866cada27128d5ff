"""Scores the news parts on their labelled sets: ``python tests/news_scores.py [PART…]``.

Misses are printed for the half that rules may be tuned on, and never for the half held out.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from assistant.copies import copy_groups
from assistant.news.disagreement import differ
from assistant.news.shapes import answering_words, shape_of
from assistant.news.speakers import quotations
from assistant.news.times import time_expressions
from assistant.sentences import split_sentences
from assistant.text import fold
from assistant.types import Article, Sentence

CORPUS = Path(__file__).parent.parent / "corpus" / "articles"
DATA = Path(__file__).parent / "data" / "news"

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


def cases(part: str, held_out: bool) -> list[Case]:
    lines = (DATA / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    return [case for case in map(json.loads, lines) if case["held_out"] == held_out]


def total(scores: Iterable[Score]) -> Score:
    counted = list(scores)
    right, told, wanted = (sum(score[n] for score in counted) for n in range(3))
    return Score(right, told, wanted, tuple(miss for score in counted for miss in score.misses))


def compared(case: Case, wanted: set[Any], told: set[Any]) -> Score:
    """Two sets of facts about a case."""
    misses = [f"{case['id']} missing {fact}" for fact in sorted(wanted - told, key=str)]
    misses += [f"{case['id']} wrong {fact}" for fact in sorted(told - wanted, key=str)]
    return Score(len(wanted & told), len(told), len(wanted), tuple(misses))


def speakers(case: Case) -> Score:
    """Quotations with the right speaker, named or not."""
    wanted = {(q["quote"], fold(q["speaker"]).text, q["anonymous"]) for q in case["quotations"] if q["speaker"]}
    told = {
        (case["text"][q.start : q.end], fold(q.speaker.name).text, q.speaker.anonymous)
        for q in quotations(case["text"])
        if q.speaker
    }
    return compared(case, wanted, told)


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


def answers(case: Case) -> Score:
    """Answering words: what is marked and what should be share most of their letters."""
    sentence, wanted = case["sentence"], case["answer"]
    told = answering_words(case["question"], sentence)
    start = sentence.index(wanted) if wanted else 0
    shared = min(told[1], start + len(wanted)) - max(told[0], start) if told and wanted else 0
    is_right = bool(told and wanted) and 2 * shared >= max(told[1] - told[0], len(wanted))
    is_right_shape = shape_of(case["question"]) == case["shape"]
    misses = (
        []
        if is_right == bool(wanted) and bool(told) == bool(wanted)
        else [f"marked {sentence[slice(*told)]}" if told else "nothing marked"]
    )
    misses += [] if is_right_shape else [f"shape {shape_of(case['question'])}"]
    lines = [f"{case['id']} {case['question']} {miss}; wanted {wanted}" for miss in misses]
    return Score(is_right, bool(told), bool(wanted), tuple(lines))


def disagreement(case: Case) -> Score:
    """Pairs of sentences that differ, in the right matter."""
    told = differ(case["question"], lone_sentence("first", case["first"]), lone_sentence("second", case["second"]))
    wanted = case["matter"]
    lines = (f"{case['id']} {case['question']} {told}; wanted {wanted}",) if told != wanted else ()
    return Score(bool(wanted) and told == wanted, bool(told), bool(wanted), lines)


def lone_sentence(name: str, facts: dict[str, str]) -> Sentence:
    """An article of one sentence."""
    published = date.fromisoformat(facts["published"])
    article = Article(name, facts["text"], facts["title"], published=published, language=facts["language"])
    return Sentence(article, 0, len(article.text), 1, 0)


PARTS: dict[str, Callable[[Case], Score]] = {
    "speakers": speakers,
    "times": times,
    "copies": copies,
    "answers": answers,
    "disagreement": disagreement,
}


def report(part: str) -> Iterator[str]:
    for held_out in (False, True):
        score = total(map(PARTS[part], cases(part, held_out)))
        half = "held out" if held_out else "tuned"
        yield (
            f"{part:<12} {half:<9} precision {score.precision:.3f} recall {score.recall:.3f} F1 {score.f1:.3f}"
            f" ({score.wanted} wanted)"
        )
        if not held_out:
            yield from (f"  {miss}" for miss in score.misses)


if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        print(*report(name), sep="\n")
