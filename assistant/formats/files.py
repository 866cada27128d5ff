"""Which files to read, and their bytes."""

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from assistant.errors import UsageError
from assistant.formats.draft import Unreadable

SIZE_LIMIT = 50 * 2**20


def find_files(paths: Sequence[Path], suffixes: Collection[str]) -> list[Path]:
    """The files that ``paths`` name, and those in the folders among them, each once, in sorted order.

    In folders, hidden files and other suffixes are skipped, and so are links to folders and links that leave
    the folder. A folder that may not be listed stands in the list itself, to be refused with the rest.

    :raises UsageError: If a path does not exist or is neither a file nor a folder.
    """
    found: dict[str, Path] = {}
    for path in paths:
        for file in _files_at(path, suffixes):
            found.setdefault(os.path.realpath(file), file)
    # Sorted, so that files which compete for one id get the same in every order they are named in.
    return sorted(found.values())


def _files_at(path: Path, suffixes: Collection[str]) -> Iterator[Path]:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise UsageError(f"{str(path)!r} does not exist. Check the path.") from None
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read ({error.strerror}). Check the path.") from None
    if stat.S_ISDIR(mode):
        yield from _walk(path, suffixes)
    elif stat.S_ISREG(mode):
        yield path
    else:
        raise UsageError(f"{str(path)!r} is neither a file nor a folder. Name one that is.")


def _walk(folder: Path, suffixes: Collection[str]) -> Iterator[Path]:
    root = os.path.realpath(folder)
    unlisted: list[Path] = []
    files: list[Path] = []
    walk = os.walk(folder, onerror=lambda error: unlisted.append(Path(os.fsdecode(error.filename))))
    for parent, folders, names in walk:
        folders[:] = [name for name in folders if not _is_hidden(name)]
        files += [Path(parent, name) for name in names if not _is_hidden(name)]
    readable = [file for file in files if file.suffix.lower() in suffixes and _stays_in(root, file)]
    # A file shows under its own name rather than under a link's.
    own = {os.path.realpath(file) for file in readable if not file.is_symlink()}
    yield from sorted(
        [file for file in readable if not file.is_symlink() or os.path.realpath(file) not in own] + unlisted
    )


def _is_hidden(name: str) -> bool:
    # "~$" is how Word marks a document it has open.
    return name.startswith((".", "~$"))


def _stays_in(root: str, file: Path) -> bool:
    """Whether ``file`` is a regular file inside ``root`` once links are followed."""
    target = Path(os.path.realpath(file))
    try:
        regular = stat.S_ISREG(target.stat().st_mode)
    except PermissionError:
        regular = True  # kept, to be refused with the reason
    except OSError:  # a link to nothing, or in a circle
        regular = False
    return regular and target.is_relative_to(root)


def read_bytes(path: Path) -> bytes:
    """The whole of a regular file.

    :raises Unreadable: If it is missing, forbidden, empty, over 50 MB or no regular file.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise Unreadable(f"cannot be opened ({error.strerror})") from error
    if len(data) > SIZE_LIMIT:
        raise Unreadable(f"larger than {SIZE_LIMIT // 2**20} MB (split it)")
    if not data:
        raise Unreadable("empty file")
    return data


def _open_without_waiting(path: str, flags: int) -> int:
    # Without O_NONBLOCK, opening a FIFO waits for a writer that may never come.
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise Unreadable("not a regular file")
