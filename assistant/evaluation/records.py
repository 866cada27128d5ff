"""The nouns of an evaluation as JSON and back.

What is hashed is canonical: keys sorted, no spaces, numbers to six digits, so that equal results are equal bytes.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from assistant.evaluation.questions import from_record, question_record
from assistant.evaluation.types import (
    Change,
    CitedSpan,
    Figure,
    GateResult,
    GoldSpan,
    Outcome,
    Part,
    RankedSpan,
    ResolvedQuestion,
    Scored,
    Told,
)
from assistant.types import Article

DIGITS = 6

Record = dict[str, Any]


def canonical(record: Any) -> bytes:
    """One line of JSON, without the line end.

    :raises ValueError: If a number in it is not finite.
    """
    text = json.dumps(rounded(record), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    # Half a character, which a question may hold, becomes the escape that JSON has for it.
    return text.encode("utf-8", "backslashreplace")


def rounded(value: Any) -> Any:
    """``value`` with every float in it to six digits, minus zero as zero."""
    if isinstance(value, float):
        return round(value, DIGITS) + 0.0
    if isinstance(value, Mapping):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    return value


def resolved_record(resolved: ResolvedQuestion) -> Record:
    return {
        "question": question_record(resolved.question) | {"id": resolved.question.id},
        "origin": resolved.question.origin,
        "gold": [[asdict(span) for span in group] for group in resolved.gold],
        "warnings": list(resolved.warnings),
        "invalid": resolved.invalid,
    }


def resolved_from(record: Record) -> ResolvedQuestion:
    return ResolvedQuestion(
        question=from_record(record["question"], record["origin"]),
        gold=tuple(tuple(GoldSpan(**span) for span in group) for group in record["gold"]),
        warnings=tuple(record["warnings"]),
        invalid=record["invalid"],
    )


def scored_record(scored: Scored) -> Record:
    """The outcome with its measures and cause; the question is known by its id."""
    outcome = scored.outcome
    return {
        "id": outcome.id,
        "abstained": outcome.abstained,
        "confidence": outcome.confidence,
        "threshold": outcome.threshold,
        "passages": [_ranked_record(span) for span in outcome.passages],
        "sentences": [_ranked_record(span) for span in outcome.sentences],
        "citations": [asdict(span) for span in outcome.citations],
        "nearest": [asdict(span) for span in outcome.nearest],
        "shown": outcome.shown,
        "highlight": outcome.highlight,
        "understood_as": outcome.understood_as,
        "shape": outcome.shape,
        "told": [asdict(told) for told in outcome.told],
        "disagreement": outcome.disagreement,
        "error": outcome.error,
        "measures": dict(scored.measures),
        "cause": scored.cause,
    }


def scored_from(record: Record, resolved: ResolvedQuestion) -> Scored:
    outcome = Outcome(
        id=record["id"],
        abstained=record["abstained"],
        confidence=record["confidence"],
        threshold=record["threshold"],
        passages=tuple(RankedSpan(*ranked) for ranked in record["passages"]),
        sentences=tuple(RankedSpan(*ranked) for ranked in record["sentences"]),
        citations=tuple(CitedSpan(**span) for span in record["citations"]),
        nearest=tuple(CitedSpan(**span) for span in record["nearest"]),
        shown=record["shown"],
        highlight=record["highlight"],
        understood_as=record["understood_as"],
        # Runs of earlier versions do not tell these.
        shape=record.get("shape"),
        told=tuple(Told(**told) for told in record.get("told", ())),
        disagreement=record.get("disagreement"),
        error=record["error"],
    )
    return Scored(resolved, outcome, record["measures"], record["cause"])


def _ranked_record(span: RankedSpan) -> list[Any]:
    """A list, since there are two hundred of them a question."""
    return [span.article, span.start, span.end, span.score]


def article_record(article: Article) -> Record:
    """What a reader can see of it; where it lay on the disk is nobody's business."""
    return {
        "id": article.id,
        "text": article.text,
        "title": article.title,
        "source": article.source,
        "url": article.url,
        "author": article.author,
        "published": article.published.isoformat() if article.published else None,
        "language": article.language,
    }


def article_from(record: Record) -> Article:
    published = record["published"]
    return Article(**record | {"published": date.fromisoformat(published) if published else None})


def figure_record(figure: Figure) -> Record:
    return {"value": figure.value, "n": figure.n, "low": figure.low, "high": figure.high}


def figure_from(name: str, record: Record) -> Figure:
    return Figure(name, record["value"], record["n"], record["low"], record["high"])


def figures_record(figures: Mapping[str, Figure]) -> Record:
    return {name: figure_record(figure) for name, figure in figures.items()}


def figures_from(record: Record) -> dict[str, Figure]:
    return {name: figure_from(name, figure) for name, figure in record.items()}


def part_record(part: Part) -> Record:
    figures = (part.precision, part.recall, part.f1)
    return {"name": part.name, "cases": part.cases} | {figure.name: figure_record(figure) for figure in figures}


def part_from(record: Record) -> Part:
    found = {name: figure_from(name, record[name]) for name in ("precision", "recall", "f1")}
    return Part(record["name"], record["cases"], **found)


def change_record(change: Change) -> Record:
    return asdict(change) | {"difference": change.difference, "distinguishable": change.distinguishable}


def change_from(record: Record) -> Change:
    return Change(**{name: value for name, value in record.items() if name not in ("difference", "distinguishable")})


def gate_record(gate: GateResult) -> Record:
    return asdict(gate)


def gate_from(record: Record) -> GateResult:
    return GateResult(**record)
