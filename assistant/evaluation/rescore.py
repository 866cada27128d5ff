"""A run measured again from what it kept, without asking and without an index."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.evaluation.claim import end_run
from assistant.evaluation.metrics import sum_up
from assistant.evaluation.results import MANIFEST, PASSES, RunFolder, read_pass, read_run, write_json, write_pass
from assistant.evaluation.retrieval import BUDGETS
from assistant.evaluation.run import rankings_only
from assistant.evaluation.score import score
from assistant.evaluation.types import Scored
from assistant.types import Article

#: Measures that look into every passage found, where a run keeps the articles of the best sentences only.
_OF_ALL_ARTICLES = tuple(f"passage_budget_recall@{name}" for name in BUDGETS)


def rescore(path: Path, kinds: Sequence[str] = ()) -> RunFolder:
    """What could not be measured again is in the manifest under ``kept``, by name.

    :param kinds: Of slices; all of them if empty.
    :raises UsageError: If there is no finished run in ``path``, or a file of it is damaged.
    """
    run = read_run(path)
    retrieval_only = run.manifest["identity"]["plan"]["retrieval_only"]
    kept: set[str] = set()
    for name in ("", *PASSES):
        if found := read_pass(path / name):
            again = [_rescored(before, run.articles, retrieval_only) for before in found]
            missing = [_missing(before, run.articles) for before in found]
            kept.update(*missing)
            write_pass(path / name, map(_with, again, missing))
    write_json(path / MANIFEST, run.manifest | {"kept": [name for name in _OF_ALL_ARTICLES if name in kept]})
    end_run(path, "rescored")
    return replace(sum_up(path, run.cost, kinds), parts=run.parts)


def _rescored(before: Scored, articles: Mapping[str, Article], retrieval_only: bool) -> Scored:
    after = score(before.resolved, before.outcome, articles)
    return rankings_only(after) if retrieval_only else after


def _missing(before: Scored, articles: Mapping[str, Article]) -> dict[str, float]:
    """The measures of ``before`` that an article is missing for."""
    if all(passage.article in articles for passage in before.outcome.passages):
        return {}
    return {name: value for name in _OF_ALL_ARTICLES if (value := before.measures.get(name)) is not None}


def _with(scored: Scored, measures: Mapping[str, float]) -> Scored:
    return replace(scored, measures={**scored.measures, **measures})
