"""The rows of an Excel workbook, read in a process that may be lost: a small file can ask for any memory and any time.

``python workbook.py SECONDS`` is that process. A workbook comes in, a line of JSON for each row goes out, then one with
the reason why no more could be read, or null. It is run as a file, so that it need not import all of the evaluation.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from datetime import date
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from assistant import child
from assistant.formats.draft import Unreadable, parsing
from assistant.formats.frames import OUT_OF_MEMORY

#: Bytes of all that is packed into a workbook; ten thousand questions take three million.
UNPACKED_LIMIT = 100 * 2**20
#: Bytes of the process's own. As in ``formats.sandbox``, macOS knows the limit and ignores it.
MEMORY_LIMIT = 448 * 2**20
#: Seconds of computing, and seconds until the answer on a machine four times too busy.
CPU_LIMIT, WALL_LIMIT = 20, 80
#: Rows of a sheet, as Excel has them.
ROW_LIMIT = 2**20
#: Cells of the rows up to the last that is filled, and characters in them.
CELL_LIMIT, TEXT_LIMIT = 2_000_000, 50 * 2**20

_WAY_OUT = "Keep the questions alone, or export them as CSV"

#: A row by its number, from 1.
Row = tuple[int, list[str]]


def read_rows(data: bytes) -> list[Row]:
    """The rows of the first sheet that have a cell, its values much as the sheet shows them.

    :raises Unreadable: If it is no workbook, or takes more to be read than a workbook of questions may.
    """
    try:
        ran = subprocess.run(
            [sys.executable, "-P", __file__, str(CPU_LIMIT)],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child.environment(),
            timeout=WALL_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(f"takes longer than {WALL_LIMIT} s to be read. {_WAY_OUT}") from None
    if ran.returncode:
        raise Unreadable(f"{_loss(ran.returncode)}. {_WAY_OUT}")
    *rows, end = map(json.loads, ran.stdout.splitlines())
    if end is not None:
        raise Unreadable(end)
    return [(number, cells) for number, cells in rows]


def _loss(code: int) -> str:
    if code == -signal.SIGXCPU:
        return f"takes more than {CPU_LIMIT} s of computing to be read"
    if code == OUT_OF_MEMORY:
        return f"takes more than {MEMORY_LIMIT // 2**20} MB of memory to be read"
    return f"its parser failed (exit code {code})"


# --- In the process that may be lost -----------------------------------------------------------------------


def main(seconds: int) -> None:
    """:param seconds: Of computing."""
    data = sys.stdin.buffer.read()
    for what, limit in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, MEMORY_LIMIT),
        (resource.RLIMIT_CPU, seconds),
    ):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    reason = None
    try:
        with parsing("Excel workbook", BadZipFile, SyntaxError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells which decorations it leaves out
            for row in _rows(data):
                print(json.dumps(row))
    except Unreadable as fault:
        reason = str(fault)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    print(json.dumps(reason))


def _rows(data: bytes) -> Iterator[Row]:
    import openpyxl  # type: ignore[import-untyped]

    with ZipFile(BytesIO(data)) as archive:
        # What an archive declares is what zipfile gives at most: an entry that goes on is cut, and then broken.
        if sum(entry.file_size for entry in archive.infolist()) > UNPACKED_LIMIT:
            raise Unreadable(f"larger than {UNPACKED_LIMIT // 2**20} MB when unpacked. {_WAY_OUT}")
    sheet = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False).worksheets[0]
    sheet.reset_dimensions()  # what a file says of its size may be a million empty rows
    cells = characters = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells += len(row)
        shown = _without_tail([_shown(cell) for cell in row])
        characters += sum(map(len, shown))
        if number > ROW_LIMIT or cells > CELL_LIMIT or characters > TEXT_LIMIT:
            raise Unreadable(f"its first sheet has too many cells. {_WAY_OUT}")
        if shown:
            yield number, shown


def _shown(cell: Any) -> str:
    value = cell.value
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{100 * value:.12g} %" if "%" in cell.number_format else f"{value:.15g}"
    return "" if value is None else str(value)


def _without_tail(cells: Sequence[str]) -> list[str]:
    """Up to the last cell that holds something."""
    last = max((at for at, cell in enumerate(cells, 1) if cell), default=0)
    return list(cells[:last])


if __name__ == "__main__":
    main(int(sys.argv[1]))
