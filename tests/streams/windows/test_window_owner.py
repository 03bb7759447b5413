from __future__ import annotations

from collections import defaultdict

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.windows.window_owner import WindowOwner
from streams.windows.window_snapshot import decode_snapshot, encode_snapshot
from tests.streams.flow import MINUTE, NOON, envelope, feed, merged, owner, records, told

FEEDS = (feed("levels"), feed("gauges"))
SPAN_MS = 5 * MINUTE
"""All events lie within the allowed lateness of the feeds, so any order is one within it."""

EVENT = st.tuples(
    st.integers(0, SPAN_MS - 1),
    st.sampled_from(["level", "flow"]),
    st.one_of(st.none(), st.integers(-50, 50).map(float)),
)
ENVELOPE = st.tuples(st.sampled_from(["levels", "gauges"]), st.lists(EVENT, max_size=6))


def restarted(made: WindowOwner) -> WindowOwner:
    """Return another owner that took over from a snapshot of `made`."""
    again = owner(*FEEDS)
    again.restore(decode_snapshot(encode_snapshot(made.snapshot(NOON))))
    return again


class Store:
    """Keeps the result of the highest revision of each window, as the real one does."""

    def __init__(self) -> None:
        self.windows: dict[tuple[object, ...], tuple[object, ...]] = {}

    def take(self, made: WindowOwner, now_ms: int) -> None:
        for row in told(made.tick(now_ms, {}).windows):
            known = self.windows.get(row[:3])
            if known is None or row[6] >= known[6]:
                self.windows[row[:3]] = row

    def values(self) -> dict[tuple[object, ...], tuple[object, ...]]:
        return {key: row[3:5] for key, row in self.windows.items()}


def expected(envelopes: list[tuple[str, list[tuple[int, str, float | None]]]]):
    """Return (events, sum) of each window by adding the events up one by one."""
    sums: dict[tuple[object, ...], list[float]] = defaultdict(lambda: [0, 0.0])
    for _, rows in envelopes:
        for at, kind, value in rows:
            for size_s in (60, 3600):
                cell = sums[size_s, at // (size_s * 1000) * size_s * 1000, kind]
                cell[0] += 1
                cell[1] += value or 0.0
    return {key: (events, total) for key, (events, total) in sums.items()}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    envelopes=st.lists(ENVELOPE, max_size=10),
    batches=st.lists(st.integers(1, 4), min_size=10, max_size=10),
    restarts=st.sets(st.integers(0, 9)),
    again=st.integers(0, 9),
)
def test_windows_when_events_come_in_any_split_and_order_then_they_are_the_same(
    envelopes, batches, restarts, again
):
    made, store = owner(*FEEDS), Store()
    values = records([envelope(name, rows) for name, rows in envelopes])
    log = list(enumerate(values))
    done = 0
    for turn, size in enumerate(batches):
        made.merge(log[max(0, done - again) : done + size])  # what came before comes again
        done = min(done + size, len(log))
        store.take(made, NOON + SPAN_MS + turn * 1000)
        if turn in restarts:
            made = restarted(made)
    store.take(made, NOON + SPAN_MS + MINUTE)

    assert done == len(log)
    assert store.values() == expected(envelopes)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    envelopes=st.lists(ENVELOPE, min_size=1, max_size=8),
    snapshot=st.integers(0, 8),
    killed=st.integers(0, 8),
    repeated=st.integers(0, 8),
)
def test_windows_when_a_worker_is_killed_then_its_successor_tells_the_same(
    envelopes, snapshot, killed, repeated
):
    values = records([envelope(name, rows) for name, rows in envelopes])
    first = [*values[:killed], *values[killed - min(repeated, killed) : killed]]
    log = list(enumerate([*first, *values[killed:]]))  # some envelopes were reduced twice
    snapshot, killed = min(snapshot, len(first)), len(first)

    made, store = owner(*FEEDS), Store()
    made.merge(log[:snapshot])
    store.take(made, NOON + SPAN_MS)
    successor = restarted(made)
    for offset, value in log[snapshot:killed]:  # told, but in no snapshot
        made.merge([(offset, value)])
        store.take(made, NOON + SPAN_MS + offset)
    successor.merge(log[snapshot:])
    store.take(successor, NOON + SPAN_MS + MINUTE)

    assert store.values() == expected(envelopes)


def test_merge_when_an_envelope_is_reduced_twice_then_it_counts_once():
    made = owner()
    values = records([envelope("levels", [(0, "level", 1.0)], rejected=1)])

    made.merge([(0, values[0]), (1, values[0])])

    tick = made.tick(NOON + 1_000, {})
    assert [row[3] for row in told(tick.windows)] == [1, 1]
    assert [(row["accepted"], row["rejected"]) for row in tick.health.to_pylist()] == [(1, 1)]
    assert made.offset == 1


def test_merge_when_a_record_is_no_partial_then_it_is_counted_and_the_rest_goes_on():
    made = owner()
    values = records([envelope("levels", [(0, "level", 1.0)])])

    made.merge([(0, b"nonsense"), (1, values[0])])

    assert made.undecodable == 1
    assert [row[3] for row in told(made.tick(NOON + 1_000, {}).windows)] == [1, 1]


def test_merge_when_order_within_an_envelope_spans_hours_then_nothing_is_late():
    made = owner(feed("levels", lateness_s=60))
    merged(made, [envelope("levels", [(hour * 60 * MINUTE, "level", 1.0) for hour in range(24)])])

    tick = made.tick(NOON + 24 * 60 * MINUTE, {})

    assert tick.health.to_pylist()[0]["late"] == 0
    assert len(told(tick.windows)) == 48


def test_tick_when_nothing_ever_came_then_all_feeds_are_told_as_never_seen():
    made = owner(*FEEDS)

    tick = made.tick(NOON, {})

    assert tick.windows.num_rows == 0
    assert [(row["feed"], row["state"]) for row in tick.health.to_pylist()] == [
        ("levels", "never"),
        ("gauges", "never"),
    ]


def test_tick_when_a_feed_is_not_in_the_configuration_then_it_is_told_as_well():
    made = owner(*FEEDS)
    merged(made, [envelope("stranger", [(0, "level", 1.0)])])

    states = {row["feed"]: row["state"] for row in made.tick(NOON, {}).health.to_pylist()}

    assert states == {"levels": "never", "gauges": "never", "stranger": "live"}


def test_tick_when_all_that_comes_of_a_feed_is_refused_then_it_is_silent():
    made = owner(feed("levels", cadence_s=60))
    merged(made, [envelope("levels", [(0, "level", 1.0)])])
    merged(made, [envelope("levels", [], rejected=3)], first=1)

    (row,) = made.tick(NOON + 10 * MINUTE, {}).health.to_pylist()

    assert (row["state"], row["rejected"]) == ("silent", 3)


def test_settle_when_a_long_log_is_read_then_nothing_waits_and_windows_are_the_same():
    envelopes = [envelope("levels", [(at * 1_000, "level", 1.0)]) for at in range(30)]
    at_once, settled = owner(), owner()
    merged(at_once, envelopes)
    for offset, made in enumerate(envelopes):
        merged(settled, [made], first=offset)
        settled.settle()

    assert settled._pending == []
    now = NOON + MINUTE
    assert told(settled.tick(now, {}).windows) == told(at_once.tick(now, {}).windows)


def test_reload_when_feeds_come_go_and_change_then_what_stays_is_remembered():
    made = owner(*FEEDS)
    merged(made, [envelope("levels", [(0, "level", 1.0)])])

    made.reload([feed("levels", irregular=True), feed("added")])

    rows = {row["feed"]: row for row in made.tick(NOON + 60 * MINUTE, {}).health.to_pylist()}
    assert {name: row["state"] for name, row in rows.items()} == {
        "levels": "irregular",
        "added": "never",
    }
    assert rows["levels"]["accepted"] == 1


def test_restore_when_a_feed_is_gone_meanwhile_then_it_is_told_no_more():
    made, after = owner(*FEEDS), owner(feed("gauges"))
    merged(made, [envelope("levels", [(0, "level", 1.0)])])

    after.restore(made.snapshot(NOON))

    assert [row["feed"] for row in after.tick(NOON, {}).health.to_pylist()] == ["gauges"]


def test_tick_when_an_irregular_feed_is_behind_then_it_holds_nobody_back():
    made = owner(feed("levels", irregular=True), feed("gauges"))
    merged(made, [envelope("levels", [(0, "level", 1.0)]), envelope("gauges", [(0, "level", 1.0)])])
    late = [envelope("gauges", [(minute * MINUTE, "level", 1.0)]) for minute in range(1, 21)]
    merged(made, late, first=2)

    closed = [row for row in told(made.tick(NOON + 20 * MINUTE, {}).windows) if row[0] == 60]

    assert (closed[0][3], closed[0][5]) == (2, "closed")
