"""Why there is this answer, or none, for a reader who unfolds it: in words first, then in bars."""

from assistant.page.markup import escaped, href, note, unbroken
from assistant.records import ExplanationRecord, RankedRecord
from assistant.words import Words

#: Half the width of a bar that has its zero in the middle, in per cent; the rest is air.
_HALF = 48


def explained(why: ExplanationRecord, confidence: float, abstained: bool, words: Words) -> str:
    parts = [note("outcome", words.outcomes[why.outcome])]
    if why.outcome != "empty":
        parts += [_confidence(confidence, why, words), _signals(why, words)]
    if why.runner_up:
        parts.append(_runner_up(why.runner_up, words))
    question = words.why_nothing if abstained else words.why_answer
    return f'<details class="explained"><summary>{escaped(question)}</summary>{"".join(parts)}</details>'


def _confidence(confidence: float, why: ExplanationRecord, words: Words) -> str:
    """A bar as long as the confidence, with a line at the threshold."""
    reached, needed = round(100 * confidence), round(100 * why.threshold)
    bar = (
        f'<svg class="bar"><rect class="ground" width="100%" height="100%"></rect>'
        f'<rect class="for" width="{100 * confidence:.1f}%" height="100%"></rect>'
        f'<line x1="{100 * why.threshold:.1f}%" x2="{100 * why.threshold:.1f}%" y1="-40%" y2="140%"></line></svg>'
    )
    figures = [(words.confidence, reached), (words.threshold, needed)]
    shown = "".join(
        f"<span>{escaped(name)} <b>{escaped(words.percent.format(n=figure))}</b></span> " for name, figure in figures
    )
    aim = escaped(words.risk.format(n=why.risk))
    return f'<p class="confidence">{bar}{shown}<span class="aim">{aim}</span></p>'


def _signals(why: ExplanationRecord, words: Words) -> str:
    """The log-odds that add up to the confidence, those against the answer to the left."""
    rows = [(words.as_usual, why.intercept)]
    rows += [(words.signals.get(signal.name, signal.name), signal.log_odds) for signal in why.signals]
    most = max(abs(log_odds) for _, log_odds in rows) or 1.0
    listed = "".join(
        f'<li><span class="name">{escaped(name)}</span>{_bar(log_odds / most)}'
        f'<span class="number">{escaped(_signed(log_odds, words))}</span></li>'
        for name, log_odds in rows
    )
    reader = note("reader", words.reader_asked if why.read else words.reader_not_asked)
    return f'<h3>{escaped(words.evidence)}</h3><ul class="signals">{listed}</ul>{reader}'


def _bar(share: float) -> str:
    """From the middle to the right or, where ``share`` is negative, to the left; -1 to 1."""
    width = abs(share) * _HALF
    start = 50.0 if share >= 0 else 50 - width
    kind = "for" if share >= 0 else "against"
    return (
        f'<svg class="bar"><rect class="{kind}" x="{start:.1f}%" width="{width:.1f}%" height="100%"></rect>'
        f'<line x1="50%" x2="50%" y1="0" y2="100%"></line></svg>'
    )


def _signed(value: float, words: Words) -> str:
    """As in +1.4, with the decimal mark of the language and a minus sign as wide as the plus."""
    return f"{value:+z.1f}".replace("-", "\u2212").replace(".", words.decimal)


def _runner_up(ranked: RankedRecord, words: Words) -> str:
    way = f'<a href="{href(ranked)}">{escaped(words.open_article)}</a>'
    return f'<h3>{escaped(words.runner_up)}</h3><p class="runner-up"><span>{unbroken(ranked.quote)}</span> {way}</p>'
