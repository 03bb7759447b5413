"""Recorded rows in their own rhythm."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.roof.replay.player import Player

NOW = 1_795_440_000_000


def rows() -> pl.DataFrame:
    minutes = {"a": [0, 5, 10], "b": [0, 1]}
    return pl.DataFrame(
        [
            {"series": name, "recorded_at": f"2015-09-01 12:{minute:02d}", "value": minute}
            for name, all_minutes in minutes.items()
            for minute in all_minutes
        ],
    ).with_columns(pl.col("recorded_at").str.to_datetime("%Y-%m-%d %H:%M", time_unit="ms"))


def played(frame: pl.DataFrame) -> list[tuple[str, int, int]]:
    return [
        (name, value, sent - NOW)
        for name, value, sent in frame.select("series", "value", "sent_ms").iter_rows()
    ]


def test_take_when_started_then_the_first_rows_are_due_at_once() -> None:
    assert played(Player(rows(), 60, NOW).take(NOW)) == [("a", 0, 0), ("b", 0, 0)]


def test_take_when_speed_60_then_a_minute_lasts_a_second_and_series_loop_alone() -> None:
    player = Player(rows(), 60, NOW)

    assert played(player.take(NOW + 6_000)) == [
        ("a", 0, 0),
        ("b", 0, 0),
        ("b", 1, 1_000),
        ("b", 0, 2_000),
        ("b", 1, 3_000),
        ("b", 0, 4_000),
        ("a", 5, 5_000),
        ("b", 1, 5_000),
        ("b", 0, 6_000),
    ]


def test_take_when_nothing_is_due_then_no_rows_but_all_columns() -> None:
    player = Player(rows(), 60, NOW)
    player.take(NOW)

    taken = player.take(NOW + 999)

    assert taken.is_empty()
    assert taken.columns == ["row", "series", "recorded_at", "value", "sent_ms"]


def test_positions_when_started_anew_then_it_goes_on_there() -> None:
    player = Player(rows(), 60, NOW)
    player.take(NOW + 5_000)
    assert player.positions == {"a": 2, "b": 0}

    later = Player(rows(), 60, NOW, player.positions)

    assert played(later.take(NOW)) == [("a", 10, 0), ("b", 0, 0)]


def test_positions_when_the_set_became_shorter_then_it_starts_over() -> None:
    assert Player(rows(), 60, NOW, {"a": 3, "gone": 7}).positions == {"a": 0, "b": 0}


def test_rebase_when_paused_then_no_time_has_passed() -> None:
    player = Player(rows(), 60, NOW)
    player.take(NOW)

    player.rebase(NOW + 3_600_000)

    assert played(player.take(NOW + 3_600_000)) == [("a", 5, 3_600_000), ("b", 1, 3_600_000)]


@pytest.mark.parametrize("speed", [1, 60, 3600])
@given(st.lists(st.integers(1, 20_000), max_size=4))
@settings(deadline=None)
def test_take_when_cut_anyhow_then_the_same_rows(speed: int, steps: list[int]) -> None:
    whole, pieces = Player(rows(), speed, NOW), Player(rows(), speed, NOW)
    now, taken = NOW, []
    for step in steps:
        now += step
        taken += played(pieces.take(now))

    assert sorted(taken) == sorted(played(whole.take(now)) if steps else [])
