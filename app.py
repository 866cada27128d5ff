"""The assistant in a browser: settings, then the engine, then the page, then the server.

    python app.py

The address is printed once it is served. Settings come from ``ASSISTANT_*`` variables or ``assistant.toml``.
"""

import sys

from assistant.allocator import share_pools
from assistant.engine import open_engine
from assistant.errors import AssistantError
from assistant.server import serve
from assistant.settings import load_settings
from assistant.upkeep import kept_up


def main() -> int:
    share_pools()
    try:
        settings = load_settings()
        with kept_up(settings):
            serve(open_engine(settings, wary=True), settings)
    except AssistantError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
