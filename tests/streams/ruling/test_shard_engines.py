"""Exercises and what happens are judged by the same rules, and know nothing of each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from citybrain.alerts.records import Episode, OpenAlertsOfShard
from citybrain.floor.clock import from_millis
from citybrain.floor.origins import ORIGINS
from citybrain.rules.rule import Rule
from streams.conditions.composite import Composite
from streams.conditions.threshold import Threshold
from streams.ruling.over_alerts.composers import Composers
from streams.ruling.shard_engines import REST_MS, ShardEngines
from tests.streams.ruling.rig import NOON, Record, Seen, excerpt, pulse, rule, wuhai

DRILL = {"feed": "drills", "kind": "gas_concentration", "origin": "exercise"}
REAL = {"feed": "gas_detectors", "kind": "gas_concentration"}


def gas(condition: str = "threshold", **given: object) -> Rule:
    options = {"of": "count", "window": timedelta(hours=1)} if condition == "threshold" else {}
    base = {"kinds": ("gas_concentration",), "by": ("street",), "above": {"yellow": "2"}}
    return rule(condition, options, **(base | given))


def engines(*rules: Rule) -> ShardEngines:
    return ShardEngines(rules or (gas(),), wuhai(), partitions=1, shard="0")


def repacked(before: ShardEngines, *rules: Rule) -> ShardEngines:
    after = engines(*rules)
    after.unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(before.pack())))
    return after


def episodes(told: list[Episode | OpenAlertsOfShard]) -> list[Episode]:
    return [one for one in told if isinstance(one, Episode)]


MIXED: list[Record] = [
    excerpt([Seen(0, 1.0, **REAL)], offset=0),
    excerpt([Seen(1, 1.0, **DRILL)], offset=1),
    pulse(5),
    excerpt([Seen(10, 1.0, **DRILL)], offset=2),
    pulse(15),
    excerpt([Seen(20, 1.0, **REAL)], offset=3),
]


@pytest.mark.parametrize("restored_at", range(len(MIXED) + 1))
def test_worlds_when_a_drill_is_in_the_same_street_then_neither_counts_for_the_other(
    restored_at: int,
) -> None:
    tested, told = engines(), list[Episode]()
    for number, record in enumerate(MIXED):
        tested = repacked(tested) if number == restored_at else tested
        told += episodes(tested.take([record]))

    assert [(one.origin, one.evidence.value) for one in told] == [("exercise", 2.0), ("live", 2.0)]
    drill, real = told
    assert (drill.key, drill.started_at) == (real.key, real.started_at)
    assert drill.alert != real.alert
    assert [one.shard for one in told] == ["0-exercise", "0"]
    assert {one.shard: one.open for one in tested.standing()} == {
        "0": (real.alert,),
        "0-replay": (),
        "0-simulated": (),
        "0-exercise": (drill.alert,),
    }


def test_worlds_when_taken_in_one_batch_then_the_same_is_told() -> None:
    apart, tested = engines(), engines()
    one_by_one = [told for record in MIXED for told in episodes(apart.take([record]))]

    at_once = episodes(tested.take(MIXED))

    assert {one.alert for one in at_once} == {one.alert for one in one_by_one}


def test_worlds_when_a_drill_sensor_is_silent_ever_after_then_nothing_is_told() -> None:
    tested = engines(gas("absence", by=("subject",), above={"yellow": "10m"}))
    told = episodes(tested.take([excerpt([Seen(0, 1.0, **DRILL)], offset=0), pulse(5)]))

    for minute in range(1, 60):
        told += episodes(tested.take([pulse(60 * minute)]))

    assert told == []


def test_worlds_when_a_drill_is_long_over_then_what_it_left_open_is_none_any_more() -> None:
    tested = engines(rule(kinds=("gas_concentration",), above={"yellow": "1"}))
    (fired,) = episodes(tested.take(MIXED[1:4]))
    assert tested.standing()[-1].open == (fired.alert,)

    unknown, ended = episodes(tested.take([pulse(REST_MS // 1000 + 11)]))

    assert (unknown.alert, unknown.state) == (fired.alert, "firing")
    assert unknown.last_read_at is not None  # its sensors are silent ever after
    assert (ended.alert, ended.state) == (fired.alert, "ended")
    assert ended.ended_at == from_millis(NOON + REST_MS + 11_000)
    assert tested.standing()[-1].open == ()
    assert tested.pack()["worlds"].keys() == {"live"}


def test_worlds_when_a_drill_is_long_over_then_its_quarantine_is_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tested = engines()
    monkeypatch.setattr(Threshold, "take", _raises)
    (fired,) = episodes(tested.take(MIXED[1:2]))
    monkeypatch.undo()

    told = tested.take([pulse(REST_MS // 1000 + 11)])

    (ended,) = episodes(told)
    assert (fired.rule, fired.state) == ("platform_rule_quarantined", "firing")
    assert (ended.alert, ended.state) == (fired.alert, "ended")
    assert ended.ended_at == from_millis(NOON + REST_MS + 11_000)


def _raises(*_: object) -> None:
    raise RuntimeError


def test_worlds_when_rules_change_then_both_worlds_judge_by_them() -> None:
    tested = engines(gas(above={"yellow": "100"}))
    assert episodes(tested.take(MIXED[:3])) == []

    tested.rules([gas(above={"yellow": "1"}, version="v2")])
    told = episodes(tested.take(MIXED[3:]))

    assert sorted(one.origin for one in told) == ["exercise", "live"]


@pytest.mark.parametrize("one", ORIGINS)
@pytest.mark.parametrize("other", ORIGINS)
def test_worlds_when_of_two_origins_then_they_count_together_in_one_of_them_alone(
    one: str, other: str
) -> None:
    tested = engines()
    told = episodes(
        tested.take(
            [
                excerpt([Seen(0, 1.0, **REAL | {"origin": one})], offset=0),
                excerpt([Seen(10, 1.0, **REAL | {"origin": other})], offset=1),
                pulse(15),
            ]
        )
    )

    assert [episode.origin for episode in told] == ([one] if one == other else [])


def run_of(name: str, at_s: int, **attrs: str) -> Seen:
    return Seen(at_s, 1.0, **DRILL, attrs={"drill": name, **attrs})


def test_worlds_when_two_runs_of_drills_are_in_one_batch_then_neither_counts_for_the_other() -> (
    None
):
    tested = engines(gas(above={"yellow": "2"}))
    both = [run_of("one", 0), run_of("two", 1)]

    assert episodes(tested.take([excerpt(both, offset=0), pulse(5)])) == []
    (told,) = episodes(tested.take([excerpt([run_of("two", 6)], offset=1), pulse(15)]))
    assert (told.origin, told.shard, told.world) == ("exercise", "0-exercise-two", "exercise-two")


@pytest.mark.parametrize("restored", [False, True])
def test_worlds_when_a_drill_is_over_by_word_then_all_of_it_ends_and_nothing_of_another_run(
    *, restored: bool
) -> None:
    tested = engines(gas(above={"yellow": "1"}))
    fired = episodes(
        tested.take([excerpt([run_of("one", 0), run_of("two", 1)], offset=0), pulse(5)])
    )
    tested = repacked(tested, gas(above={"yellow": "1"})) if restored else tested

    end = excerpt([run_of("one", 20, drill_end="yes")], offset=1)
    ended = episodes(tested.take([end, pulse(25)]))

    assert [(one.alert, one.state) for one in ended] == [(fired[0].alert, "ended")]
    assert tested.standing()[-1].open == (fired[1].alert,)
    assert episodes(tested.take([pulse(60)])) == []


def test_worlds_when_the_state_is_of_the_version_before_then_what_is_live_goes_on() -> None:
    one_origin = replace(
        wuhai(), feeds={name: replace(f, origin="live") for name, f in wuhai().feeds.items()}
    )
    before = ShardEngines([gas()], one_origin, partitions=1, shard="0")
    before.take(MIXED[:2])
    worlds = before.pack()["worlds"]
    old = {"real": worlds["live"], "drill": worlds["exercise"], "heard_ms": NOON + 1_000}
    tested = ShardEngines([gas()], one_origin, partitions=1, shard="0")

    tested.unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(old)))
    told = episodes(tested.take(MIXED[2:]))

    assert [(one.origin, one.evidence.value) for one in told] == [("live", 2.0), ("exercise", 2.0)]


def test_composers_when_an_exercise_put_a_rule_into_quarantine_then_mending_it_ends_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = rule("composite", {"all_": ("r",)}, id="broken", kinds=(), by=(), level="red")
    monkeypatch.setattr(Composite, "spans", _raises)
    drill = episodes(engines(gas(above={"yellow": "1"})).take(MIXED[1:2]))
    told = Composers([broken], wuhai()).take_all(drill, from_millis(NOON))
    monkeypatch.undo()

    same, mended = (Composers([one], wuhai()) for one in (broken, replace(broken, version="v2")))
    same.restore([*drill, *told])
    mended.restore([*drill, *told])

    assert [one.rule for one in told] == ["platform_rule_quarantined"]
    assert same.tick(from_millis(NOON)) == []
    assert sorted((one.rule, one.state) for one in mended.tick(from_millis(NOON))) == [
        ("broken", "firing"),
        ("platform_rule_quarantined", "ended"),
    ]


def test_composers_when_one_part_is_an_exercise_then_nothing_is_composed_of_both() -> None:
    both = rule("composite", {"all_": ("a", "b")}, id="both", kinds=(), by=("street",), level="red")
    (fired,) = episodes(engines(gas(above={"yellow": "1"})).take(MIXED[:1]))
    now = fired.told_at
    parts = {
        (name, origin): msgspec.structs.replace(
            fired, rule=name, alert=f"{name}-{origin}", origin=origin
        )
        for name in "ab"
        for origin in ("live", "exercise")
    }
    tested = Composers([both], wuhai())

    assert tested.take_all([parts["a", "live"], parts["b", "exercise"]], now) == []
    (real,) = tested.take_all([parts["b", "live"]], now)
    (drill,) = tested.take_all([parts["a", "exercise"]], now)

    assert (real.origin, drill.origin) == ("live", "exercise")
    assert real.alert != drill.alert
    again = Composers([both], wuhai())
    again.restore([*parts.values(), real, drill])
    assert again.tick(now) == []
