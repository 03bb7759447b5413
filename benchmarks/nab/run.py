"""Feed one file of the corpus to a detector, row by row."""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.nab.corpus import Series
from streams.anomaly.detector import Detector


@dataclass(frozen=True)
class Run:
    """One file's scores, one a row, and what a row took."""

    series: Series
    scores: list[float]
    micros: float


def run_series(series: Series) -> Run:
    """Return what a fresh detector with the default settings says of each row in turn."""
    detector = Detector()
    began = time.perf_counter()
    rows = zip(series.times_ms(), series.values, strict=True)
    scores = [detector.update(at_ms, value).score for at_ms, value in rows]
    spent = time.perf_counter() - began
    return Run(series, scores, 1e6 * spent / max(1, len(scores)))
