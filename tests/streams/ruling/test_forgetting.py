"""Keys that are never heard of again, case numbers for example, do not fill the memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from citybrain.rules.rule import Rule
from streams.conditions.sequence import SequenceStep
from streams.ruling.engine import RuleEngine
from tests.streams.ruling.rig import Record, Seen, engine, excerpt, pulse, repacked, rule, wuhai

MINUTE, HOUR = 60, 3600
CASES = 120
DUE = "2026-03-02T13:00:00+08:00"


def passing(until_s: int, offset: int) -> list[Record]:
    """Return a gauge's minutes from the second hour on, with pulses."""
    records: list[Record] = []
    for number, at in enumerate(range(HOUR, until_s, MINUTE)):
        records += [excerpt([Seen(at, 1.0, "gauge")], offset=offset + number), pulse(at)]
    return records


def slots_of(running: RuleEngine) -> list[str]:
    """Return the subjects that have a slot."""
    slots = running.running["r"].tracker.condition.slots
    return [key[0] for slot, key in enumerate(slots.keys) if slot not in slots.free]


@pytest.mark.parametrize("restored", [False, True])
def test_forget_when_cases_are_over_then_their_slots_serve_others(restored: bool) -> None:
    rules = [rule(above={"yellow": "10"})]
    running = engine(rules)
    cases = [Seen(number, 15.0 if number % 2 else 5.0, f"case-{number}") for number in range(CASES)]
    over = [Seen(MINUTE + one.at_s, 1.0, one.subject) for one in cases]
    first = running.take([excerpt(cases, offset=0), excerpt(over, offset=1), pulse(300)])
    assert len({one.alert for one in first}) == CASES // 2

    running.take(passing(4 * HOUR, offset=2))
    if restored:
        running = repacked(running, rules)
    assert slots_of(running) == ["gauge"]

    (fired,) = running.take([excerpt([Seen(4 * HOUR, 20.0, "new")], offset=999)])
    assert (fired.key, len(fired.evidence.events)) == ({"subject": "new"}, 1)
    assert len(running.running["r"].tracker.condition.slots) == CASES + 1


def deadline() -> Rule:
    options = {"due": "attrs.due_at", "closed_by": ("permit_decided",)}
    kinds = ("permit_application", "permit_decided")
    return rule("deadline", options, kinds=kinds, above={"yellow": "0s"})


def test_forget_when_permits_are_decided_then_only_open_ones_are_remembered() -> None:
    running = engine([deadline()])
    feed = next(one.id for one in wuhai().feeds.values() if "permit_decided" in one.kinds)
    due = {"feed": feed, "attrs": {"due_at": DUE}}
    opened = [Seen(0, None, f"p{number}", "permit_application", **due) for number in range(CASES)]
    decided = [Seen(MINUTE, None, one.subject, "permit_decided", feed) for one in opened[1:]]
    running.take([excerpt(opened, offset=0), excerpt(decided, offset=1), pulse(300)])

    told = [
        one
        for at in range(HOUR, 6 * HOUR, MINUTE)
        for one in running.take(
            [excerpt([Seen(at, None, "x", "permit_decided", feed)], offset=at), pulse(at)]
        )
    ]

    assert [(one.key, one.state) for one in told] == [({"subject": "p0"}, "firing")]
    assert "p0" in slots_of(running)
    assert len(slots_of(running)) <= 2


def test_forget_when_the_rule_watches_for_absence_then_no_key_is_forgotten() -> None:
    running = engine([rule("absence", above={"yellow": "30h"})])
    running.take([excerpt([Seen(0, 1.0, f"s{number}") for number in range(CASES)], offset=0)])
    running.take(passing(4 * HOUR, offset=1))

    assert len(slots_of(running)) == CASES + 1


def test_forget_when_a_sequence_cannot_be_completed_any_more_then_its_key_goes() -> None:
    steps = (SequenceStep("traffic_flow"), SequenceStep("traffic_speed"))
    options = {"steps": steps, "within": timedelta(minutes=30)}
    kinds = ("traffic_flow", "traffic_speed")
    running = engine([rule("sequence", options, kinds=kinds, level="yellow")])
    running.take([excerpt([Seen(n, 1.0, f"c{n}") for n in range(CASES)], offset=0), pulse(300)])
    running.take(passing(16 * HOUR, offset=1))
    assert slots_of(running) == ["gauge"]

    speed = {"subject": "gauge", "kind": "traffic_speed"}
    (fired,) = running.take(
        [excerpt([Seen(16 * HOUR, 1.0, **speed)], offset=9999), pulse(16 * HOUR + 60)]
    )
    assert (fired.key, fired.state) == ({"subject": "gauge"}, "firing")


@pytest.mark.parametrize(
    ("condition", "options"),
    [
        ("threshold", {"of": "count", "window": timedelta(minutes=30)}),
        ("threshold", {"of": "distinct", "column": "area", "window": timedelta(minutes=30)}),
        ("change", {"of": "count", "window": timedelta(minutes=10), "per": timedelta(minutes=10)}),
    ],
)
def test_forget_when_windows_are_over_then_a_reused_slot_starts_from_nothing(
    condition: str, options: dict[str, Any]
) -> None:
    running = engine([rule(condition, options, above={"yellow": "1000"})])
    running.take([excerpt([Seen(n, 1.0, f"c{n}") for n in range(CASES)], offset=0), pulse(300)])
    running.take(passing(8 * HOUR, offset=1))
    assert slots_of(running) == ["gauge"]

    new = excerpt([Seen(8 * HOUR, 1.0, "new"), Seen(8 * HOUR, 1.0, "new")], offset=9999)
    assert running.take([new]) == []
    tracker = running.running["r"].tracker
    slot = tracker.condition.slots.find(("new",))
    assert slot is not None
    assert slot < CASES
    values = [one.value for one in tracker.condition.observations(slot, 0)]
    assert values
    assert not any(values)
