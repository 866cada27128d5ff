"""``python -m assistant.evaluation`` is ``assistant evaluate``."""

import runpy
import sys

sys.argv.insert(1, "evaluate")
runpy.run_module("assistant", run_name="__main__")
