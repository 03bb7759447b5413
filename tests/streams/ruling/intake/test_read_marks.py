"""How far the flow has come for a rule."""

from __future__ import annotations

import msgspec

from streams.ruling.intake.inputs import ExcerptHeader, Pulse
from streams.ruling.intake.read_marks import MOST_AHEAD_MS, ReadMarks
from tests.streams.ruling.rig import NOON, pulse, wuhai

LANES, DETECTOR = "ndw_lanes", "pems_detector"
FOREVER_AGO = -(2**62)


def header(
    at_s: int | None, *, feed: str = LANES, received_s: int | None = None, rejected: int = 0
) -> ExcerptHeader:
    received = received_s if received_s is not None else at_s or 0
    return ExcerptHeader(
        partition=0,
        offset=0,
        feed=feed,
        department="traffic_police",
        accepted=0 if at_s is None else 1,
        rejected=rejected,
        newest_ms=None if at_s is None else NOON + at_s * 1000,
        received_ms=NOON + received * 1000,
    )


def flow() -> ReadMarks:
    return ReadMarks(wuhai().feeds.values(), 1)


def seconds(flow: ReadMarks, *feeds: str) -> tuple[int, int, int]:
    """Return now, watermark and horizon in seconds after noon."""
    time = flow.time(feeds)
    now, watermark, horizon = time.now_ms, time.watermark_ms, time.horizon_ms
    return (now - NOON) // 1000, (watermark - NOON) // 1000, (horizon - NOON) // 1000


def test_note_when_first_heard_of_then_nothing_is_too_late() -> None:
    assert flow().note(header(0)) == (FOREVER_AGO, NOON + MOST_AHEAD_MS)


def test_note_when_heard_of_before_then_the_mark_before_decides_what_is_late() -> None:
    tested = flow()
    tested.note(header(0))

    assert tested.note(header(3600))[0] == NOON - 600_000
    assert tested.note(header(3601))[0] == NOON + 3_000_000


def test_time_when_two_feeds_carry_it_then_the_one_that_is_behind_counts() -> None:
    tested = flow()
    tested.note(header(100))
    tested.note(header(40, feed=DETECTOR, received_s=100))
    tested.beat(pulse(101))

    assert seconds(tested, LANES, DETECTOR) == (101, 40, -560)
    assert seconds(tested, LANES) == (101, 100, -500)


def test_time_when_a_feed_is_idle_then_it_is_not_waited_for() -> None:
    tested = flow()
    tested.note(header(0, feed=DETECTOR))
    tested.note(header(200))
    tested.beat(pulse(201))

    assert seconds(tested, LANES, DETECTOR) == (201, 200, -600)


def test_time_when_all_feeds_are_gone_then_the_pulse_alone_moves_it() -> None:
    tested = flow()
    tested.note(header(0))
    tested.beat(pulse(5000))

    assert seconds(tested, LANES) == (5000, 5000, 4400)


def test_note_when_an_envelope_holds_refused_rows_alone_then_it_is_no_sign_of_life() -> None:
    tested = flow()
    tested.note(header(0))
    tested.note(header(None, received_s=80, rejected=3))
    tested.beat(pulse(91))

    assert tested.mark(LANES).idle(tested.reached(LANES)) is True


def test_beat_when_an_older_pulse_comes_then_time_does_not_go_back() -> None:
    tested = flow()
    tested.beat(Pulse(NOON + 5000, {"0": NOON + 5000}))
    tested.beat(Pulse(NOON, {"0": NOON}))

    assert (tested.now_ms, tested.reached(LANES)) == (NOON + 5000, NOON + 5000)


def test_flow_when_packed_then_another_is_as_far() -> None:
    tested, other = flow(), flow()
    tested.note(header(100))
    tested.beat(pulse(101))
    other.unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(tested.pack())))

    assert seconds(other, LANES) == (101, 100, -500)
