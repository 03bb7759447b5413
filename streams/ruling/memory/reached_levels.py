"""Which level a measure reaches."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from citybrain.rules.rule import Thresholds
from streams.ruling.fold import HOLD
from streams.ruling.intake.rows import Floats


def codes(measures: Floats, levels: Thresholds) -> npt.NDArray[np.int8]:
    """Return the code (see `streams.ruling.fold`) of each measure; NaN is clear."""
    sign = 1.0 if levels.above else -1.0
    signed = np.where(np.isnan(measures), -np.inf, measures * sign)
    edges = np.array([value * sign for value in levels.values])
    ranks = np.array([0, *levels.ranks], np.int8)
    found = ranks[np.searchsorted(edges, signed, side="right")]
    if levels.clear is not None:
        between = (found == 0) & (signed > levels.clear * sign)
        found = np.where(between, np.int8(HOLD), found)
    return np.asarray(found, np.int8)


def code(measure: float, levels: Thresholds) -> int:
    """Return the code of one measure."""
    return int(codes(np.array([measure]), levels)[0])
