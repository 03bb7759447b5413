"""Sink and store are killed in the middle of a backfill beside live traffic: all is there once.

`python -m benchmarks.backfill --kills 200` is the same for long; its figures stand in benchmarks/.
"""

from __future__ import annotations

import pytest

from benchmarks import backfill

pytestmark = pytest.mark.acceptance


def test_kill_in_the_middle_of_a_backfill_then_all_is_there_once_and_rollups_are_right() -> None:
    found = backfill.run(kills=4, feeds=3, years=2, seed=7)

    assert found["rows"] == found["rows sent"]
    assert (found["twice"], found["wrong rollups"], found["scratch tables left"]) == (0, "", 0)
    assert found["live records"] > 20
