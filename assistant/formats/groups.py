"""Who may read the articles of a folder, for files that have no place to say so themselves."""

from pathlib import Path

from assistant.formats.draft import Unreadable
from assistant.formats.metadata import single_line

#: One group a line, for its folder and those below; the nearest one counts. Hidden, so that nobody reads it as an
#: article.
GROUPS = ".groups"


def groups_of_folder(folder: Path) -> frozenset[str]:
    """The groups that the nearest ``.groups`` file names, in ``folder`` or above it; none where there is none.

    :raises Unreadable: If it names none or cannot be read: what is restricted must not become public by a slip.
    """
    for place in (folder, *folder.parents):
        try:
            lines = (place / GROUPS).read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, UnicodeDecodeError):
            raise Unreadable(f"{GROUPS} of its folder cannot be read") from None
        groups = frozenset(filter(None, map(single_line, lines)))
        if not groups:
            raise Unreadable(f"{GROUPS} of its folder names no group")
        return groups
    return frozenset()
