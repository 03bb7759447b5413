from __future__ import annotations

from datetime import timedelta

from citybrain.rules.rule import Rule, RuleEvent
from tests.streams.conditions.rig import episodes, faults, records, rule, told
from tests.streams.ruling import rig

MINUTE = timedelta(minutes=1)


def camera(name: str, at: str, until: str | None = None, arrives: str | None = None) -> RuleEvent:
    every = MINUTE if until else None
    return RuleEvent(at=at, until=until, every=every, subject=name, value=40.0, arrives=arrives)


def silent(**given: object) -> Rule:
    base = {"kinds": ("traffic_flow",), "by": ("subject",), "above": {"yellow": "30m", "red": "2h"}}
    return rule("absence", **(base | given))


def test_absence_when_one_camera_of_ten_falls_silent_then_it_alone_is_told():
    others = [camera(f"c{number}", "08:00", "09:00") for number in range(1, 10)]

    assert told(silent(), [camera("c0", "08:00", "08:10"), *others], "09:00") == [
        ("08:40:00", "c0", "firing", "yellow", "08:40:00")
    ]


def test_absence_when_no_event_comes_at_all_then_time_alone_raises_the_level():
    assert told(silent(), [camera("c0", "08:00")], "11:00") == [
        ("08:30:00", "c0", "firing", "yellow", "08:30:00"),
        ("10:00:00", "c0", "firing", "red", "08:30:00"),
    ]


def test_absence_when_the_camera_is_heard_again_then_it_ends_at_that_event():
    (_, ended) = episodes(
        silent(), records(silent(), [camera("c0", "08:00"), camera("c0", "09:10")])
    )

    assert ended.state == "ended"
    assert ended.ended_at is not None
    assert ended.ended_at.isoformat() == "2026-03-02T01:10:00+00:00"


def test_absence_when_a_late_event_falls_into_the_silence_then_the_alert_is_revised():
    late = camera("c0", "08:25", arrives="08:31")

    assert told(silent(), [camera("c0", "08:00"), late], "08:56") == [
        ("08:30:00", "c0", "firing", "yellow", "08:30:00"),
        ("08:31:00", "c0", "revised", "yellow", "08:30:00"),
        ("08:55:00", "c0", "firing", "yellow", "08:55:00"),
    ]


def test_absence_when_the_shard_moves_at_any_record_then_the_same_is_told():
    events = [camera("c0", "08:00", "08:03"), camera("c1", "08:00"), camera("c0", "09:00")]
    all_at_once = told(silent(), events, "09:31")

    assert [one[1:4] for one in all_at_once] == [
        ("c1", "firing", "yellow"),
        ("c0", "firing", "yellow"),
        ("c0", "ended", "yellow"),
        ("c0", "firing", "yellow"),
    ]
    for number in range(0, len(records(silent(), events, "09:31")), 5):
        assert told(silent(), events, "09:31", restart_at=number) == all_at_once


def test_absence_when_counted_in_cadences_then_the_feed_says_how_long_one_is():
    thirty_seconds = silent(
        condition=rule("absence", {"cadences": True}).condition,
        by=("feed", "subject"),
        above={"yellow": "10"},
    )
    event = RuleEvent(at="08:00", subject="c0", value=1.0, feed="ndw_lanes")

    assert told(thirty_seconds, [event], "08:10") == [
        ("08:05:00", "ndw_lanes,c0", "firing", "yellow", "08:05:00")
    ]


def expecting(*keys: str, **given: object) -> Rule:
    return silent(condition=rule("absence", {"keys": keys}).condition, **given)


def test_absence_when_a_key_is_expected_and_never_heard_of_then_it_is_told():
    tested = expecting("c0", "c1")

    found = episodes(tested, records(tested, [camera("c1", "08:00", "08:40")], "08:40"))

    assert [(one.key["subject"], one.state, f"{one.started_at:%H:%M}") for one in found] == [
        ("c0", "firing", "00:30")
    ]
    assert found[0].summary.zh == "自2026-03-02 08:00:00开始监测以来从无数据"
    assert found[0].summary.en == "nothing heard since watching began, 2026-03-02 08:00:00"


def test_absence_when_an_expected_key_speaks_at_last_then_it_ends_and_is_watched_as_all():
    events = [camera("c1", "08:00"), camera("c0", "08:31")]

    assert told(expecting("c0"), events, "09:02") == [
        ("08:30:00", "c1", "firing", "yellow", "08:30:00"),
        ("08:30:00", "c0", "firing", "yellow", "08:30:00"),
        ("08:31:00", "c0", "ended", "yellow", "08:30:00"),
        ("09:01:00", "c0", "firing", "yellow", "09:01:00"),
    ]


def test_absence_when_the_shard_moves_then_it_does_not_begin_to_watch_again():
    events = [camera("c1", "08:00")]
    expected = told(expecting("c0"), events, "08:31")

    assert len(expected) == 2
    for number in range(0, len(records(expecting("c0"), events, "08:31")), 9):
        assert told(expecting("c0"), events, "08:31", restart_at=number) == expected


def test_absence_when_keys_are_of_two_columns_then_the_fault_says_so():
    assert faults(expecting("c0", by=("feed", "subject"))) == [
        "condition.absence.keys: one word each, for 2 columns; "
        "give one column in by, or take keys away"
    ]


def test_absence_when_told_then_the_words_say_for_how_long_and_since_when():
    (fired,) = episodes(silent(), records(silent(), [camera("c0", "08:00")], "08:31"))

    assert fired.summary.zh == "已30分钟无数据，最后一次在2026-03-02 08:00:00"
    assert fired.summary.en == "silent for 30m, last heard 2026-03-02 08:00:00"


def test_absence_when_a_rule_says_what_cannot_be_then_every_fault_is_told():
    wrong = silent(by=(), above={"yellow": "30"}, clear="10", fires_after=2)

    assert faults(wrong) == [
        "fires_after: counts for nothing here; "
        "take it away: it is counted by time, not by readings",
        "condition.absence: watches nothing but all its kinds together; "
        "say by what it tells apart, for example by: [subject]",
        "condition.absence: clear counts for nothing here; take it away: a new event ends it",
        "condition.absence: yellow at '30' is no duration; give a duration, as 30m",
    ]


def test_absence_when_old_data_fills_a_silence_that_was_final_then_the_alert_ends():
    tested = rule("absence", kinds=("traffic_flow",), by=("subject",), above={"yellow": "1h"})
    day = 24 * 3600

    def minutes(first: int, last: int, offset: int) -> rig.Record:
        seen = [rig.Seen(second, 1.0) for second in range(first, last, 600)]
        return rig.excerpt(seen, offset=offset, received_s=8 * day)

    running = rig.engine([tested], history_ms=rig.FOREVER_MS)
    told = running.take([minutes(0, day, 0), rig.pulse(8 * day)])
    assert [one.state for one in told] == ["firing"]

    told += running.take([minutes(day, 8 * day, 1), rig.pulse(8 * day + 1)])

    assert [one.state for one in told] == ["firing", "ended"]
