"""Files to articles: the way in. Whatever needs a parser is read in a sandbox."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from assistant.formats import files, readers, sandbox
from assistant.formats.draft import Draft, Fault, Unreadable
from assistant.formats.groups import groups_of_folder
from assistant.formats.identity import id_from_stem, id_from_url, is_sane
from assistant.formats.metadata import language_code, parse_date, single_line, title_from, web_url
from assistant.languages import detect_language
from assistant.types import Article, Refusal

__all__ = ["SUFFIXES", "find_files", "read_articles"]

#: The suffixes that are read, in lower case; files may write them in capitals.
SUFFIXES = tuple(readers.READERS)
#: Read in this process: nothing parses them, and they grow to no more than their size.
_PLAIN = frozenset({".txt"})


def find_files(paths: Sequence[Path]) -> list[Path]:
    """The files that ``paths`` name, and those of a known suffix in the folders among them, each once.

    Folders are walked in sorted order; hidden files, links to folders, links that leave the folder and
    anything but regular files are skipped. A file named with an unknown suffix is kept, to be refused with
    the reason.

    :raises UsageError: If a path does not exist or is neither a file nor a folder.
    """
    return files.find_files(paths, SUFFIXES)


def read_articles(path: Path) -> Iterator[Article | Refusal]:
    """Every article in a file, and a refusal with its reason for what cannot be read.

    Never raises for what a file holds. ``origin`` is the path, with "#" and the record's id or number behind
    it where the file holds several.
    """
    origin = _shown(path)
    anything = False
    try:
        for found in _found(path):
            anything = True
            yield _refusal(found, origin) if isinstance(found, Fault) else _article(found, path, origin)
    except Unreadable as fault:
        yield Refusal(origin, str(fault))
    else:
        if not anything:
            yield Refusal(origin, "no article in it")


def _found(path: Path) -> Iterable[Draft | Fault]:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise Unreadable(f"files in {suffix or 'no suffix'} are not read (known: {', '.join(SUFFIXES)})")
    data = files.read_bytes(path)
    return readers.read(suffix, data) if suffix in _PLAIN else sandbox.read(suffix, data)


def _shown(path: Path) -> str:
    """``path`` as text; bytes of its name that are not UTF-8 show as U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


def _refusal(fault: Fault, origin: str) -> Refusal:
    return Refusal(f"{origin}#{fault.record}", fault.reason)


def _article(draft: Draft, path: Path, origin: str) -> Article | Refusal:
    record = "" if draft.record is None else f"#{draft.record}"
    if not any(character.isalnum() for character in draft.text):
        return Refusal(f"{origin}{record}", "no text")
    given = draft.id if draft.id.strip() else ""
    if given and not is_sane(given):
        return Refusal(f"{origin}{record}", f"id {single_line(given, 40)!r} is over 200 characters or unprintable")
    url = web_url(draft.url)
    language = language_code(draft.language) or detect_language(draft.text)
    return Article(
        id=given or _made_id(draft, path, url),
        text=draft.text,
        title=single_line(draft.title) or title_from(draft.text, language),
        source=single_line(draft.source),
        url=url,
        author=single_line(draft.author),
        published=parse_date(draft.published),
        language=language,
        # An id that holds a "#" itself would hide where the path ends.
        origin=f"{origin}#{given}" if record and given and "#" not in given else origin + record,
        groups=frozenset(draft.groups) or groups_of_folder(path.absolute().parent),
    )


def _made_id(draft: Draft, path: Path, url: str) -> str:
    """From the file's name where the file is the article, else from the URL, else from name and number."""
    if draft.record is None:
        return id_from_stem(path)
    return id_from_url(url) if url else id_from_stem(path, draft.record)
