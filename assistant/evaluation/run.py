"""Ask every question, score what comes back, and keep each line as it comes."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from assistant.engine import Engine
from assistant.evaluation import baselines
from assistant.evaluation.abstention import as_abstained
from assistant.evaluation.baselines import Answerer, Ask
from assistant.evaluation.corpus import Corpus
from assistant.evaluation.manifest import Plan
from assistant.evaluation.records import DIGITS
from assistant.evaluation.resolve import resolve
from assistant.evaluation.results import open_log, read_pass, write_articles
from assistant.evaluation.score import score
from assistant.evaluation.types import (
    CitedSpan,
    Outcome,
    RankedSpan,
    ReferenceQuestion,
    ResolvedQuestion,
    Scored,
    Told,
)
from assistant.evaluation.variants import variants
from assistant.types import Answer, Citation, Span, Trace

log = logging.getLogger(__name__)

#: Told after each question: the pass ("" for the questions as they stand), how many are done and of how many, and
#: what was answered.
Report = Callable[[str, int, int, Scored], None]

#: Of measures that say how well was searched.
RETRIEVAL = ("article_", "passage_", "sentence_")


def run(questions: Sequence[ReferenceQuestion], answerer: Answerer) -> list[Scored]:
    """Every question resolved, asked and scored, with nothing written: ``figures`` sums it up."""
    corpus = corpus_behind(answerer)
    ask = baselines.as_it_stands(answerer)
    return [score(one, asked(one, ask)[0], corpus.articles) for one in resolve(questions, corpus)]


def corpus_behind(answerer: Answerer) -> Corpus:
    """The articles that ``answerer`` searches."""
    return Corpus({article.id: article for article in answerer.articles()}, answerer.sentences)


@dataclass(frozen=True, slots=True)
class Pass:
    """Questions put to one answerer."""

    questions: Sequence[ResolvedQuestion]
    ask: Ask


def passes(questions: Sequence[ResolvedQuestion], answerer: Answerer, plan: Plan) -> dict[str, Pass]:
    """What is to be asked, by the name of its folder: "" for the questions as they stand."""
    found = {"": Pass(questions, baselines.as_it_stands(answerer))}
    if isinstance(answerer, Engine):
        found["bm25"] = Pass(questions, baselines.bm25(answerer))
    if plan.retrieval_only:
        return found
    found["oracle"] = Pass(questions, baselines.oracle(answerer))
    if plan.leave_gold_out:
        twins = [baselines.left_out(one) for one in questions if one.gold]
        found["leave_gold_out"] = Pass(twins, baselines.leave_gold_out(answerer))
    if plan.variants:
        reworded = [
            replace(one, question=variant)
            for one in questions
            for variant in variants(one.question, plan.variants, plan.seed)
        ]
        found["variants"] = Pass(reworded, baselines.as_it_stands(answerer))
    return found


def ask_all(path: Path, asked_of: Mapping[str, Pass], corpus: Corpus, plan: Plan, report: Report) -> None:
    """Every pass into its folder in ``path``, from where an interrupted run stopped; then the articles to be shown.

    :raises UsageError: If ``path`` holds results of other questions.
    """
    for name, one in asked_of.items():
        ask_pass(path / name, one, corpus, plan, partial(report, name))
    write_articles(path, [read_pass(path / name) for name in asked_of], corpus.articles)


def ask_pass(folder: Path, one: Pass, corpus: Corpus, plan: Plan, report: Callable[[int, int, Scored], None]) -> None:
    with open_log(folder, one.questions) as results:
        first = results.done
        for number, question in enumerate(one.questions[first:], first):
            outcome, timings = asked(question, one.ask)
            scored = score(question, outcome, corpus.articles)
            results.add(
                rankings_only(scored) if plan.retrieval_only else scored,
                {"id": outcome.id, "ms": timings, "first": number == first},
            )
            report(results.done, len(one.questions), scored)


def asked(question: ResolvedQuestion, ask: Ask) -> tuple[Outcome, dict[str, float]]:
    """What was answered, and the milliseconds the answerer says it took, by stage."""
    id = question.question.id
    try:
        trace = ask(question)
    except Exception as error:  # whatever fails on one question is a finding about the assistant
        log.debug("question %s failed", id, exc_info=True)
        return Outcome(id, error=" ".join(f"{type(error).__name__}: {error}".split())), {}
    return outcome_of(id, trace), dict(trace.answer.timings_ms)


def outcome_of(id: str, trace: Trace) -> Outcome:
    answer = trace.answer
    return Outcome(
        id=id,
        abstained=answer.abstained,
        confidence=round(answer.confidence, DIGITS),
        threshold=round(trace.threshold, DIGITS),
        passages=_ranked((hit.passage, hit.score) for hit in trace.passages),
        sentences=_ranked((one.sentence, one.score) for one in trace.sentences),
        citations=tuple(_cited(answer)),
        nearest=tuple(_span(citation.sentence, citation.sentence.text) for citation in answer.nearest),
        shown=" ".join(statement.text for statement in answer.statements),
        understood_as=answer.understood_as,
        shape=answer.shape,
        told=tuple(_told(citation) for statement in answer.statements for citation in statement.citations),
        disagreement=answer.disagreement.matter if answer.disagreement else None,
    )


def _ranked(spans: Iterable[tuple[Span, float]]) -> tuple[RankedSpan, ...]:
    """Best first; equal scores by article and start, whatever order they came in."""
    found = (RankedSpan(span.article.id, span.start, span.end, round(score, DIGITS)) for span, score in spans)
    return tuple(sorted(found, key=lambda one: (-one.score, one.article, one.start)))


def _cited(answer: Answer) -> Iterator[CitedSpan]:
    """A statement that stands on one sentence shows it in its own words; one that stands on several, beside them."""
    for statement in answer.statements:
        for citation in statement.citations:
            alone = len(statement.citations) == 1
            yield _span(citation.sentence, statement.text if alone else citation.sentence.text)


def _span(sentence: Span, shown: str) -> CitedSpan:
    return CitedSpan(sentence.article.id, sentence.start, sentence.end, shown)


def _told(citation: Citation) -> Told:
    return Told(
        answering=citation.sentence.article.text[slice(*citation.answering)] if citation.answering else None,
        speaker=citation.speaker.name if citation.speaker else None,
        times=len(citation.times),
        copies=len(citation.copies),
    )


def rankings_only(scored: Scored) -> Scored:
    """Without what was answered, which the rankings alone do not tell."""
    return replace(
        scored,
        outcome=replace(as_abstained(scored.outcome), confidence=0.0, nearest=(), error=scored.outcome.error),
        measures={name: value if name.startswith(RETRIEVAL) else None for name, value in scored.measures.items()},
        cause=scored.cause if scored.outcome.error else None,
    )
