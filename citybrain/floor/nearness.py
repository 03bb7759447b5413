"""When two numbers are the same but for what floats lose: the one place that says so.

0.1 + 0.2 is not 0.3 to a float, 3 × 0.7 / 3 is not 0.7, 19 of 20 in per cent is not 95. Whoever
compares a computed number with a written one does it within this slack, so that a level is reached
at its threshold, and what is no more than its threshold is not beyond it. It is far less than
anybody writes or measures: 9.99 is not 10, and counts are exact up to 10¹⁵.
"""

from __future__ import annotations

import math

RELATIVE = 1e-9
"""Of the written number: differences of far larger numbers lose as much."""
MOST, LEAST = 1e-6, 1e-12
"""At most and at least; sums are kept in millionths."""
LAST_PLACES = 4
"""Units in the last place, where those are more than `MOST`: of numbers from 10⁹ on."""


def slack(written: float) -> float:
    """Return how far from `written` a computed number still is the same; 0 for what is no number.

    It is the same for `written` and `-written`.
    """
    if not math.isfinite(written):
        return 0.0
    bounded = min(max(abs(written) * RELATIVE, LEAST), MOST)
    return max(bounded, LAST_PLACES * math.ulp(written))


def reaches(computed: float, written: float) -> bool:
    """Return whether `computed` is `written` or more."""
    return computed >= written - slack(written)


def exceeds(computed: float, written: float) -> bool:
    """Return whether `computed` is more than `written`."""
    return computed > written + slack(written)
