"""A rule that raises is taken out of service; the others go on, and it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from citybrain.alerts.records import Episode
from citybrain.floor.clock import from_millis
from citybrain.floor.text import Text
from streams.ruling import condition
from streams.ruling.condition import Condition, ConditionKind, RuleTime, find_kinds
from streams.ruling.engine import RuleEngine
from streams.ruling.fold import Observation
from streams.ruling.intake.inputs import ExcerptHeader
from streams.ruling.intake.rows import EventRows, Ints
from streams.ruling.over_alerts.composer import Composer
from streams.ruling.over_alerts.spans import AlertSpan, OverAlerts
from tests.citybrain.alerts.sample import episode
from tests.streams.ruling.rig import NOON, Seen, engine, excerpt, pulse, repacked, rule, wuhai


@dataclass(frozen=True)
class Options:
    """When the condition of these tests raises."""

    when: str


class Fails(Condition):
    """A condition that knows nothing and raises."""

    def __init__(self, when: str, slots: Any) -> None:
        super().__init__(slots)
        if when == "made":
            raise MemoryError("no room")
        self._when = when

    def take(self, rows: EventRows, index: Ints, slots: Ints) -> None:
        if self._when == "taking":
            raise ZeroDivisionError("by nothing")

    def hear(self, header: ExcerptHeader) -> None:
        if self._when == "hearing":
            raise KeyError(header.feed)

    def advance(self, time: RuleTime) -> None: ...

    def changed(self) -> Iterable[int]:
        return ()

    def observations(self, slot: int, since_ms: int) -> Iterable[Observation]:
        return ()

    def settle(self, before_ms: int) -> None: ...

    def pack(self) -> dict[str, Any]:
        return {}

    def unpack(self, state: Mapping[str, Any]) -> None: ...


def kind(reads: str) -> ConditionKind:
    return ConditionKind(
        Options,
        lambda rule, slots, *_: Fails(rule.condition.when, slots),
        lambda _: iter(()),
        lambda _: "",
        reads=reads,
    )


SOUND = rule(id="sound", above={"yellow": "10"})
FAULTY = replace(SOUND, id="faulty", condition=Options("taking"))
MENDED = replace(SOUND, id="faulty", version="v2")


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    fails = {"fails": kind("events")}
    monkeypatch.setattr(condition, "find_kinds", lambda: find_kinds() | fails)


def outline(told: list[Episode]) -> list[tuple[str, str, str]]:
    return [(one.rule, one.key.get("rule", ""), one.state) for one in told]


def failed() -> tuple[RuleEngine, list[Episode]]:
    """Return an engine of which one rule of two has raised, and what was told."""
    running = engine([FAULTY, SOUND])
    return running, running.take([excerpt([Seen(0, 20.0)], offset=0)])


def test_engine_when_a_rule_raises_then_it_is_told_and_the_others_go_on() -> None:
    running, told = failed()

    assert outline(told) == [
        ("platform_rule_quarantined", "faulty", "firing"),
        ("sound", "", "firing"),
    ]
    assert told[0].level == "orange"
    assert told[0].key == {"rule": "faulty", "version": "v1"}
    assert told[0].summary == Text(
        "规则 faulty（标题）运行出错：ZeroDivisionError('by nothing')。其余规则照常运行。",
        "Rule faulty (title) failed: ZeroDivisionError('by nothing'). All other rules go on.",
    )
    assert running.quarantined.problems == {"faulty": "ZeroDivisionError('by nothing')"}
    assert outline(running.take([excerpt([Seen(60, 5.0)], offset=1), pulse(700)])) == [
        ("sound", "", "ended")
    ]


def test_rules_when_the_faulty_one_is_mended_then_it_starts_and_the_alert_ends() -> None:
    running, told = failed()
    running.take([pulse(90)])

    over = running.rules([MENDED, SOUND])

    assert outline(over) == [("platform_rule_quarantined", "faulty", "ended")]
    assert over[0].alert == told[0].alert
    assert over[0].ended_at is not None
    assert over[0].ended_at.timestamp() * 1000 == NOON + 90_000
    assert outline(running.take([excerpt([Seen(95, 30.0)], offset=1)])) == [
        ("faulty", "", "firing")
    ]


@pytest.mark.parametrize(
    "rules", [[SOUND], [replace(FAULTY, enabled=False), SOUND]], ids=["gone", "off"]
)
def test_rules_when_the_faulty_one_is_gone_then_the_alert_ends(rules: Any) -> None:
    running, _ = failed()

    assert outline(running.rules(rules)) == [("platform_rule_quarantined", "faulty", "ended")]


def test_rules_when_only_another_one_changes_then_the_faulty_one_stays_out() -> None:
    running, _ = failed()

    assert running.rules([FAULTY, replace(SOUND, version="v2")]) == []
    assert list(running.running) == ["sound"]


def test_unpack_when_the_rule_is_still_the_same_then_it_stays_out() -> None:
    running, _ = failed()

    after = repacked(running, [FAULTY, SOUND])

    assert list(after.running) == ["sound"]
    assert after.take([excerpt([Seen(60, 20.0)], offset=1)]) == []
    assert outline(after.rules([MENDED, SOUND])) == [
        ("platform_rule_quarantined", "faulty", "ended")
    ]


def test_unpack_when_the_rule_was_mended_meanwhile_then_the_alert_ends() -> None:
    running, _ = failed()

    after = repacked(running, [MENDED, SOUND])

    assert outline(after.take([pulse(60)])) == [("platform_rule_quarantined", "faulty", "ended")]
    assert set(after.running) == {"faulty", "sound"}


@pytest.mark.parametrize(
    ("when", "reads", "problem"),
    [
        pytest.param("made", "events", "MemoryError('no room')", id="made"),
        pytest.param("hearing", "feeds", "KeyError('ndw_lanes')", id="hearing"),
    ],
)
def test_engine_when_a_rule_raises_elsewhere_then_the_others_go_on_too(
    monkeypatch: pytest.MonkeyPatch, when: str, reads: str, problem: str
) -> None:
    monkeypatch.setattr(condition, "find_kinds", lambda: find_kinds() | {"fails": kind(reads)})
    running = engine([replace(FAULTY, condition=Options(when)), SOUND])

    told = running.take([excerpt([Seen(0, 20.0)], offset=0)])

    assert outline(told) == [
        ("platform_rule_quarantined", "faulty", "firing"),
        ("sound", "", "firing"),
    ]
    assert running.quarantined.problems == {"faulty": problem}


def test_engine_when_a_rule_raises_as_it_is_made_then_that_is_told_of_the_first_instant() -> None:
    unmade = replace(FAULTY, condition=Options("made"))
    running = engine([unmade, SOUND])

    nothing_yet = running.take([])
    (told,) = running.take([pulse(5), pulse(6)])

    assert nothing_yet == []
    assert {told.started_at, told.fired_at, told.told_at} == {from_millis(NOON + 5_000)}
    assert running.take([pulse(7)]) == []
    assert repacked(running, [unmade, SOUND]).take([pulse(8)]) == []
    assert outline(running.rules([MENDED, SOUND])) == [
        ("platform_rule_quarantined", "faulty", "ended")
    ]


def test_rules_when_one_that_raises_as_it_is_made_comes_later_then_it_is_told_at_once() -> None:
    running = engine([SOUND])
    running.take([pulse(5)])

    (told,) = running.rules([replace(FAULTY, condition=Options("made")), SOUND])

    assert told.started_at == from_millis(NOON + 5_000)


class Broken(OverAlerts):
    """A condition over alerts that raises."""

    keeps = timedelta()

    def spans(self, known: Sequence[Episode]) -> list[AlertSpan]:
        raise ZeroDivisionError("by nothing")

    def behind(self, known: Sequence[Episode], span: AlertSpan) -> list[Episode]:
        return []

    def words(self, behind: Sequence[Episode]) -> Text:
        return Text("", "")


@dataclass(frozen=True)
class BrokenOptions:
    """What a rule says whose condition over alerts raises."""


BROKEN_KIND = ConditionKind(
    BrokenOptions,
    lambda *_: Broken(),
    lambda _: iter(()),
    lambda _: "",
    reads="alerts",
    refers=lambda _: ("a",),
    single=True,
)
WORKS = rule("composite", {"all_": ("a",)}, id="works", kinds=(), by=(), level="red")
BROKEN = replace(WORKS, id="broken", condition=BrokenOptions())
NOW = from_millis(NOON)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"broken": BROKEN_KIND}
    monkeypatch.setattr(condition, "find_kinds", lambda: find_kinds() | broken)


@pytest.mark.usefixtures("broken")
def test_composer_when_a_rule_raises_then_it_is_told_once_and_the_others_go_on() -> None:
    composer = Composer([BROKEN, WORKS], wuhai())
    alert = episode("a1", rule="a", started_at=NOW, fired_at=NOW)

    told = composer.take(alert, NOW)

    assert outline(told) == [
        ("platform_rule_quarantined", "broken", "firing"),
        ("works", "", "firing"),
    ]
    assert outline(composer.take(episode("a2", rule="a", fired_at=NOW), NOW)) == []
    assert composer.quarantined.problems == {"broken": "ZeroDivisionError('by nothing')"}


@pytest.mark.usefixtures("broken")
def test_composer_when_the_rule_is_mended_then_the_alert_ends() -> None:
    first = Composer([BROKEN, WORKS], wuhai())
    alert = episode("a1", rule="a", started_at=NOW, fired_at=NOW)
    known = [alert, *first.take(alert, NOW)]
    same, mended = (
        Composer([one, WORKS], wuhai())
        for one in (BROKEN, replace(WORKS, id="broken", version="v2"))
    )
    same.restore(known)
    mended.restore(known)

    assert outline(same.tick(NOW)) == []
    assert sorted(outline(mended.tick(NOW))) == [
        ("broken", "", "firing"),
        ("platform_rule_quarantined", "broken", "ended"),
    ]


@pytest.mark.usefixtures("broken")
def test_composer_when_another_part_holds_a_rule_in_quarantine_then_that_is_left_alone() -> None:
    _, told = failed()
    composer = Composer([WORKS], wuhai())

    composer.restore(told)

    assert composer.tick(NOW) == []
