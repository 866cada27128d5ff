"""The charts of the report, as inline SVG without a style of its own: classes are coloured by ``report.css``.

Small charts stand in a row of a table that says the same in figures, so they are hidden from screen readers.
Large ones have a title and a description; the page puts a table of their values below.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

Point = tuple[float, float]

# In units of the drawing: small charts are stretched to the width of their cell, large ones to that of a column.
_WIDTH, _MARGIN = 200.0, 6.0
_ROW, _MIDDLE = 20.0, 10.0
_PLOT_WIDTH, _PLOT_HEIGHT = 340.0, 230.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 322.0, 24.0, 190.0


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from ``low`` to ``high`` drawn from ``start`` to ``end``; what lies outside is drawn at the edge."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


@dataclass(frozen=True, slots=True)
class Tick:
    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    #: Of its line or dots, in ``report.css``.
    style: str
    points: Sequence[Point]


# --- Small: one row of a table -------------------------------------------------------------------------


def dots(
    axis: tuple[float, float], value: float | None, interval: tuple[float, float] | None, others: dict[str, float]
) -> Markup:
    """A value with its interval as a dot with a whisker, and those of baselines as smaller marks.

    :param others: By the name of a mark of :func:`mark`.
    """
    across = _across(axis)
    shapes = [_grid(axis), *(_mark(name, across.at(other), _MIDDLE) for name, other in others.items())]
    if interval:
        shapes.append(_whisker(across, interval))
    if value is not None:
        shapes.append(f'<circle class="value" cx="{across.at(value)}" cy="{_MIDDLE}" r="4"/>')
    return _row(shapes)


def bar(axis: tuple[float, float], value: float, interval: tuple[float, float] | None, overall: float | None) -> Markup:
    """A value as a bar from zero with its interval, and a line where the value over all questions is."""
    across = _across(axis)
    zero = across.at(0)
    left, right = sorted((zero, across.at(value)))
    shapes = [_grid(axis), f'<rect class="bar" x="{left}" y="5" width="{right - left:.1f}" height="10"/>']
    if interval:
        shapes.append(_whisker(across, interval))
    if overall is not None:
        shapes.append(f'<path class="overall" d="M{across.at(overall)} 1V19"/>')
    return _row(shapes)


def step(total: int, start: int, length: int, style: str) -> Markup:
    """One step of a waterfall: ``length`` of ``total`` questions, from the ``start``-th on."""
    across = Axis(0, max(total, 1), 0, _WIDTH)
    left, right = across.at(start), across.at(start + length)
    shape = f'<rect class="{style}" x="{left}" y="0" width="{max(right - left, 0.4):.1f}" height="{_ROW:g}"/>'
    return Markup(
        f'<svg class="row" viewBox="0 0 {_WIDTH:g} {_ROW:g}" preserveAspectRatio="none" aria-hidden="true">'
        f"{shape}</svg>"
    )


def difference(reach: float, value: float, interval: tuple[float, float], style: str) -> Markup:
    """A difference with its interval around a line at zero, from ``-reach`` to ``reach``."""
    across = Axis(-reach, reach, _MARGIN, _WIDTH - _MARGIN)
    zero = f'<path class="overall" d="M{across.at(0)} 0V{_ROW}"/>'
    dot = f'<circle class="value {style}" cx="{across.at(value)}" cy="{_MIDDLE}" r="4"/>'
    return _row([zero, _whisker(across, interval), dot])


def gauge(value: float, threshold: float) -> Markup:
    """A confidence between 0 and 1, and the threshold below which nothing is answered."""
    across = Axis(0, 1, 0, _WIDTH)
    style = "" if value >= threshold else ' class="silent"'
    return _row(
        [
            f'<path class="trough" d="M0 10H{_WIDTH:g}"/>',
            f'<path{style} d="M0 10H{across.at(value)}"/>',
            f'<path class="threshold" d="M{across.at(threshold)} 1V19"/>',
        ]
    )


def mark(name: str) -> Markup:
    """The mark of a baseline by itself, for a legend."""
    inner = '<circle class="value" cx="8" cy="8" r="4"/>' if name == "value" else _mark(name, 8, 8)
    return Markup(f'<svg class="mark" viewBox="0 0 16 16" aria-hidden="true">{inner}</svg>')


def histogram(counts: Sequence[int], decades: int, percentiles: Iterable[float]) -> Markup:
    """Bins of equal width over some decades, the percentiles (as shares of the whole width) marked below."""
    tallest = max(counts, default=0) or 1
    width = _WIDTH / max(len(counts), 1)
    bars = [
        f'<rect class="bar" x="{at * width:.1f}" y="{30 - 28 * count / tallest:.1f}" width="{width - 1:.1f}" '
        f'height="{28 * count / tallest:.1f}"/>'
        for at, count in enumerate(counts)
        if count
    ]
    marks = [f'<path class="threshold" d="M{_WIDTH * share:.1f} 31l-3 5h6z"/>' for share in percentiles]
    lines = "".join(f"M{_WIDTH * power / decades:.1f} 0V30" for power in range(decades + 1))
    return _svg(_WIDTH, 37, [f'<path class="grid" d="M0 30H{_WIDTH:g}{lines}"/>', *bars, *marks])


def _row(shapes: Iterable[str]) -> Markup:
    return _svg(_WIDTH, _ROW, shapes)


def _svg(width: float, height: float, shapes: Iterable[str]) -> Markup:
    return Markup(f'<svg class="row" viewBox="0 0 {width:g} {height:g}" aria-hidden="true">{"".join(shapes)}</svg>')


def _across(axis: tuple[float, float]) -> Axis:
    return Axis(*axis, _MARGIN, _WIDTH - _MARGIN)


def _grid(axis: tuple[float, float]) -> str:
    lines = "".join(f"M{_MARGIN + quarter * (_WIDTH - 2 * _MARGIN) / 4:g} 0V{_ROW:g}" for quarter in range(5))
    return f'<path class="grid" d="{lines}"/>'


def _whisker(across: Axis, interval: tuple[float, float]) -> str:
    low, high = map(across.at, interval)
    return f'<path class="whisker" d="M{low} {_MIDDLE}H{high}M{low} 6V14M{high} 6V14"/>'


def _mark(name: str, x: float, y: float) -> str:
    """Baselines are told apart by shape, not by colour."""
    shapes = {
        "always_abstain": f"M{x - 3.5} {y - 3.5}l7 7m0 -7l-7 7",
        "never_abstain": f"M{x - 4} {y}h8m-4 -4v8",
        "bm25": f"M{x} {y - 4.5}l4.5 4.5l-4.5 4.5l-4.5 -4.5z",
        "oracle": f"M{x} {y - 4.5}l4.5 8h-9z",
        "leave_gold_out": f"M{x - 3.5} {y - 3.5}h7v7h-7z",
    }
    return f'<path class="other" d="{shapes[name]}"/>'


# --- Large: a plot of its own ---------------------------------------------------------------------------


def plot(
    name: str,
    title: str,
    description: str,
    axes: tuple[tuple[str, Sequence[Tick]], tuple[str, Sequence[Tick]]],
    lines: Sequence[Curve],
    points: Sequence[Curve] = (),
) -> Markup:
    """Lines and points over two axes, each of which goes from its first tick to its last.

    :param name: Unique on the page: the ids of title and description start with it.
    :param axes: Label and ticks, across and upwards.
    """
    (across_label, across_ticks), (up_label, up_ticks) = axes
    across = Axis(across_ticks[0].value, across_ticks[-1].value, _LEFT, _RIGHT)
    up = Axis(up_ticks[0].value, up_ticks[-1].value, _BOTTOM, _TOP)
    shapes = [
        *(
            f'<path class="grid" d="M{across.at(tick.value)} {_TOP}V{_BOTTOM}"/>'
            f'<text x="{across.at(tick.value)}" y="{_BOTTOM + 16}" text-anchor="middle">{escape(tick.label)}</text>'
            for tick in across_ticks
        ),
        *(
            f'<path class="grid" d="M{_LEFT} {up.at(tick.value)}H{_RIGHT}"/>'
            f'<text x="{_LEFT - 6}" y="{up.at(tick.value) + 4:.1f}" text-anchor="end">{escape(tick.label)}</text>'
            for tick in up_ticks
        ),
        f'<text x="{(_LEFT + _RIGHT) / 2}" y="{_PLOT_HEIGHT - 6}" text-anchor="middle">{escape(across_label)}</text>',
        f'<text x="0" y="9">{escape(up_label)}</text>',
        *(f'<path class="line {line.style}" d="{_path(line.points, across, up)}"/>' for line in lines),
        *(
            f'<circle class="value {curve.style}" cx="{across.at(x)}" cy="{up.at(y)}" r="4"/>'
            for curve in points
            for x, y in curve.points
        ),
    ]
    return Markup(
        f'<svg class="plot" viewBox="0 0 {_PLOT_WIDTH:g} {_PLOT_HEIGHT:g}" role="img" '
        f'aria-labelledby="{name}-title {name}-description">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-description">{escape(description)}</desc>{"".join(shapes)}</svg>'
    )


def _path(points: Sequence[Point], across: Axis, up: Axis) -> str:
    """A line through the points; those that draw at the place of the one before are left out."""
    places = [(across.at(x), up.at(y)) for x, y in points]
    kept = places[:1] + [after for before, after in pairwise(places) if after != before]
    return "M" + "L".join(f"{x} {y}" for x, y in kept) if kept else ""


def top_tick(highest: float) -> float:
    """The end of an axis from zero that leaves room for ``highest``: its quarters are round."""
    return next((end for end in (0.1, 0.2, 0.4, 0.6, 0.8) if highest <= end), 1.0)


def decades(low: float, high: float) -> tuple[int, int]:
    """The powers of ten around positive values from ``low`` to ``high``."""
    first = math.floor(math.log10(low))
    return first, max(math.ceil(math.log10(high)), first + 1)
