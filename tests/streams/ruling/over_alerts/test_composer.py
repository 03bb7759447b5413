"""Rules over other rules' alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from citybrain.alerts.records import Episode
from citybrain.city import City, load_city
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule
from streams.conditions.composite import Options
from streams.ruling.over_alerts.composer import Composer
from streams.ruling.over_alerts.read_alerts import key_of
from tests.citybrain.alerts.sample import episode
from tests.repository import WUHAI

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
STREET = "150302003"


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(WUHAI)


def rule(name: str = "both", by: tuple[str, ...] = ("street",), **options: Any) -> Rule:
    return Rule(
        id=name,
        theme="city_management",
        title=Text("都", "Both"),
        summary=Text("{place}：{words}", "{place}: {words}"),
        condition=Options(**options),
        by=by,
        level="red",
        version="v",
    )


def of(name: str, minute: float, until: float | None = None, **given: Any) -> Episode:
    start = NOON + timedelta(minutes=minute)
    end = None if until is None else NOON + timedelta(minutes=until)
    state = "firing" if until is None else "ended"
    given = {"area": STREET, **given}
    return episode(
        f"{name}{minute}{given['area']}", rule=name, state=state, started_at=start, fired_at=start,
        ended_at=end, **given,
    )  # fmt: skip


def minutes(told: list[Episode]) -> list[tuple[str, float, float | None]]:
    return [
        (
            one.state,
            (one.started_at - NOON).total_seconds() / 60,
            None if one.ended_at is None else (one.ended_at - NOON).total_seconds() / 60,
        )
        for one in told
    ]


def test_take_when_both_hold_at_one_place_then_it_fires_and_ends_with_the_first(
    city: City,
) -> None:
    composer = Composer([rule(all_=("a", "b"))], city)
    late = NOON + timedelta(minutes=30)

    assert composer.take(of("a", 0), late) == []
    assert composer.take(of("b", 5, area="150302004"), late) == []
    fired = composer.take(of("b", 10), late)
    ended = composer.take(of("a", 0, until=20), late)

    assert minutes(fired) == [("firing", 10.0, None)]
    assert minutes(ended) == [("ended", 10.0, 20.0)]
    assert (fired[0].level, fired[0].key) == ("red", {"street": STREET})
    assert fired[0].summary.zh == "新华街道：燃气、燃气"


def test_take_when_within_is_given_then_what_just_misses_counts(city: City) -> None:
    composer = Composer([rule(all_=("a", "b"), within=timedelta(minutes=10))], city)
    late = NOON + timedelta(minutes=60)

    composer.take(of("a", 0, until=5), late)
    told = composer.take(of("b", 12), late)

    assert minutes(told) == [("ended", 12.0, 15.0)]


def test_take_when_none_holds_too_then_it_is_over(city: City) -> None:
    composer = Composer([rule(any_=("a", "b"), none=("c",))], city)
    late = NOON + timedelta(minutes=60)

    assert minutes(composer.take(of("a", 0), late)) == [("firing", 0.0, None)]
    assert minutes(composer.take(of("c", 7), late)) == [("ended", 0.0, 7.0)]


def test_take_when_an_operand_is_revised_then_so_is_the_composite(city: City) -> None:
    composer = Composer([rule(all_=("a", "b"))], city)
    late = NOON + timedelta(minutes=30)
    composer.take(of("a", 0), late)
    composer.take(of("b", 10), late)

    told = composer.take(replace(of("a", 0), state="revised"), late)

    assert minutes(told) == [("revised", 10.0, None)]


def test_take_when_an_operand_moves_then_its_old_place_holds_no_more(city: City) -> None:
    composer = Composer([rule(any_=("a",))], city)
    late = NOON + timedelta(minutes=60)
    composer.take(of("a", 0), late)

    moved = composer.take(replace(of("a", 0, until=20), area="150303002"), late)
    ever_after = [composer.tick(NOON + timedelta(days=day)) for day in range(1, 4)]

    assert [(one.key["street"], *minutes([one])[0]) for one in moved] == [
        (STREET, "revised", 0.0, None),
        ("150303002", "ended", 0.0, 20.0),
    ]
    assert ever_after == [[], [], []]


@pytest.mark.parametrize("area", ["", "150302", "150303002"])
def test_take_when_an_operand_is_revised_under_another_place_then_so_is_the_composite(
    city: City, area: str
) -> None:
    composer = Composer([rule(any_=("a",))], city)
    composer.take(of("a", 0), NOON)

    told = composer.take(replace(of("a", 0), state="revised", area=area), NOON)

    assert minutes(told) == [("revised", 0.0, None)]


def test_take_when_an_operand_ends_without_a_place_then_it_does_where_it_was(city: City) -> None:
    composer = Composer([rule(any_=("a",))], city)
    composer.take(of("a", 0), NOON)

    told = composer.take(replace(of("a", 0, until=20), area=""), NOON + timedelta(minutes=20))

    assert [(one.key, *minutes([one])[0]) for one in told] == [
        ({"street": STREET}, "ended", 0.0, 20.0)
    ]


def test_take_when_episodes_come_in_any_order_then_the_same_stands(city: City) -> None:
    inputs = [of("a", 0, until=20), of("b", 10, until=30), of("b", 40), of("a", 45)]
    late = NOON + timedelta(minutes=60)
    results = set()
    for order in permutations(inputs):
        composer, stands = Composer([rule(all_=("a", "b"))], city), {}
        for one in order:
            stands |= {told.alert: told for told in composer.take(one, late)}
        results.add(
            tuple(
                sorted(
                    str(m) for m in minutes([s for s in stands.values() if s.state != "revised"])
                )
            )
        )

    assert results == {("('ended', 10.0, 20.0)", "('firing', 45.0, None)")}


def test_restore_when_all_is_known_then_nothing_is_told_again(city: City) -> None:
    late = NOON + timedelta(minutes=30)
    first = Composer([rule(all_=("a", "b"))], city)
    known = [of("a", 0), of("b", 10)]
    told = [one for episode in known for one in first.take(episode, late)]
    second = Composer([rule(all_=("a", "b"))], city)

    second.restore([*known, *told])

    assert second.take(known[1], late) == []
    assert minutes(second.take(of("b", 10, until=25), late)) == [("ended", 10.0, 25.0)]


def test_take_when_what_it_began_with_is_forgotten_then_it_goes_on_under_its_first_beginning(
    city: City,
) -> None:
    composer = Composer([rule(any_=("a", "b"))], city)
    day = 24 * 60
    first = composer.take(of("a", 0, until=10), NOON + timedelta(minutes=10))
    composer.take(of("b", 5), NOON + timedelta(minutes=10))

    later = composer.take(of("a", 2 * day), NOON + timedelta(minutes=2 * day))
    ended = [
        one
        for episode in (of("a", 2 * day, until=2 * day + 1), of("b", 5, until=2 * day + 2))
        for one in composer.take(episode, NOON + timedelta(minutes=2 * day + 2))
    ]

    assert later == []
    assert minutes(ended) == [("ended", 0.0, 2882.0)]
    assert ended[0].alert == first[0].alert


def test_take_when_what_stopped_it_is_forgotten_then_what_ended_stays_as_it_was_told(
    city: City,
) -> None:
    composer = Composer([rule(all_=("a",), none=("c",))], city)
    composer.take(of("a", 0), NOON)
    composer.take(of("c", 10), NOON + timedelta(minutes=10))
    again = composer.take(of("c", 10, until=20), NOON + timedelta(minutes=20))
    days = NOON + timedelta(days=3)

    ended = composer.take(of("a", 0, until=4320), days)

    assert minutes(again) == [("firing", 20.0, None)]
    assert minutes(ended) == [("ended", 20.0, 4320.0)]


def test_tick_when_within_has_passed_then_it_ends_once(city: City) -> None:
    composer = Composer([rule(all_=("a", "b"), within=timedelta(minutes=10))], city)
    composer.take(of("a", 0), NOON)
    composer.take(of("b", 0), NOON)
    composer.take(of("a", 0, until=5), NOON + timedelta(minutes=5))

    assert composer.tick(NOON + timedelta(minutes=14)) == []
    assert minutes(composer.tick(NOON + timedelta(minutes=16))) == [("ended", 0.0, 15.0)]
    assert composer.tick(NOON + timedelta(minutes=17)) == []


@pytest.mark.parametrize(
    ("within_h", "late_s"), [(24, 0), (24, 1), (1, 90_000), (2, 108_000)], ids=str
)
def test_tick_when_it_comes_late_then_what_is_over_ends_and_is_not_undone(
    city: City, within_h: int, late_s: int
) -> None:
    within = timedelta(hours=within_h)
    composer = Composer([rule(all_=("a", "b"), within=within)], city)
    for one in (of("a", 0), of("b", 1), of("a", 0, until=2), of("b", 1, until=2)):
        composer.take(one, NOON + timedelta(minutes=2))

    told = composer.tick(NOON + timedelta(minutes=2, seconds=late_s) + within)

    assert minutes(told) == [("ended", 1.0, 2.0 + 60 * within_h)]


def test_take_when_a_composite_reads_a_composite_then_what_is_told_is_taken_in(
    city: City,
) -> None:
    rules = [rule(all_=("a", "b")), rule("twice", by=(), all_=("both", "c"))]
    composer = Composer(rules, city)
    late = NOON + timedelta(minutes=30)
    composer.take(of("a", 0), late)
    composer.take(of("c", 3, area="150303001"), late)

    (both,) = composer.take(of("b", 10), late)
    (twice,) = composer.take(both, late)

    assert (both.rule, twice.rule, twice.key) == ("both", "twice", {})
    assert minutes([twice]) == [("firing", 10.0, None)]
    assert twice.summary.zh == "新华街道：都、燃气"


def test_tick_when_restored_rules_have_changed_then_it_tells_what_stands_now(city: City) -> None:
    late = NOON + timedelta(minutes=30)
    first = Composer([rule(all_=("a", "b"))], city)
    known = [of("a", 0), of("b", 10), of("c", 20)]
    told = [one for episode in known for one in first.take(episode, late)]
    same, other, none = (
        Composer([rule(all_=("a", "b"))], city),
        Composer([rule(all_=("a", "b"), none=("c",))], city),
        Composer([], city),
    )

    for composer in (same, other, none):
        composer.restore([*known, *told])

    assert same.tick(late) == []
    assert minutes(other.tick(late)) == [("ended", 10.0, 20.0)]
    assert minutes(none.tick(late)) == [("ended", 10.0, 30.0)]
    assert none.tick(late) == []


def test_restore_when_what_it_began_with_was_forgotten_then_it_goes_on(city: City) -> None:
    first = Composer([rule(any_=("a", "b"))], city)
    days = NOON + timedelta(days=3)
    told = first.take(of("a", 0, until=10), NOON)
    second = Composer([rule(any_=("a", "b"))], city)

    second.restore([replace(told[0], state="firing", ended_at=None), of("b", 5)])

    assert second.tick(days) == []
    assert minutes(second.take(of("b", 5, until=4320), days)) == [("ended", 0.0, 4320.0)]


@pytest.mark.parametrize(
    ("by", "given", "key"),
    [
        pytest.param(("district",), {}, ("150302",), id="district-of-a-street"),
        pytest.param(("street",), {"area": "150302"}, None, id="no-street-in-a-district"),
        pytest.param(("area",), {}, (STREET,), id="area"),
        pytest.param(("subject",), {"key": {"subject": "w1"}}, ("w1",), id="subject"),
        pytest.param(("subject",), {"key": {}}, None, id="without-subject"),
        pytest.param((), {}, (), id="city"),
    ],
)
def test_key_when_an_episode_is_cut_to_by_then_it_has_that_or_none(
    by: tuple[str, ...], given: dict[str, Any], key: tuple[str, ...] | None
) -> None:
    assert key_of(rule(by=by, all_=("a",)), of("a", 0, **given)) == key
