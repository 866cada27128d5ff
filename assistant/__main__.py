"""``python -m assistant`` is the console script ``assistant``."""

import sys

from assistant.cli import main

sys.exit(main())
