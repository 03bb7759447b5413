"""What is open: a record counts from the version that opens it to the one that closes it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from citybrain.rules.rule import Rule, RuleEvent
from tests.streams.conditions.rig import episodes, faults, records, rule, told

KIND = "exposed_rubbish"
UNSAID = "permit_application"
"""Of a feed that does not say what is open."""


def matter(record: str, at: str, status: str = "open", **given: object) -> RuleEvent:
    """Return a version of a matter that occurred at 08:00 and is told `at`."""
    base = {"kind": KIND, "subject": record, "area": "150302001"}
    return RuleEvent(at="08:00", arrives=at, record=record, status=status, **(base | given))  # type: ignore[arg-type]


def open_now(**given: object) -> Rule:
    base = {"kinds": (KIND,), "by": ("street",), "above": {"yellow": "2", "red": "3"}}
    return rule("open_now", **(base | given))


def open_for(**given: object) -> Rule:
    base = {"kinds": (KIND,), "by": ("subject",), "above": {"yellow": "2h", "red": "1d"}}
    return rule("open_for", **(base | given))


def test_open_now_when_a_record_is_closed_then_what_its_opening_raised_ends() -> None:
    events = [matter("a", "08:00"), matter("b", "08:00"), matter("a", "09:30", "closed")]
    assert told(open_now(), events, "10:00") == [
        ("08:00:00", "150302001", "firing", "yellow", "08:00:00"),
        ("09:30:00", "150302001", "ended", "yellow", "08:00:00"),
    ]


def test_open_now_when_the_same_record_is_told_again_and_again_then_it_is_one() -> None:
    events = [matter("a", f"08:{minute:02}", text=str(minute)) for minute in range(0, 50, 5)]
    assert told(open_now(), events, "10:00") == []


def test_open_now_when_a_record_moves_to_another_street_then_it_counts_there() -> None:
    events = [matter("a", "08:00"), matter("b", "08:00"), matter("c", "08:00", area="150302002")]
    events.append(matter("a", "09:00", area="150302002"))
    found = [(key, state) for _, key, state, _, _ in told(open_now(), events, "10:00")]
    assert found == [
        ("150302001", "firing"),
        ("150302001", "ended"),
        ("150302002", "firing"),
    ]


def test_open_now_when_a_record_opens_again_then_it_counts_again() -> None:
    events = [matter("a", "08:00"), matter("b", "08:00")]
    events += [matter("a", "08:30", "closed"), matter("a", "09:00", "open")]
    states = [(at, state) for at, _, state, _, _ in told(open_now(), events, "10:00")]
    assert states == [("08:00:00", "firing"), ("08:30:00", "ended"), ("09:00:00", "firing")]


def test_open_now_when_something_closes_that_was_not_known_then_nothing_is_less_than_none() -> None:
    events = [matter("z", "08:00", "closed"), matter("a", "08:10"), matter("b", "08:10")]
    assert [one[3] for one in told(open_now(), events, "09:00")] == ["yellow"]


@pytest.mark.parametrize("restart_at", [3, 60, 150, 200])
def test_open_now_when_the_worker_starts_anew_then_the_same_is_told(restart_at: int) -> None:
    events = [matter("a", "08:00"), matter("b", "08:05"), matter("a", "09:00", "closed")]
    events += [matter("c", "09:10"), matter("d", "09:20"), matter("b", "09:30", "closed")]
    whole = records(open_now(), events, "10:00")
    plain = [(one.state, one.level, one.started_at) for one in episodes(open_now(), whole)]
    again = episodes(open_now(), whole, restart_at=restart_at)
    assert [(one.state, one.level, one.started_at) for one in again] == plain
    assert [(state, level) for state, level, _ in plain] == [
        *(("firing", "yellow"), ("ended", "yellow")),
        *(("firing", "yellow"), ("firing", "red"), ("firing", "yellow")),
    ]


def test_open_for_then_time_alone_raises_the_level_and_a_closing_ends_it() -> None:
    events = [matter("a", "08:00"), matter("b", "08:00"), matter("b", "09:59", "closed")]
    events.append(matter("a", "11:00", "closed"))
    assert told(open_for(), events, "12:00") == [
        ("10:00:00", "a", "firing", "yellow", "10:00:00"),
        ("11:00:00", "a", "ended", "yellow", "10:00:00"),
    ]


def test_open_for_when_it_is_told_days_later_then_it_is_late_at_once() -> None:
    found = episodes(open_for(), records(open_for(), [matter("a", "+2d 09:00")], "+2d 10:00"))
    assert [(one.state, one.level) for one in found] == [("firing", "red")]
    assert found[0].evidence.words.en == "open since 2026-03-02 08:00, for 1d"
    assert found[0].evidence.words.zh.startswith("2026-03-02 08:00起未办结，已")


def test_count_when_versions_come_then_a_record_counts_once_and_where_it_is_now() -> None:
    counted = rule(
        "threshold",
        {"of": "count", "window": timedelta(hours=1)},
        kinds=(KIND,),
        by=("street",),
        above={"yellow": "2"},
    )
    same = [matter("a", "08:00"), matter("a", "08:01", text="b"), matter("a", "08:02", text="c")]
    assert told(counted, same, "08:30") == []
    moved = [matter("b", "08:00", area="150302002"), matter("a", "08:00")]
    moved.append(matter("a", "08:03", area="150302002"))
    found = [(key, state) for _, key, state, _, _ in told(counted, moved, "08:30")]
    assert found == [("150302002", "firing")]


def test_deadline_when_its_record_is_closed_then_it_waits_no_more() -> None:
    due = {"due_at": "2026-03-02T10:00:00+08:00"}
    tested = rule(
        "deadline",
        {"due": "attrs.due_at"},
        kinds=(KIND,),
        by=("subject",),
        above={"yellow": "0s"},
    )
    events = [matter("a", "08:00", attrs=due), matter("b", "08:00", attrs=due)]
    events.append(matter("a", "09:00", "closed", attrs=due))
    events.append(matter("b", "11:00", "closed", attrs=due))
    assert told(tested, events, "12:00") == [
        ("10:00:00", "b", "firing", "yellow", "10:00:00"),
        ("11:00:00", "b", "ended", "yellow", "10:00:00"),
    ]


def test_cluster_when_only_words_changed_then_the_record_is_there_once() -> None:
    tested = rule(
        "cluster",
        {"radius_m": 300.0, "within": timedelta(minutes=30)},
        kinds=(KIND,),
        above={"yellow": "2"},
    )
    here = {"lon": 106.8, "lat": 39.66}
    events = [matter("a", "08:00", **here), matter("a", "08:01", text="b", **here)]
    assert told(tested, events, "09:00") == []


@pytest.mark.parametrize("name", ["open_now", "open_for"])
def test_rule_when_no_feed_says_what_is_open_then_it_is_refused(name: str) -> None:
    made = {"open_now": open_now, "open_for": open_for}[name]
    problem = (
        f"kinds[0]: no feed says of '{UNSAID}' whether it is open; map status in a feed that "
        "carries it"
    )
    assert problem in faults(made(kinds=(UNSAID,)))


def test_rules_when_they_make_no_sense_then_they_are_refused() -> None:
    assert any(
        "a count of what is open is too high, not too low; give above" in one
        for one in faults(open_now(above={}, below={"yellow": "2"}))
    )
    assert any(
        "nothing is open for less than no time; give for example 2h, 1d" in one
        for one in faults(open_for(above={"yellow": "-2h"}))
    )
    assert any("say by: [subject]" in one for one in faults(open_for(by=())))
