"""Rules of one kind of condition, driven by the real engine through the tests' own clock."""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from citybrain.alerts.records import Episode
from citybrain.city import City, load_city
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule, RuleEvent, RuleTest
from streams.ruling.checks.rule_checks import check_rule
from streams.ruling.condition import find_kinds
from streams.ruling.engine import RuleEngine
from streams.ruling.intake.inputs import Excerpt, Pulse
from streams.ruling.tools.rule_tests import records_of
from tests.repository import WUHAI

FOREVER_MS = 10**15
Told = tuple[str, str, str, str, str]
"""When it was told, key, state, level, and when its spell began."""


@functools.cache
def wuhai() -> City:
    """Return the city of the tests."""
    return load_city(WUHAI)


def rule(name: str, options: dict[str, Any] | None = None, **given: Any) -> Rule:
    """Return a rule whose condition is of kind `name`."""
    title = Text("标题", "title")
    base: dict[str, Any] = {
        "id": "r",
        "theme": "traffic",
        "title": title,
        "summary": Text("{words}", "{words}"),
        "condition": find_kinds()[name].options(**(options or {})),
        "version": "v1",
        "tests": (RuleTest("one"),),
    }
    return Rule(**(base | given))


def records(
    tested: Rule, events: Sequence[RuleEvent], until: str | None = None
) -> list[Excerpt | Pulse]:
    """Return what the engine gets of `events`, up to the local time `until`."""
    return list(records_of(tested, RuleTest("test", tuple(events), until=until), wuhai()))


def episodes(
    tested: Rule, records: Sequence[Excerpt | Pulse], *, restart_at: int | None = None
) -> list[Episode]:
    """Return all that is told of `records`; the engine is packed and made anew at `restart_at`."""
    engine = RuleEngine([tested], wuhai(), history_ms=FOREVER_MS)
    told: list[Episode] = []
    for number, record in enumerate(records):
        if number == restart_at:
            state = engine.pack()
            engine = RuleEngine([tested], wuhai(), history_ms=FOREVER_MS)
            engine.unpack(state)
        told += engine.take([record])
    assert not engine.quarantined
    return told


def told(
    tested: Rule,
    events: Sequence[RuleEvent],
    until: str | None = None,
    *,
    restart_at: int | None = None,
) -> list[Told]:
    """Return what is told of `events`, in local times."""
    found = episodes(tested, records(tested, events, until), restart_at=restart_at)
    return [
        (
            _local(one.told_at),
            ",".join(one.key.values()),
            one.state,
            one.level,
            _local(one.started_at),
        )
        for one in found
    ]


def faults(tested: Rule, city: City | None = None) -> list[str]:
    """Return what is wrong with a rule in `city`, as ``item: problem; remedy``."""
    kinds = find_kinds()
    name = next(name for name, kind in kinds.items() if isinstance(tested.condition, kind.options))
    found = check_rule(
        tested, kinds[name], f"condition.{name}", city or wuhai(), {tested.id: tested}
    )
    return [f"{one.item}: {one.problem}; {one.remedy}" for one in found]


def microseconds(tested: Rule, records: Sequence[Excerpt | Pulse]) -> float:
    """Return what 1,000 events cost, µs; for a look, not for a test."""
    engine = RuleEngine([tested], wuhai(), history_ms=FOREVER_MS)
    started = time.perf_counter()
    engine.take(records)
    count = sum(one.table.num_rows for one in records if isinstance(one, Excerpt))
    return (time.perf_counter() - started) * 1e9 / max(count, 1)


def _local(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo('Asia/Shanghai')):%H:%M:%S}"
