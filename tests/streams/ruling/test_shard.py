"""A shard, its snapshots and how it is taken over."""

from __future__ import annotations

from dataclasses import replace

from citybrain.alerts.records import OpenAlertsOfShard
from citybrain.floor.text import Text
from streams.ruling.intake.inputs import encode
from streams.ruling.rulebook import Rulebook
from streams.ruling.shard import Shard
from tests.streams.ruling.rig import Record, Seen, excerpt, outline, pulse, rule, wuhai

RULE = rule(above={"yellow": "10"})
BOOK = Rulebook({"r": RULE}, {})
RECORDS: list[Record] = [
    excerpt([Seen(0, value=15.0)], offset=0),
    pulse(5),
    excerpt([Seen(60, value=1.0)], offset=1),
    pulse(200),
]
LOG = [(number, encode(record)) for number, record in enumerate(RECORDS)]


def shard() -> Shard:
    return Shard(0, BOOK, wuhai(), 1)


def test_merge_when_records_come_again_then_they_are_skipped() -> None:
    tested = shard()

    assert [one.state for one in tested.merge(LOG)] == ["firing", "ended"]
    assert tested.merge(LOG) == []
    assert tested.offset == 3


def test_merge_when_a_record_cannot_be_read_then_it_is_counted_and_the_others_go_on() -> None:
    tested = shard()

    assert [one.state for one in tested.merge([(0, b"noise"), (1, LOG[0][1])])] == ["firing"]
    assert [one.place for one in tested.refused] == ["city.rule-inputs[0]@0"]


def test_restore_when_taken_over_at_any_record_then_the_same_is_told() -> None:
    whole = outline(shard().merge(LOG))
    for number in range(len(LOG)):
        before, after = shard(), shard()
        told = before.merge(LOG[:number])
        after.restore(*before.snapshot())
        assert outline(told + after.merge(LOG)) == whole


def test_standing_when_an_alert_is_open_then_it_is_named() -> None:
    tested = shard()
    (firing,) = tested.merge(LOG[:2])

    assert {one.shard: one.open for one in tested.standing()} == {
        "0": (firing.alert,),
        "0-replay": (),
        "0-simulated": (),
        "0-exercise": (),
    }


def test_reload_when_the_rule_is_gone_then_nothing_stands() -> None:
    tested = shard()
    tested.merge(LOG[:2])

    told = tested.reload(Rulebook({}, {}), wuhai())

    standings = [one for one in told if isinstance(one, OpenAlertsOfShard)]
    assert [one.open for one in standings] == [(), (), (), ()]
    assert standings == told


def test_reload_when_the_city_changes_then_what_is_known_goes_on_in_the_new_one() -> None:
    whole = outline(shard().merge(LOG))
    tested = shard()
    told = tested.merge(LOG[:2])

    standings = tested.reload(BOOK, replace(wuhai(), title=Text("新", "New")))

    assert next(one.open for one in standings if isinstance(one, OpenAlertsOfShard)) == (
        told[0].alert,
    )
    assert outline(told + tested.merge(LOG)) == whole
