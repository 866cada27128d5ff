"""Between a file and an article: what a reader found, and what keeps it from being one."""

import logging
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from assistant.formats.metadata import single_line


@dataclass(frozen=True, slots=True)
class Draft:
    """One article in its file's own words. Only ``text`` is ready; everything else is still to be checked."""

    text: str = field(repr=False)
    title: str = ""
    source: str = ""
    url: str = ""
    author: str = ""
    #: In any notation ``metadata.parse_date`` knows.
    published: str = ""
    #: A code of any kind or a name: "fr-FR", "fra", "French".
    language: str = ""
    #: The id the file gives, or empty.
    id: str = ""
    #: Number within the file, from 1; None where the file is the article.
    record: int | None = None
    #: Those who may read it, or none.
    groups: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One record that cannot be read; those after it can."""

    record: int
    reason: str


class Unreadable(Exception):
    """The file, or what is left of it, cannot be read; the message is the reason shown to people."""


#: What parsers let escape on hostile bytes besides their own errors. pypdf says so itself: "broken PDF files
#: might cause other Exceptions". Used around calls into a parser only, so that our own mistakes stay loud. Memory that
#: runs out ends the sandbox's worker instead.
_ESCAPING = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)


_NOWHERE = logging.NullHandler()


def silence(library: str) -> None:
    """Keep what ``library`` logs about a file from standard error, where Python puts it by default."""
    logging.getLogger(library).addHandler(_NOWHERE)


@contextmanager
def parsing(kind: str, *errors: type[Exception]) -> Iterator[None]:
    """Around calls into a parser: what it raises on broken input becomes `Unreadable`.

    ``kind`` names the format in the reason; ``errors`` are the parser's own.
    """
    expected: tuple[type[Exception], ...] = (*errors, *_ESCAPING)
    try:
        yield
    except expected as error:
        detail = single_line(str(error), 150) or type(error).__name__
        raise Unreadable(f"broken {kind} ({detail})") from error
