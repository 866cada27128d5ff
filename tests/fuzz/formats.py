"""Look for bytes that a reader does not survive, guided by coverage; not part of the suite.

::

    pip install atheris                              # Linux, CPython 3.11 to 3.13; no dependency of ours
    python tests/fuzz/formats.py .pdf -max_total_time=600

The suffix names the reader; everything behind it is for libFuzzer. The files of tests/data/formats are where it
begins. A finding is written to crash-*, timeout-* or oom-* and is read again with
``python tests/fuzz/formats.py .pdf crash-…``; add it to tests/hostile.py when it is mended.
"""

import sys
import tempfile
from importlib import import_module
from pathlib import Path

import atheris

#: Whose branches guide the search.
GUIDES = ["assistant", "pypdf", "docx", "markdown_it", "feedparser", "trafilatura"]

with atheris.instrument_imports(include=GUIDES):
    for name in GUIDES:
        import_module(name)
    from assistant.formats import readers
    from assistant.formats.draft import Draft, Unreadable
    from assistant.sentences import split_sentences

SAMPLES = Path(__file__).parent.parent / "data" / "formats"


def read(suffix: str, data: bytes) -> None:
    """Read as the sandbox's worker does; anything but `Unreadable` that escapes is a finding."""
    try:
        for found in readers.read(suffix, data):
            if isinstance(found, Draft):
                check(found.text)
    except Unreadable as fault:
        assert str(fault)


def check(text: str) -> None:
    """Every sentence stands where it says, and only spaces lie between them."""
    after = 0
    for span in split_sentences(text):
        assert after <= span.start < span.end
        assert not text[after : span.start].strip()
        after = span.end
    assert not text[after:].strip()


def main() -> None:
    program, suffix, *options = sys.argv
    with tempfile.TemporaryDirectory() as seeds:
        for sample in SAMPLES.glob(f"*{suffix}"):
            Path(seeds, sample.name).write_bytes(sample.read_bytes())
        named = any(not option.startswith("-") for option in options)
        limits = ["-timeout=30", "-rss_limit_mb=1024", "-max_len=65536"]
        atheris.Setup([program, *limits, *options, *([] if named else [seeds])], lambda data: read(suffix, data))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
