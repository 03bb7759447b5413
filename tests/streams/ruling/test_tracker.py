"""What is told of a rule's keys as observations come, change and become final."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from citybrain.alerts.records import Episode
from citybrain.floor.clock import from_millis
from tests.streams.ruling.rig import NOON, Record, Seen, engine, excerpt, pulse, rule

LEVELS = {"yellow": "10", "red": "30"}


def at(second: int, value: float, *, offset: int, received_s: int | None = None) -> Record:
    return excerpt([Seen(at_s=second, value=value)], offset=offset, received_s=received_s)


def told(*records: Record, **given: Any) -> list[Episode]:
    running = engine([rule(**({"above": LEVELS} | given))])
    return [one for record in records for one in running.take([record])]


def states(episodes: list[Episode]) -> list[tuple[str, str, int]]:
    """Return state, level and start in seconds after noon."""
    noon = from_millis(NOON)
    return [(one.state, one.level, (one.started_at - noon).seconds) for one in episodes]


def test_tracker_when_the_level_rises_then_the_same_alert_is_told_again() -> None:
    found = told(at(0, 15, offset=0), at(60, 40, offset=1), at(120, 41, offset=2))

    assert states(found) == [("firing", "yellow", 0), ("firing", "red", 0)]
    assert found[0].alert == found[1].alert


def test_tracker_when_it_is_clear_then_the_alert_ends_and_the_next_is_another() -> None:
    later = [at(60, 1, offset=1), at(120, 1, offset=2), at(180, 15, offset=3)]
    found = told(at(0, 15, offset=0), *later)

    assert states(found) == [
        ("firing", "yellow", 0),
        ("ended", "yellow", 0),
        ("firing", "yellow", 180),
    ]
    assert found[0].alert == found[1].alert != found[2].alert


def test_tracker_when_a_late_event_begins_it_earlier_then_the_new_one_supersedes() -> None:
    found = told(at(120, 15, offset=0), at(60, 15, offset=1, received_s=130))

    assert states(found) == [
        ("firing", "yellow", 120),
        ("firing", "yellow", 60),
        ("revised", "yellow", 120),
    ]
    assert found[1].supersedes == found[0].alert
    assert found[2].alert == found[0].alert


def test_tracker_when_a_late_event_undoes_it_then_it_is_revised() -> None:
    found = told(
        at(0, 15, offset=0),
        at(70, 1, offset=1),
        at(30, 1, offset=2, received_s=75),
        options={"of": "mean", "window": timedelta(minutes=1)},
    )

    assert states(found) == [("firing", "yellow", 0), ("revised", "yellow", 0)]


def test_tracker_when_it_must_hold_then_pending_is_told_and_time_alone_fires_it() -> None:
    found = told(
        at(0, 15, offset=0),
        pulse(10),
        at(61, 15, offset=1),
        at(121, 15, offset=2),
        pulse(130),
        for_=timedelta(minutes=2),
    )

    assert states(found) == [("pending", "yellow", 0), ("firing", "yellow", 0)]
    assert found[1].fired_at == from_millis(NOON + 120_000)


def test_tracker_when_pending_never_held_for_long_enough_then_it_ends_unfired() -> None:
    later = [at(60, 1, offset=1), at(120, 1, offset=2), at(180, 1, offset=3), pulse(180)]
    found = told(at(0, 15, offset=0), pulse(1), *later, fires_after=3)

    assert states(found) == [("pending", "yellow", 0), ("ended", "yellow", 0)]
    assert found[1].fired_at is None


def test_tracker_when_over_for_an_hour_before_it_is_seen_then_it_is_history() -> None:
    old = excerpt(
        [Seen(at_s=0, value=15), Seen(at_s=60, value=1), Seen(at_s=7200, value=1)], offset=0
    )

    assert told(old, pulse(7300)) == []
