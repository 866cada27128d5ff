"""Real models, small enough for two cores: ``make llm`` fetches them and runs these tests.

The sample corpus is asked; the models word what it answers. What they write is printed with ``-s``, to be read.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest
from models import MODELS, llama_server

from assistant.engine import Engine
from assistant.evaluation.answers import contains_answer
from assistant.generate.events import Ended, Worded
from assistant.generate.service import Service
from assistant.generate.writer import Writer
from assistant.quantities import quantities
from assistant.text import fold, words
from assistant.types import Answer, Statement

pytestmark = pytest.mark.llm

QUESTIONS = Path(__file__).parents[2] / "corpus" / "questions.jsonl"
ASKED = 40

BAD, SMALL = MODELS


@dataclass(frozen=True, slots=True)
class Case:
    """A question of the sample corpus that is answered from it."""

    answer: Answer
    #: Any of them is right.
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model made of it."""

    case: Case
    statements: tuple[Statement, ...]
    ended: Ended

    @property
    def is_right(self) -> bool:
        text = " ".join(statement.text for statement in self.statements)
        return contains_answer(text, self.case.right, self.case.answer.language)


@pytest.fixture(scope="module")
def cases(sample_engine: Engine) -> list[Case]:
    return list(islice(_cases(sample_engine), ASKED))


def _cases(engine: Engine) -> Iterator[Case]:
    with open(QUESTIONS, encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if record.get("answers") and not record.get("history"):
                answer = engine.ask(record["question"])
                if not answer.abstained:
                    yield Case(answer, tuple(record["answers"]))


@pytest.fixture(scope="module", params=[BAD, SMALL])
def outcomes(request: pytest.FixtureRequest, cases: list[Case]) -> Iterator[tuple[str, list[Outcome]]]:
    model = MODELS[request.param]
    pytest.importorskip("xllamacpp", reason="llama.cpp is not installed: make llm")
    if not model.path.is_file():
        pytest.skip(f"{model.name} is not in build/models: make llm")
    with llama_server(model) as url:
        writer = Writer(Service(url, model.name, first_token_timeout=60.0, total_timeout=120.0))
        yield model.name, [asyncio.run(_worded(writer, case)) for case in cases]


async def _worded(writer: Writer, case: Case) -> Outcome:
    events = [event async for event in writer.word(case.answer)]
    statements = tuple(event.statement for event in events if isinstance(event, Worded) and event.verified)
    assert isinstance(events[-1], Ended)
    return Outcome(case, statements, events[-1])


def test_what_is_shown_as_verified_says_no_more_than_its_source(outcomes: tuple[str, list[Outcome]]) -> None:
    name, found = outcomes
    print(f"\n{table(name, found)}\n")
    for outcome in found:
        for statement in outcome.statements:
            print(f"{outcome.case.answer.question}\n  {statement.text}")
            source = " ".join(citation.sentence.text for citation in statement.citations)
            print(f"  < {source}")
            assert source, statement.text
            language, told_in = outcome.case.answer.language, statement.citations[0].sentence.article.language
            assert quantities(statement.text, language) <= quantities(source, told_in), (statement.text, source)
            new = _roots(statement.text, language) - _roots(f"{source} {outcome.case.answer.question}", language)
            assert len(new) <= 1, (new, statement.text, source)


def _roots(text: str, language: str) -> set[str]:
    """The beginnings of its words, which inflection leaves alone."""
    return {fold(word, accents=False).text[:4] for word in words(text, language)}


def test_a_model_of_half_a_billion_words_what_a_bad_one_cannot(outcomes: tuple[str, list[Outcome]]) -> None:
    name, found = outcomes
    worded = [outcome for outcome in found if outcome.statements]
    right = sum(outcome.is_right for outcome in worded)
    if name == SMALL:
        assert right >= 0.6 * len(worded) > 0
    assert all(outcome.ended.answer is None for outcome in found if not outcome.statements)


def table(name: str, found: list[Outcome]) -> str:
    """A line for docs/generation.md: asked, worded, of these right, sentences withheld, what ended the others."""
    worded = [outcome for outcome in found if outcome.statements]
    faults = sorted({outcome.ended.fault for outcome in found if outcome.ended.fault})
    counts = ", ".join(f"{fault} {sum(o.ended.fault == fault for o in found)}" for fault in faults)
    withheld = sum(outcome.ended.withheld for outcome in found)
    seconds = sorted(outcome.ended.timings_ms["generate"] / 1000 for outcome in found)
    return (
        f"| {name} | {len(found)} | {len(worded)} | {sum(o.is_right for o in worded)} | {withheld} | {counts} |"
        f" {seconds[len(seconds) // 2]:.1f} |"
    )
