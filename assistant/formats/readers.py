"""Which reader reads which suffix. Parsers are imported when a file of their kind is read."""

from collections.abc import Callable, Iterable, Iterator

from assistant.formats import markdown, ninjs, pdf, plain, records, web, word, xml
from assistant.formats.draft import Draft, Fault, Unreadable

#: Bytes of a file -> what is in it; raises `Unreadable` where the rest of the file cannot be read.
Reader = Callable[[bytes], Iterable[Draft | Fault]]

READERS: dict[str, Reader] = {
    ".txt": plain.read,
    ".md": markdown.read,
    ".html": web.read,
    ".htm": web.read,
    ".jsonl": records.read_jsonl,
    ".csv": records.read_csv,
    ".json": ninjs.read,
    ".xml": xml.read,
    ".rss": xml.read,
    ".atom": xml.read,
    ".pdf": pdf.read,
    ".docx": word.read,
}

#: Broken records of one file that are told one by one: 50 MB may hold 25 million of them.
FAULT_LIMIT = 1000


def read(suffix: str, data: bytes) -> Iterator[Draft | Fault]:
    """What is in a file, by the reader of its suffix; faults beyond `FAULT_LIMIT` are only counted.

    :raises Unreadable: If the rest of the file cannot be read.
    """
    faults = 0
    for found in READERS[suffix](data):
        faults += isinstance(found, Fault)
        if isinstance(found, Draft) or faults <= FAULT_LIMIT:
            yield found
    if faults > FAULT_LIMIT:
        raise Unreadable(f"{faults - FAULT_LIMIT} more records cannot be read")
