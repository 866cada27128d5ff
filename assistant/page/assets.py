"""Our own script, style and icon: served from one folder, cached for as long as they stay the same."""

import os
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"


class VersionedFiles(StaticFiles):
    """Cached for good where the address holds the version, and asked for again where it does not."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        versioned = scope["query_string"].startswith(b"v=")
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
        return response


def static_files() -> StaticFiles:
    return VersionedFiles(directory=FOLDER)


@cache
def asset(name: str) -> str:
    """Address of a file of ours as seen from a page one level below the root, with the version in it."""
    version = sha256((FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"../static/{name}?v={version}"


@cache
def icon() -> str:
    """An address that holds the icon."""
    return f"data:image/svg+xml,{quote((FOLDER / 'icon.svg').read_text(encoding='utf-8'))}"
