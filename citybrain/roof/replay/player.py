"""Play recorded rows in their own rhythm at a speed, in a loop. Pure: time is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl


@dataclass
class _Series:
    """One series and where its needle is.

    Attributes:
        rows: row numbers in the data set, in time order.
        due: milliseconds of playing time after the start of the loop, a row each.
        length: milliseconds of playing time of a whole loop.
        index: the next row to play.
        base: instant at which this loop started, in milliseconds.
    """

    rows: npt.NDArray[np.int64]
    due: npt.NDArray[np.float64]
    length: float
    index: int
    base: float


class Player:
    """Plays one data set; each of its series loops by itself."""

    def __init__(
        self, rows: pl.DataFrame, speed: float, now: int, positions: Mapping[str, int] | None = None
    ) -> None:
        """Start at `now` (milliseconds), where `positions` left off.

        Args:
            rows: with columns ``series`` and ``recorded_at``.
            speed: seconds of the recording that pass in one second; more than 0.
            now: the present instant; the next row of each series is due at once.
            positions: series → number of its row that is next.
        """
        self._rows = rows.with_row_index("row")
        self._series = {
            str(name[0]): _series(part, speed, (positions or {}).get(str(name[0]), 0))
            for name, part in self._rows.group_by("series", maintain_order=True)
        }
        self.rebase(now)

    @property
    def positions(self) -> dict[str, int]:
        """Series → number of its row that is next."""
        return {name: series.index for name, series in self._series.items()}

    def rebase(self, now: int) -> None:
        """Go on at `now` after a pause, as if no time had passed."""
        for series in self._series.values():
            series.base = now - series.due[series.index]

    def take(self, now: int) -> pl.DataFrame:
        """Return the rows that became due up to `now`, with `sent_ms`, and move on.

        A row's `sent_ms` is the instant at which it was due; `row` is its number in the set.
        """
        parts = [self._take(series, now) for series in self._series.values()]
        rows = np.concatenate([part[0] for part in parts])
        sent = np.concatenate([part[1] for part in parts])
        order = np.argsort(sent, kind="stable")
        played = self._rows[rows[order]]
        return played.with_columns(sent_ms=pl.Series(sent[order], dtype=pl.Int64))

    def _take(
        self, series: _Series, now: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        rows, sent = [series.rows[:0]], [np.empty(0, np.int64)]
        while series.base + series.due[series.index] <= now:
            end = int(np.searchsorted(series.due, now - series.base, side="right"))
            rows.append(series.rows[series.index : end])
            sent.append((series.base + series.due[series.index : end]).astype(np.int64))
            series.index = end
            if end == len(series.rows):
                series.index, series.base = 0, series.base + series.length
        return np.concatenate(rows), np.concatenate(sent)


def _series(part: pl.DataFrame, speed: float, index: int) -> _Series:
    part = part.sort("recorded_at", maintain_order=True)
    at = part["recorded_at"].dt.epoch("ms").to_numpy()
    steps = np.diff(at)
    pause = float(np.median(steps[steps > 0])) if (steps > 0).any() else 1000.0
    due = (at - at[0]) / speed
    return _Series(
        rows=part["row"].to_numpy().astype(np.int64),
        due=due,
        length=float(due[-1]) + pause / speed,
        index=index % len(part),
        base=0.0,
    )
