"""A process of its own that reads the first sheet of a workbook: ``python -m … <file> <MiB>``.

The library holds a sheet whole, and a small file may describe a huge one; here it may only use so
much memory, and whatever becomes of it, the gateway goes on. Writes JSON lines: the number of the
first row, then each row as an array of texts. A cell that does not say what it seems to begins with
`MARK`, then stands what it says, `MARK`, and what is the matter. Exit code 2: no workbook, standard
error says why.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice

import msgspec
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from connectors.readers.odd_cells import OddCells, odd_cells

NO_WORKBOOK = 2
MARK = "\0"
"""No cell can hold it."""
EXACT = 2.0**53
"""Numbers of a workbook are floats: from here on, not every whole number is one."""
Cell = int | float | str | bool | time | date | datetime | timedelta


def cell_text(cell: Cell) -> str:
    """Return a cell as the text that a CSV export would have."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell)


def _lines(sheet: CalamineSheet, odd: OddCells) -> Iterator[bytes]:
    first, left = sheet.start or (0, 0)
    yield msgspec.json.encode(first + 1)
    if sheet.start is None:  # nothing is in it
        return
    rows = {row for row, _ in odd}
    # The library leaves out empty columns on the left, but not empty rows above.
    for number, row in enumerate(islice(sheet.iter_rows(), first, None), first):
        texts = [cell_text(cell) for cell in row]
        for column, cell in enumerate(row):
            if isinstance(cell, float) and abs(cell) >= EXACT:
                problem = f"the number {cell!r} has more digits than a workbook keeps"
                texts[column] = _marked(
                    texts[column], f"{problem}: make the column text, and fill it again"
                )
            elif number in rows and (problem := odd.get((number, left + column), "")):
                texts[column] = _marked("", problem)
        yield msgspec.json.encode(texts)


def _marked(text: str, problem: str) -> str:
    return f"{MARK}{text}{MARK}{problem}"


def main(path: str, most_mib: int) -> int:
    """Write what is in the workbook at `path`; return the exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (most_mib * 1024**2, most_mib * 1024**2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open(path, "rb") as file, CalamineWorkbook.from_filelike(file) as book:
            for line in _lines(book.get_sheet_by_index(0), odd_cells(path)):
                sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()
    except CalamineError as error:
        sys.stderr.write(f"{error}\n")
        return NO_WORKBOOK
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
