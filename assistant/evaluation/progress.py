"""How far a run is: one bar on a terminal, a few lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from assistant.evaluation.run import Report
from assistant.evaluation.types import Scored

#: Lines printed for a pass where there is no terminal.
LINES = 4


@contextmanager
def shown_progress(quiet: bool) -> Iterator[Report]:
    """A function to report to, after each question."""
    from tqdm import tqdm

    tallies: dict[str, _Tally] = {}
    bars: dict[str, Any] = {}

    def report(name: str, done: int, total: int, scored: Scored) -> None:
        tally = tallies.setdefault(name, _Tally())
        tally.add(scored)
        if quiet:
            return
        if not sys.stderr.isatty():
            if done == total or done * LINES // total > (done - 1) * LINES // total:
                print(f"{name or 'questions'}: {done} of {total}, {tally}", file=sys.stderr, flush=True)
            return
        if name not in bars:
            for bar in bars.values():
                bar.close()
            bars[name] = tqdm(total=total, initial=done - 1, desc=name or "questions")
        bars[name].set_postfix_str(str(tally), refresh=False)
        bars[name].update()

    try:
        yield report
    finally:
        for bar in bars.values():
            bar.close()


class _Tally:
    """What came back since this process began."""

    def __init__(self) -> None:
        self._done = self._answered = self._errors = 0

    def add(self, scored: Scored) -> None:
        self._done += 1
        self._answered += not scored.outcome.abstained
        self._errors += scored.outcome.error is not None

    def __str__(self) -> str:
        return f"{self._answered / self._done:.0%} answered, {self._errors} errors"
