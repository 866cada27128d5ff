"""What became of a quotation, as JSON and as plain text for a terminal."""

from typing import Literal

from pydantic import Field

from assistant.news.quotes import Difference, FoundQuote
from assistant.readable import printable
from assistant.records import (
    CitationRecord,
    GivenText,
    Record,
    SpeakerRecord,
    citation_record,
    speaker_record,
)


class DifferenceRecord(Record):
    """Where a quotation and the article differ; one of the two is empty where words were added or left out."""

    quoted: str
    original: str
    start: int = Field(ge=0, description="Of the original, in code points from the start of the article's text.")
    end: int = Field(description="Exclusive; where words were added, the same as start.")
    meaning: list[Literal["number", "name", "negation"]] = Field(description="What changes beyond the wording.")


class QuoteRequest(Record):
    """A quotation to look up."""

    quotation: GivenText


class QuoteRecord(Record):
    """Where a quotation comes from, and whether it stands there word for word."""

    status: Literal["exact", "altered", "absent"]
    citation: CitationRecord | None = Field(description="The article's own words; null when absent.")
    speaker: SpeakerRecord | None
    differences: list[DifferenceRecord]


def quote_record(found: FoundQuote, root_path: str = "") -> QuoteRecord:
    return QuoteRecord(
        status=found.status,
        citation=citation_record(found.citation, root_path) if found.citation else None,
        speaker=speaker_record(found.speaker),
        differences=[
            DifferenceRecord(
                quoted=one.quoted, original=one.original, start=one.start, end=one.end, meaning=list(one.meaning)
            )
            for one in found.differences
        ],
    )


def readable_quote(found: FoundQuote) -> str:
    """The status, then the article's own words, where they stand, who says them, and what differs."""
    if found.citation is None:
        return found.status
    sentence = found.citation.sentence
    article = sentence.article
    published = article.published.isoformat() if article.published else "no date"
    place = (article.title, article.source, published, f"{article.id}#s{sentence.number}")
    lines = [found.status, sentence.text, " · ".join(part for part in place if part)]
    if found.speaker:
        lines.append(f"speaker: {found.speaker.name}{' (unnamed)' if found.speaker.anonymous else ''}")
    lines += map(_readable_difference, found.differences)
    return "\n".join(map(printable, lines))


def _readable_difference(difference: Difference) -> str:
    meaning = f" ({', '.join(difference.meaning)})" if difference.meaning else ""
    return f"“{difference.original}” became “{difference.quoted}”{meaning}"
