"""The assistant, and from the next port an intranet page that holds its widget: ``make demo``."""

import sys
from threading import Thread

from assistant.engine import open_engine
from assistant.errors import AssistantError
from assistant.server import serve
from assistant.settings import load_settings
from assistant.upkeep import kept_up
from demo.intranet import open_intranet


def main() -> int:
    try:
        chosen = load_settings()
        site, origin = open_intranet(f"http://127.0.0.1:{chosen.port}", chosen.port + 1)
        settings = load_settings(widget_origins=",".join(filter(None, [chosen.widget_origins, origin])))
        Thread(target=site.serve_forever, daemon=True).start()
        with kept_up(settings), site:
            serve(open_engine(settings), settings, lambda address: print(f"{address}\n{origin}/ holds its widget"))
    except AssistantError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
