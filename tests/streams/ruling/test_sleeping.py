"""A rule that sleeps through pulses judges as one that hears each of them."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from citybrain.rules.rule import Rule
from streams.conditions.sequence import SequenceStep, Steps
from streams.conditions.threshold import Threshold
from tests.streams.ruling.rig import Record, Seen, engine, excerpt, pulse, rule

STEPS = (SequenceStep("traffic_flow"), SequenceStep("traffic_flow"))
RULES = {
    "value": rule(above={"yellow": "10"}),
    "mean": rule(
        "threshold", {"of": "mean", "window": timedelta(minutes=5)}, above={"yellow": "10"}
    ),
    "count in sessions": rule(
        "threshold", {"of": "count", "session": timedelta(minutes=10)}, above={"yellow": "2"}
    ),
    "steps": rule("sequence", {"steps": STEPS, "within": timedelta(minutes=10)}, level="yellow"),
}


def records(seed: int) -> list[Record]:
    """Return pulses and events of a few keys, late ones too, around pauses of all lengths."""
    chance = random.Random(seed)  # noqa: S311  a test's own
    found, now = list[Record](), 0
    for offset in range(60):
        now += chance.choice((1, 5, 60, 60, 700, 20_000))
        found += [pulse(now + second) for second in range(chance.choice((0, 1, 5)))]
        if chance.random() < 0.6:
            late = chance.choice((0, 0, 30, 500))
            seen = Seen(now - late, chance.choice((5.0, 15.0)), chance.choice("abc"))
            found.append(excerpt([seen], offset=offset, received_s=now))
    return found


def judged(one: Rule, given: list[Record]) -> tuple[list[Any], bytes]:
    """Return what is told of each record, and what is known in the end."""
    running = engine([one])
    told = [running.take([record]) for record in given]
    assert not running.quarantined
    return told, msgspec.msgpack.encode(running.pack())


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", range(4))
def test_rule_when_it_slept_then_it_tells_and_knows_what_it_had_if_awake(
    name: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = records(seed)
    slept = judged(RULES[name], given)
    for kind in (Threshold, Steps):
        monkeypatch.setattr(kind, "sleeps", False)
    assert slept == judged(RULES[name], given)


def test_rule_without_a_key_then_pulses_are_slept_through() -> None:
    running = engine([RULES["value"]])
    running.take([pulse(at) for at in range(5)])
    assert running.running["r"].time.now_ms == 0
    running.take([excerpt([Seen(5, 1.0)], offset=0), pulse(6)])
    assert running.running["r"].time.now_ms > 0
