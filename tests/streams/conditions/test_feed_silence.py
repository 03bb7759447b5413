from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from citybrain.floor.clock import millis
from citybrain.rules.rule import Rule
from streams.ruling.engine import RuleEngine
from streams.ruling.intake.inputs import COLUMNS, Excerpt, ExcerptHeader, Pulse
from streams.ruling.memory.cells import MINUTE_MS
from tests.streams.conditions.rig import FOREVER_MS, datetime, episodes, faults, rule, wuhai

EIGHT = millis(datetime.fromisoformat("2026-03-02T08:00:00+08:00"))


def silent(options: dict[str, Any] | None = None, **given: object) -> Rule:
    return rule("feed_silence", options, **({"by": ("feed",), "above": {"orange": "30m"}} | given))


def envelope(feed: str, minute: int, *, accepted: int = 0, rejected: int = 0) -> Excerpt:
    at = EIGHT + minute * MINUTE_MS
    header = ExcerptHeader(
        partition=0,
        offset=minute,
        feed=feed,
        department="ecology",
        accepted=accepted,
        rejected=rejected,
        newest_ms=None,
        received_ms=at,
    )
    return Excerpt(header, COLUMNS.empty_table())


def pulses(first: int, last: int) -> list[Pulse]:
    instants = (EIGHT + minute * MINUTE_MS for minute in range(first, last + 1))
    return [Pulse(at, {"0": at}) for at in instants]


def told(tested: Rule, flow: list[Excerpt | Pulse], restart_at: int | None = None) -> list[Any]:
    found = episodes(tested, flow, restart_at=restart_at)
    return [(one.key["feed"], one.state, round(millis(one.told_at) - EIGHT) // 60_000)
            for one in found]  # fmt: skip


def test_feed_silence_when_nothing_comes_then_time_alone_fires():
    flow = [envelope("noise_monitors", 0), *pulses(1, 60)]

    assert told(silent(), flow) == [("noise_monitors", "firing", 30)]


def test_feed_silence_when_a_feed_was_never_heard_of_then_nothing_is_told():
    assert told(silent(), [*pulses(0, 60)]) == []


def test_feed_silence_when_an_empty_envelope_comes_then_it_ends():
    flow = [envelope("noise_monitors", 0), *pulses(1, 40), envelope("noise_monitors", 41)]

    assert told(silent(), [*flow, *pulses(42, 43)]) == [
        ("noise_monitors", "firing", 30),
        ("noise_monitors", "ended", 42),
    ]


def test_feed_silence_when_only_refused_rows_come_then_it_stays_silent():
    refused = envelope("noise_monitors", 20, rejected=7)

    assert told(silent(), [envelope("noise_monitors", 0), refused, *pulses(21, 40)]) == [
        ("noise_monitors", "firing", 30)
    ]


def test_feed_silence_when_counted_in_cadences_then_each_feed_has_its_own():
    flow = [envelope("noise_monitors", 0), envelope("congestion", 1), *pulses(2, 40)]

    assert told(silent({"cadences": True}, above={"orange": "3"}), flow) == [
        ("congestion", "firing", 16),
        ("noise_monitors", "firing", 30),
    ]


def test_feed_silence_when_the_shard_moves_at_any_record_then_the_same_is_told():
    flow = [envelope("noise_monitors", 0), *pulses(1, 40), envelope("noise_monitors", 41)]
    flow += pulses(42, 72)

    for number in range(0, len(flow), 5):
        assert told(silent(), flow, restart_at=number) == [
            ("noise_monitors", "firing", 30),
            ("noise_monitors", "ended", 42),
            ("noise_monitors", "firing", 71),
        ]


def test_feed_silence_when_a_rule_says_what_cannot_be_then_every_fault_is_told():
    wrong = silent({"cadences": True}, by=("subject",), above={"orange": "0"})

    assert faults(wrong) == [
        "condition.feed_silence: watches feeds; say by: [feed]",
        "condition.feed_silence: orange at '0' always holds; give more than 0",
    ]


def test_feed_silence_when_a_feed_becomes_irregular_then_its_silence_ends():
    flow = [envelope("noise_monitors", 0), *pulses(1, 40)]
    engine = RuleEngine([silent()], wuhai(), history_ms=FOREVER_MS)
    assert [one.state for one in engine.take(flow)] == ["firing"]
    noise = replace(wuhai().feeds["noise_monitors"], irregular=True)
    changed = replace(wuhai(), feeds={**wuhai().feeds, "noise_monitors": noise})

    after = RuleEngine([silent()], changed, history_ms=FOREVER_MS)
    after.unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(engine.pack())))

    assert [one.state for one in after.take(pulses(41, 42))] == ["ended"]
    assert after.take([envelope("noise_monitors", 43), *pulses(44, 120)]) == []


def test_feed_silence_when_an_irregular_feed_is_named_then_durations_count_and_cadences_do_not():
    noise = replace(wuhai().feeds["noise_monitors"], irregular=True)
    changed = replace(wuhai(), feeds={**wuhai().feeds, "noise_monitors": noise})
    named = silent({"feeds": ("noise_monitors",)})
    engine = RuleEngine([named], changed, history_ms=FOREVER_MS)
    told = engine.take([envelope("noise_monitors", 0), *pulses(1, 40)])
    by_cadence = silent({"feeds": ("noise_monitors",), "cadences": True}, above={"yellow": "3"})

    assert [one.state for one in told] == ["firing"]
    assert faults(named, changed) == []
    assert faults(by_cadence, changed) == [
        "condition.feed_silence.cadences: feed 'noise_monitors' is irregular, it has no cadence; "
        "give thresholds as durations (cadences: false), or leave it out"
    ]
