"""A sensor that fell silent holds no level: what is unknown is neither held nor over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.rules.rule import Damping, Rule, RuleEvent
from streams.ruling.fold import QUIET, Memory, Observation, Spell, fold
from tests.streams.conditions.rig import episodes, faults, records, rule, told

MINUTE, HALF_HOUR, HOUR = timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=1)
MIN_MS = 60_000


def gas(options: dict[str, Any] | None = None, kind: str = "threshold", **given: Any) -> Rule:
    base: dict[str, Any] = {
        "kinds": ("gas_concentration",),
        "by": ("subject",),
        "above": {"yellow": "10"},
    }
    return rule(kind, options, **(base | given))


def read(at: str, value: float = 12, until: str | None = None, minutes: int = 15) -> RuleEvent:
    every = timedelta(minutes=minutes) if until else None
    return RuleEvent(at=at, until=until, every=every, value=value, subject="dead")


def flowing(*events: RuleEvent, until: str) -> list[RuleEvent]:
    """Return `events`, and readings of another sensor that keep the flow going until then."""
    another = RuleEvent(
        at="08:00", until=until, every=timedelta(minutes=15), value=1, subject="another"
    )
    return [*events, another]


def states(tested: Rule, *events: RuleEvent, until: str = "+1d 08:00") -> list[str]:
    found = told(tested, flowing(*events, until=until), until)
    return [one[2] for one in found if one[1] == "dead"]


@pytest.mark.parametrize(
    "readings",
    [
        [read("08:00")],
        [read("08:00"), read("08:05")],
        [read("08:00"), read("08:15")],
        [read("08:00", until="08:20", minutes=5)],
    ],
    ids=["one", "two at once", "two", "five in the first twenty minutes"],
)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"of": "mean", "window": HOUR},
        {"of": "max", "window": HOUR},
        {"of": "quantile", "window": HOUR, "quantile": 0.9},
        {"of": "mean", "window": HOUR, "every": timedelta(minutes=10)},
    ],
    ids=["value", "mean", "max", "quantile", "hopping mean"],
)
def test_for_when_readings_stop_before_it_is_over_then_it_was_not_held(
    options: dict[str, Any], readings: list[RuleEvent]
) -> None:
    assert states(gas(options, for_=HALF_HOUR), *readings) == ["pending", "ended"]


@pytest.mark.parametrize(
    "options", [{}, {"of": "mean", "window": HOUR}, {"of": "max", "window": HOUR}]
)
def test_for_when_readings_go_on_then_it_is_held(options: dict[str, Any]) -> None:
    found = told(gas(options, for_=HALF_HOUR), [read("08:00", until="08:30")], "08:40")

    assert [one[2] for one in found] == ["pending", "firing"]


def test_for_when_the_last_reading_is_a_little_early_then_it_is_held() -> None:
    early = [read("08:00:20"), read("08:15:10"), read("08:29:50")]

    assert states(gas(for_=HALF_HOUR), *early, until="08:31") == ["pending", "firing"]


def test_for_when_nothing_came_between_two_readings_then_it_begins_anew() -> None:
    far = [read("08:00"), read("10:00"), read("10:30")]

    found = told(gas(for_=HALF_HOUR), flowing(*far, until="10:40"), "10:40")

    assert [one[2:] for one in found] == [
        ("pending", "yellow", "08:00:00"),
        ("ended", "yellow", "08:00:00"),
        ("pending", "yellow", "10:00:00"),
        ("firing", "yellow", "10:00:00"),
    ]


def test_fires_after_when_windows_only_repeat_one_reading_then_they_count_as_one() -> None:
    assert states(gas({"of": "mean", "window": HOUR}, fires_after=3), read("08:00")) == [
        "pending",
        "ended",
    ]


def test_count_when_events_stop_then_what_was_counted_holds() -> None:
    counted = gas({"of": "count", "window": HOUR}, above={"yellow": "3"}, for_=HALF_HOUR)

    found = states(counted, read("08:00", until="08:02", minutes=1))

    assert found == ["pending", "firing", "ended"]


def test_firing_when_its_sensor_dies_then_it_stays_open_and_says_so() -> None:
    tested = gas(for_=HALF_HOUR)
    found = episodes(
        tested,
        records(tested, flowing(read("08:00", until="09:00"), until="+1d 08:00"), "+1d 08:00"),
    )

    assert [one.state for one in found] == ["pending", "firing", "firing"]
    assert [one.last_read_at for one in found[:2]] == [None, None]
    known = found[-1]
    assert known.last_read_at is not None
    assert known.last_read_at.isoformat() == "2026-03-02T01:00:00+00:00"
    assert known.summary.zh.endswith("（自03-02 09:00起无读数，现状未知）")
    assert known.summary.en.endswith(" (no reading since 03-02 09:00, now unknown)")


@pytest.mark.parametrize(("value", "then"), [(12.0, "firing"), (1.0, "ended")])
def test_firing_when_its_sensor_speaks_again_then_that_decides(value: float, then: str) -> None:
    tested = gas(for_=HALF_HOUR)
    events = flowing(read("08:00", until="09:00"), read("15:00", value), until="15:30")
    found = episodes(tested, records(tested, events, "15:30"))

    assert [one.state for one in found] == ["pending", "firing", "firing", then]
    assert [one.last_read_at is None for one in found] == [True, True, False, True]
    assert len({one.alert for one in found}) == 1


def test_stale_after_when_given_then_it_is_that() -> None:
    events = [read("08:00", until="09:00")]
    for minutes, unknown in ((20, ["firing", "firing"]), (120, ["firing"])):
        tested = gas(stale_after=timedelta(minutes=minutes))
        assert states(tested, *events, until="10:00") == unknown


def test_stale_after_when_the_rule_rests_on_no_readings_then_it_is_refused() -> None:
    counted = gas({"of": "count", "window": HOUR}, stale_after=HOUR)

    assert faults(counted) == [
        "stale_after: counts for nothing here; take it away: it rests on no readings of which one "
        "could be missing"
    ]
    assert faults(gas(stale_after=timedelta(seconds=30))) == [
        "stale_after: 30s is impossible; give at least 1m, and more than a cadence"
    ]


def test_dead_sensor_when_packed_at_any_point_then_the_same_is_told() -> None:
    tested = gas(for_=HALF_HOUR, hold=MINUTE)
    events = flowing(read("08:00", until="09:00"), read("15:00", 1), until="16:00")
    flow = records(tested, events, "16:00")
    whole = episodes(tested, flow)

    for cut in range(1, len(flow), 53):
        assert episodes(tested, flow, restart_at=cut) == whole


SEEN = st.lists(
    st.tuples(st.integers(1, 12), st.sampled_from([-1, 0, 2, 3]), st.booleans()), max_size=20
)


def observed(steps: list[tuple[int, int, bool]]) -> list[Observation]:
    """Return observations some minutes apart; those that are not fresh rest on an older reading."""
    found, at, read_at = [], 100, 100
    for minutes, code, fresh in steps:
        at += minutes
        read_at = at if fresh else read_at
        found.append(Observation(at * MIN_MS, code, 1.0, read_at * MIN_MS))
    return found


@given(SEEN, st.integers(0, 20), st.integers(0, 30), st.integers(1, 3))
def test_fold_when_done_in_two_parts_then_it_is_as_at_once(
    steps: list[tuple[int, int, bool]], cut: int, for_min: int, fires_after: int
) -> None:
    damping = Damping(for_min * MIN_MS, fires_after, stale_ms=10 * MIN_MS)
    seen = observed(steps)
    end = (seen[-1].at_ms if seen else 0) + 40 * MIN_MS
    first, second = seen[:cut], seen[cut:]
    between = (second[0].at_ms if second else end) - 1

    memory, ended = fold(QUIET, first, damping, between)
    memory, later = fold(memory, second, damping, end)

    assert (memory, ended + later) == fold(QUIET, seen, damping, end)


@given(SEEN, st.integers(1, 30))
def test_fold_when_it_fires_then_readings_cover_nine_tenths_of_its_time(
    steps: list[tuple[int, int, bool]], for_min: int
) -> None:
    damping = Damping(for_min * MIN_MS, stale_ms=10 * MIN_MS)
    seen = observed(steps)
    memory, ended = fold(QUIET, seen, damping, (seen[-1].at_ms if seen else 0) + 40 * MIN_MS)

    for spell in [*ended, *_open(memory)]:
        fired = spell.fired_ms
        if fired is not None:
            held = [one for one in seen if spell.start_ms <= one.at_ms <= fired]
            last = max(one.read_ms for one in held if one.code > 0)
            assert last - held[0].read_ms >= 0.9 * for_min * MIN_MS


def _open(memory: Memory) -> list[Spell]:
    return [memory.spell] if memory.spell else []
