"""A run measured again from what it kept, without asking and without an index."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.evaluation.claim import end_run
from assistant.evaluation.metrics import sum_up
from assistant.evaluation.results import (
    PASSES,
    RunFolder,
    read_pass,
    read_run,
    write_pass,
)
from assistant.evaluation.run import rankings_only
from assistant.evaluation.score import score
from assistant.evaluation.types import Scored
from assistant.types import Article


def rescore(path: Path, kinds: Sequence[str] = ()) -> RunFolder:
    """
    :param kinds: Of slices; all of them if empty.
    :raises UsageError: If there is no finished run in ``path``, or a file of it is damaged.
    """
    run = read_run(path)
    retrieval_only = run.manifest["identity"]["plan"]["retrieval_only"]
    for name in ("", *PASSES):
        if found := read_pass(path / name):
            write_pass(path / name, _rescored(found, run.articles, retrieval_only))
    end_run(path, "rescored")
    return sum_up(path, run.cost, kinds)


def _rescored(found: Sequence[Scored], articles: Mapping[str, Article], retrieval_only: bool) -> Iterator[Scored]:
    """What needs an article that was not kept, such as recall within a budget of words, stays as it was."""
    for before in found:
        after = score(before.resolved, before.outcome, articles)
        after = rankings_only(after) if retrieval_only else after
        measures = {
            name: before.measures.get(name) if value is None else value for name, value in after.measures.items()
        }
        yield replace(after, measures=measures)
