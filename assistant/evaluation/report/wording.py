"""What the report says, by language: a further language is one more file ``{code}.toml`` beside this one.

A catalogue names and explains every figure, cause, slice and baseline. Its typography is a table of its own,
put into every string once, so that the strings can be read and edited with plain spaces.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from assistant.evaluation.types import Change, Figure, ReferenceQuestion
from assistant.words import CATALOGUE, Words

#: Figures that people read as numbers between 0 and 1 (or −1 and 1) rather than as shares of a hundred.
DECIMALS = re.compile(r"crag|crag_raw|aurc|e_aurc|auroc_.*|ap_.*|brier|ece|.*_(?:mrr|ndcg)@10")
#: Figures that count something.
COUNTS = ("cited_sentences", "cited_words")

#: As ``questions.question_id`` makes them.
_MADE_ID = re.compile(r"q-[0-9a-f]{12}(-\d+)?")
_RETRIEVAL = re.compile(r"(?P<level>article|passage|sentence)_(?P<measure>[a-z_]+)@(?P<k>\w+)")


@dataclass(frozen=True, slots=True)
class Wording:
    """The report in one language."""

    words: Words
    #: Between units and decimals.
    decimal: str
    #: With ``{value}`` in it.
    percent: str
    #: Strings of the page: one, or a singular and a plural with ``{n}`` in them.
    text: Mapping[str, Any]
    #: Name and one-line explanation, by name; figures of retrieval by their parts.
    figures: Mapping[str, tuple[str, str]]
    levels: Mapping[str, tuple[str, str]]
    retrieval: Mapping[str, tuple[str, str]]
    baselines: Mapping[str, tuple[str, str]]
    causes: Mapping[str, tuple[str, str]]
    #: What to do about each cause.
    advice: Mapping[str, str]
    #: Names by name.
    slices: Mapping[str, str]
    slice_values: Mapping[str, str]
    variants: Mapping[str, str]
    stages: Mapping[str, str]
    #: Name and one-line explanation of what has a labelled set of its own, by name.
    parts: Mapping[str, tuple[str, str]]

    # --- Numbers ------------------------------------------------------------------------------------------

    def number(self, value: float, digits: int = 0) -> str:
        text = f"{value:,.{digits}f}".replace("-", "−")
        return text.translate({ord(","): self.words.thousands, ord("."): self.decimal})

    def share(self, value: float, digits: int = 0) -> str:
        """``value`` of 1 as a percentage."""
        return self.percent.format(value=self.number(100 * value, digits))

    def counted(self, key: str, n: int, **values: object) -> str:
        """The text of ``key`` for ``n`` things."""
        return self.words.counted(n, self.text[key]).format(**values)

    def amount(self, value: float) -> str:
        """With a decimal where it is small and has any."""
        return self.number(value, 0 if value >= 10 or value == int(value) else 1)

    def p_value(self, p: float) -> str:
        """To three decimals; it is never zero."""
        return f"<\u00a0{self.number(0.001, 3)}" if p < 0.001 else self.number(p, 3)

    def milliseconds(self, value: float) -> str:
        return f"{self.amount(value)}\u00a0ms" if value < 1000 else f"{self.amount(value / 1000)}\u00a0s"

    def named(self, question: ReferenceQuestion) -> str:
        """The id that its file gives a question, else where it stands there."""
        if not _MADE_ID.fullmatch(question.id) or not question.origin:
            return question.id
        return re.sub(r", (row|line) (?=\d+$)", lambda unit: f", {self.text[unit[1]]}\u00a0", question.origin)

    def part(self, name: str) -> tuple[str, str]:
        return self.parts.get(name, (name, ""))

    # --- Figures ------------------------------------------------------------------------------------------

    def name(self, figure: str) -> str:
        return self._figure(figure)[0]

    def line(self, figure: str) -> str:
        """One line that explains a figure."""
        return self._figure(figure)[1]

    def value(self, figure: str, value: float | None) -> str:
        """The value of a figure in its own unit."""
        if value is None:
            return "–"
        if DECIMALS.fullmatch(figure):
            return self.number(value, 3)
        return self.number(value, 1) if figure in COUNTS else self.share(value, 1)

    def between(self, figure: Figure) -> str:
        """The interval of a share, in whole percents."""
        if figure.low is None or figure.high is None:
            return str(self.text["no_interval"])
        return str(self.text["between"]).format(low=self.number(100 * figure.low), high=self.share(figure.high))

    def range(self, figure: Figure) -> str:
        """The interval of a figure, its unit said once."""
        if figure.low is None or figure.high is None:
            return "–"
        low, high = self.value(figure.name, figure.low), self.value(figure.name, figure.high)
        return self._range(low, high)

    def difference(self, figure: str, value: float) -> str:
        """A difference of a figure, in points where the figure is a percentage."""
        sign = "+" if value > 0 else ""
        if DECIMALS.fullmatch(figure):
            return sign + self.number(value, 3)
        if figure in COUNTS:
            return sign + self.number(value, 1)
        return str(self.text["points"]).format(value=sign + self.number(100 * value, 1))

    def difference_range(self, change: Change) -> str:
        """The interval of a difference, its unit said once."""
        return self._range(self.difference(change.name, change.low), self.difference(change.name, change.high))

    def reading(self, change: Change, direction: int) -> str:
        """``better``, ``worse``, ``changed`` (of a figure without a good side) or ``same``."""
        if not change.distinguishable:
            return "same"
        side = change.difference * direction
        return "changed" if side == 0 else "better" if side > 0 else "worse"

    def slice_value(self, kind: str, value: str) -> str:
        """A value of a slice in words, where it is not the newsroom's own."""
        return self.slice_values.get(f"{kind}={value}", value)

    def _range(self, low: str, high: str) -> str:
        for unit in (self.percent, str(self.text["points"])):
            low = low.removesuffix(unit.removeprefix("{value}"))
        return str(self.text["range"]).format(low=low, high=high)

    def _figure(self, figure: str) -> tuple[str, str]:
        if figure in self.figures:
            return self.figures[figure]
        match = _RETRIEVAL.fullmatch(figure)
        if match is None:
            return figure, ""
        level, the_level = self.levels[match["level"]]
        parts = {"level": level, "the_level": the_level, "k": match["k"].replace("k", f"{self.words.thousands}000")}
        name, line = self.retrieval[match["measure"]]
        return name.format(**parts), line.format(**parts)


@cache
def wording(language: str) -> Wording:
    """The report in ``language``, ISO 639-1.

    :raises KeyError: If there is no catalogue for it.
    """
    with open(Path(__file__).with_name(f"{language}.toml"), "rb") as opened:
        table = tomllib.load(opened)
    typography = table.pop("typography")
    return Wording(words=CATALOGUE[language], **_typeset(table, typography))


def _typeset(value: Any, typography: Mapping[str, str]) -> Any:
    """Strings with no-break spaces where the language has them; lists as tuples."""
    if isinstance(value, dict):
        return {key: _typeset(inner, typography) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_typeset(inner, typography) for inner in value)
    for plain, set_well in typography.items():
        value = value.replace(plain, set_well)
    return value
