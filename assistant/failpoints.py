"""Named places in the writing of an index where a test has the process killed, to see that nothing is lost there.

Nothing happens at any of them unless the environment names one: ``built`` or, for the third time that a
run comes by, ``stored:3``.
"""

import os
from collections import Counter
from signal import SIGKILL

#: No setting: those begin with ``ASSISTANT_``.
VARIABLE = "SOURCIER_TEST_FAILPOINT"

#: In the order in which a run comes by.
FAILPOINTS = (
    "storing",  # an article is half in the store
    "stored",  # an article is in the store
    "pruned",  # articles whose file is gone are out of it
    "embedded",  # a batch has vectors that are not kept yet
    "kept",  # they are kept
    "forgotten",  # vectors that nothing uses are dropped
    "begun",  # the folder of a new generation is made
    "copied",  # its articles and words are written
    "filling",  # a part of its vectors is in Chroma
    "built",  # every file is written
    "synced",  # every file is on the disk
    "described",  # its manifest is there
    "renamed",  # it has its name
    "pointing",  # the new pointer is written aside
    "published",  # CURRENT names it
    "cleared",  # older generations are gone
)

_passed: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Die here if this is the place that the environment names."""
    wanted, _, time = os.environ.get(VARIABLE, "").partition(":")
    if wanted != name:
        return
    _passed[name] += 1
    if _passed[name] == int(time or 1):
        os.kill(os.getpid(), SIGKILL)
