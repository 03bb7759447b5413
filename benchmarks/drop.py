"""Drop one big CSV into a department's folder, written aside and moved in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.city import DEPARTMENTS, KINDS, feed_of
from benchmarks.load import STREETS
from benchmarks.report import say
from citybrain.floor.settings import Settings

CHUNK = 100_000
HEADER = "id,at,kind,area,lon,lat,severity,value,subject,text\n"
_ID, _TIME = "SSSSSSSSSS", "YYYY-MM-DDTHH:MM:SS"


@dataclass
class Dropped:
    """What the folder was given."""

    rows: int = 0
    told_to_wait: int = 0

    def known(self) -> int:
        """Return 0: all rows are new."""
        return 0

    def accepted(self) -> int:
        """Return the rows in the folder."""
        return self.rows


class Dropper:
    """One CSV of `rows` rows, written beforehand."""

    def __init__(self, settings: Settings, rows: int) -> None:
        """Write the file beside the folder; nothing is seen of it before `start`."""
        self.pushed = Dropped()
        self._rows = rows
        folder = settings.data / "drop" / feed_of(DEPARTMENTS[0])
        folder.mkdir(parents=True)
        self._aside = settings.data / "big.csv"
        self._file = folder / "big.csv"
        write_csv(self._aside, rows)
        say(f"CSV of {rows:,} rows, {self._aside.stat().st_size / 1e6:,.0f} MB")

    def start(self) -> None:
        """Move the file in."""
        self._aside.rename(self._file)
        self.pushed.rows = self._rows

    def stop(self) -> None:
        """Do nothing: a file is there or not."""


def write_csv(path: Path, rows: int) -> None:
    """Write `rows` rows, all of the hour before now, in order of time."""
    lines = "".join(_line(row) for row in range(CHUNK)).encode()
    width = len(lines) // CHUNK
    matrix = np.frombuffer(bytearray(lines), np.uint8).reshape(CHUNK, width)
    text = lines[:width].decode()
    spots = [slice(text.index(mark), text.index(mark) + len(mark)) for mark in (_ID, _TIME)]
    start = datetime.now(UTC) - timedelta(hours=1)
    with path.open("wb") as file:
        file.write(HEADER.encode())
        for first in range(0, rows, CHUNK):
            count = min(CHUNK, rows - first)
            numbers = np.char.zfill(np.arange(first, first + count).astype("S10"), 10)
            second = start + timedelta(seconds=3600 * first // rows)
            matrix[:count, spots[0]] = numbers.view(np.uint8).reshape(count, 10)
            stamp = second.strftime("%Y-%m-%dT%H:%M:%S").encode()
            matrix[:count, spots[1]] = np.frombuffer(stamp, np.uint8)
            file.write(matrix[:count].tobytes())


def _line(row: int) -> str:
    kind = KINDS[row % len(KINDS)]
    start = (
        f"{_ID},{_TIME}.{row * 1000 // CHUNK:03d}Z,{kind},{STREETS[row % len(STREETS)]},"
        f"106.{row % 9000 + 1000},39.{row % 7000 + 1000},{row % 5},{row % 900 + 100}.{row % 10},"
        f"sensor-{row % 500:04d},"
    )
    return start + "x" * (159 - len(start)) + "\n"
