"""Article ids: given by the file, else made from what stays when a text is corrected: URL or file name."""

import re
import unicodedata
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from assistant.formats.metadata import web_url

ID_LIMIT = 200
SLUG_LIMIT = 100


def is_sane(article_id: str) -> bool:
    """Whether ``article_id`` may be kept as given: 1 to 200 printable characters, not only spaces."""
    return len(article_id) <= ID_LIMIT and article_id.isprintable() and bool(article_id.strip())


def id_from_url(url: str) -> str:
    """A readable id for an http(s) address: host and path as a slug, and 8 hexadecimal digits of its hash.

    >>> id_from_url("https://www.exemple.fr/monde/Séisme.html")
    'www-exemple-fr-monde-seisme-html-0f30e442'
    """
    parts = urlsplit(url)
    return f"{_slug(f'{parts.hostname}{parts.path}')}-{_digest(url)}"


def id_from_guid(guid: str) -> str:
    """``guid`` itself, unless it is a web address: those make ids that no path of ours could hold."""
    return id_from_url(guid) if web_url(guid) else guid


def id_from_stem(path: Path, record: int | None = None) -> str:
    """The file's name without its suffix, composed (NFC), with the record's number where it has several."""
    stem = unicodedata.normalize("NFC", path.stem)
    readable = " ".join("".join(character if character.isprintable() else " " for character in stem).split())
    if readable != stem or len(stem) > SLUG_LIMIT:
        # Two names that differ only in what was taken out must not become one article.
        readable = f"{readable[:SLUG_LIMIT].strip()}-{_digest(stem)}".lstrip("-")
    return readable if record is None else f"{readable}-{record}"


def _slug(value: str) -> str:
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain)[:SLUG_LIMIT].strip("-")


def _digest(value: str) -> str:
    return sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]
