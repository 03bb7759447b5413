from __future__ import annotations

from tests.streams.flow import MINUTE, NOON, envelope, feed, merged, owner, told

HOUR = 60 * MINUTE


def test_windows_when_events_come_then_minute_and_hour_are_told_open():
    made = owner()
    merged(made, [envelope("levels", [(0, "level", 1.0), (5_000, "level", 2.0)])])

    assert told(made.tick(NOON + 6_000, {}).windows) == [
        (60, 0, "level", 2, 3.0, "open", 1),
        (3600, 0, "level", 2, 3.0, "open", 1),
    ]


def test_windows_when_nothing_changed_then_nothing_is_told_again():
    made = owner()
    merged(made, [envelope("levels", [(0, "level", 1.0)])])
    made.tick(NOON + 1_000, {})

    assert told(made.tick(NOON + 2_000, {}).windows) == []


def test_windows_when_the_watermark_passes_the_end_and_the_bound_then_the_minute_closes():
    made = owner()
    merged(made, [envelope("levels", [(0, "level", 1.0)])])
    made.tick(NOON + 1_000, {})

    merged(made, [envelope("levels", [(61_999, "flow", 1.0)])], 1)
    before = told(made.tick(NOON + 62_000, {}).windows)
    merged(made, [envelope("levels", [(62_000, "flow", 1.0)])], 2)
    after = told(made.tick(NOON + 62_100, {}).windows)

    assert [row for row in before if row[2] == "level"] == []
    assert [row for row in after if row[2] == "level"] == [(60, 0, "level", 1, 1.0, "closed", 2)]


def test_windows_when_a_late_event_is_within_the_lateness_then_the_window_is_revised():
    made = owner(feed("levels", lateness_s=120))
    merged(made, [envelope("levels", [(0, "level", 1.0), (62_000, "level", 1.0)])])
    made.tick(NOON + 62_000, {})

    merged(made, [envelope("levels", [(30_000, "level", 5.0)])], 1)

    minutes = [row for row in told(made.tick(NOON + 63_000, {}).windows) if row[0] == 60]
    assert minutes == [(60, 0, "level", 2, 6.0, "revised", 3)]


def test_windows_when_a_late_event_is_beyond_the_lateness_then_it_is_only_counted():
    made = owner(feed("levels", lateness_s=120))
    merged(made, [envelope("levels", [(0, "level", 1.0), (180_000, "level", 1.0)])])
    made.tick(NOON + 180_000, {})

    merged(made, [envelope("levels", [(59_999, "level", 5.0)])], 1)
    tick = made.tick(NOON + 181_000, {})

    assert told(tick.windows) == []
    assert tick.health.to_pylist()[0]["late"] == 1
    assert tick.health.to_pylist()[0]["accepted"] == 3
    assert made.late == 1


def test_windows_when_one_of_two_feeds_is_behind_then_its_windows_wait():
    made = owner(feed("levels"), feed("gauges"))
    merged(
        made,
        [
            envelope("levels", [(0, "level", 1.0), (62_000, "level", 1.0)]),
            envelope("gauges", [(10_000, "level", 1.0)]),
        ],
    )

    states = {row[1]: row[5] for row in told(made.tick(NOON + 62_000, {}).windows) if row[0] == 60}

    assert states == {0: "open", MINUTE: "open"}


def test_windows_when_the_feed_behind_is_idle_then_nobody_waits_for_it():
    made = owner(feed("levels"), feed("gauges", cadence_s=10))
    merged(
        made,
        [
            envelope("gauges", [(10_000, "level", 1.0)]),
            envelope("levels", [(0, "level", 1.0), (62_000, "level", 1.0)]),
        ],
    )

    states = {row[1]: row[5] for row in told(made.tick(NOON + 62_000, {}).windows) if row[0] == 60}

    assert states == {0: "closed", MINUTE: "open"}


def test_windows_when_a_feed_of_other_windows_is_behind_then_they_do_not_wait():
    made = owner(feed("levels"), feed("history"))
    merged(
        made,
        [
            envelope("history", [(-30 * HOUR, "flow", 1.0)], received=60_000),
            envelope("levels", [(0, "level", 1.0), (62_000, "level", 1.0)]),
        ],
    )

    rows = told(made.tick(NOON + 62_000, {}).windows)

    assert [row[5] for row in rows if row[0] == 60 and row[1] == 0] == ["closed"]


def test_windows_when_all_their_feeds_are_idle_then_the_time_closes_them():
    made = owner(feed("levels", cadence_s=10))
    merged(made, [envelope("levels", [(0, "level", 1.0)])])
    made.tick(NOON + 1_000, {})

    early = told(made.tick(NOON + 61_000, {}).windows)
    due = told(made.tick(NOON + 62_000, {}).windows)

    assert [row for row in early if row[0] == 60] == []
    assert [row for row in due if row[0] == 60] == [(60, 0, "level", 1, 1.0, "closed", 2)]


def test_windows_when_a_backlog_is_worked_off_then_silence_closes_nothing():
    made = owner(feed("levels", cadence_s=10))
    merged(made, [envelope("levels", [(0, "level", 1.0)])])

    tick = made.tick(NOON + 9 * HOUR, dict.fromkeys(range(4), 5_000))

    assert [row[5] for row in told(tick.windows)] == ["open", "open"]
    assert tick.health.to_pylist()[0]["state"] == "live"
    assert tick.health.to_pylist()[0]["backlog"] == 5_000


def test_windows_when_nothing_can_change_them_any_more_then_they_are_forgotten():
    made = owner(feed("levels", lateness_s=120))
    minutes, hours = made._windows

    for minute in range(200):
        merged(made, [envelope("levels", [(minute * MINUTE, "level", 1.0)])], minute)
        made.tick(NOON + minute * MINUTE, {})

    assert (minutes.cells.height, hours.cells.height) == (3, 1)
    assert (minutes.carriers.height, hours.carriers.height) == (3, 1)


def test_windows_when_a_feed_stops_for_good_then_its_windows_are_forgotten():
    made = owner(feed("levels", cadence_s=60, lateness_s=120))
    merged(made, [envelope("levels", [(0, "level", 1.0)])])

    held = []
    for minute in (1, 6, 62):
        made.tick(NOON + minute * MINUTE, {})
        held.append([windows.cells.height for windows in made._windows])

    assert held == [[1, 1], [0, 1], [0, 0]]


def test_windows_when_a_stopped_feed_comes_back_within_the_hour_then_the_hour_goes_on():
    made = owner(feed("levels", cadence_s=60, lateness_s=120))
    merged(made, [envelope("levels", [(0, "level", 1.0)])])
    made.tick(NOON + 30 * MINUTE, {})

    merged(made, [envelope("levels", [(31 * MINUTE, "level", 1.0)])], 1)
    rows = told(made.tick(NOON + 31 * MINUTE, {}).windows)

    assert [row for row in rows if row[0] == 3600] == [(3600, 0, "level", 2, 2.0, "open", 2)]


def test_windows_when_two_feeds_share_a_kind_then_a_forgotten_window_does_not_begin_anew():
    made = owner(feed("levels", lateness_s=120), feed("gauges", lateness_s=120))
    merged(made, [envelope("levels", [(0, "level", 1.0), (9 * MINUTE, "level", 1.0)])])
    made.tick(NOON + 9 * MINUTE, {})

    merged(made, [envelope("gauges", [(0, "level", 1.0)])], 1)
    tick = made.tick(NOON + 9 * MINUTE + 1_000, {})

    assert [row for row in told(tick.windows) if row[:2] == (60, 0)] == []
    assert {row["feed"]: row["late"] for row in tick.health.to_pylist()} == {
        "levels": 0,
        "gauges": 1,
    }


def test_windows_when_a_clock_is_a_year_ahead_then_the_event_is_only_counted():
    made = owner()
    merged(made, [envelope("levels", [(365 * 24 * HOUR, "level", 1.0)], received=0)])

    tick = made.tick(NOON, {})

    assert told(tick.windows) == []
    assert tick.health.to_pylist()[0]["late"] == 1


def test_windows_when_an_hour_is_open_then_it_is_told_every_ten_seconds():
    made = owner()
    hours = []
    for second in range(25):
        merged(made, [envelope("levels", [(second * 1000, "level", 1.0)])], second)
        rows = told(made.tick(NOON + second * 1000, {}).windows)
        hours += [(second, row[3]) for row in rows if row[0] == 3600]

    assert hours == [(0, 1), (10, 11), (20, 21)]
