from __future__ import annotations

from streams.runtime.watermarks import FeedMark, Timing, Watermarks

TIMING = Timing(cadence_ms=1_000, lateness_ms=10_000)


def test_mark_when_an_older_event_comes_then_it_does_not_go_back():
    mark = FeedMark(TIMING)

    mark.advance(5_000, 5_100)
    mark.advance(4_000, 5_050)

    assert (mark.watermark_ms, mark.seen_ms, mark.horizon_ms()) == (5_000, 5_100, -5_000)


def test_mark_when_only_bad_rows_come_then_it_is_seen_but_has_no_watermark():
    mark = FeedMark(TIMING)

    mark.advance(None, 5_100)

    assert (mark.watermark_ms, mark.seen_ms, mark.horizon_ms()) == (None, 5_100, None)


def test_mark_when_three_cadences_are_quiet_then_it_is_idle_and_after_its_lateness_gone():
    mark = FeedMark(TIMING)
    mark.advance(0, 0)

    states = [(mark.idle(at), mark.gone(at)) for at in (3_000, 3_001, 13_000, 13_001)]

    assert states == [(False, False), (True, False), (True, False), (True, True)]


def test_mark_when_never_seen_then_it_is_idle_and_gone():
    assert (FeedMark(TIMING).idle(0), FeedMark(TIMING).gone(0)) == (True, True)


def test_table_when_feeds_differ_then_each_has_its_row_and_those_without_events_none():
    marks = Watermarks({"a": TIMING, "b": TIMING, "never": TIMING})
    marks.mark("a").advance(9_000, 9_000)
    marks.mark("b").advance(1_000, 1_000)
    marks.mark("stranger").advance(9_000, 9_000)

    table = marks.table(lambda feed: 20_000 if feed == "b" else 10_000)

    assert table.rows() == [
        ("a", 9_000, -1_000, False, False),
        ("b", 1_000, 10_000, True, True),
        ("stranger", 9_000, -591_000, False, False),
    ]
