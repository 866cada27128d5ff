"""``.txt``: the text is the file."""

from collections.abc import Iterator

from assistant.formats.decoding import decode
from assistant.formats.draft import Draft


def read(data: bytes) -> Iterator[Draft]:
    yield Draft(text=decode(data))
