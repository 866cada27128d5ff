"""Commands of ours in a process of its own, found where this process finds them and nowhere else.

Python puts the folder it is started in before everything else on its path; run in a folder of articles, it would
import a ``json.py`` that lies among them.
"""

import os
import sys


def command(module: str, *arguments: str) -> list[str]:
    """``python -m MODULE ARGUMENTS`` without the working folder on the path."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """This process's environment, and its path, so that a checkout that is not installed is found as well."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
