"""Why rules did or did not fire at an event or a place."""

from __future__ import annotations

from datetime import timedelta

from citybrain.rules.rule import Rule
from streams.ruling.intake.inputs import Excerpt, Pulse
from streams.ruling.tools.explain_rules import ExplainTarget, RuleFinding, explained
from tests.streams.ruling.rig import NOON, Seen, excerpt, pulse, rule, wuhai

COUNT = {"of": "count", "window": timedelta(hours=1)}


def reasons(found: list[RuleFinding]) -> list[tuple[str, dict[str, str] | None, str]]:
    return [(one.rule.id, one.key, one.reason) for one in found]


def records(*seen: Seen) -> list[Excerpt | Pulse]:
    later = Seen(1200, 1.0, "other", area="150303001")
    return [
        pulse(0),
        excerpt(seen, offset=0),
        pulse(600),
        excerpt([later], offset=1),
        pulse(1200),
    ]


def counted(**given: object) -> Rule:
    base: dict[str, object] = {"by": ("street",), "above": {"yellow": "5"}}
    return rule("threshold", COUNT, **(base | given))


def test_explain_when_too_few_were_counted_then_says_how_many_of_how_many() -> None:
    seen = [Seen(at, 1.0) for at in (10, 70, 130)]
    target = ExplainTarget(NOON + 130_000, event=bytes(seen[2].row["event_id"]))
    assert reasons(explained([counted()], wuhai(), records(*seen), target)) == [
        (
            "r",
            {"street": "150302003"},
            "count of traffic_flow in 1h: 3 of 5 (yellow); did not fire: "
            "the threshold was not reached",
        )
    ]


def test_explain_when_it_fired_then_says_when_and_names_the_alert() -> None:
    seen = [Seen(at, 1.0) for at in (10, 20, 30, 40, 50)]
    target = ExplainTarget(NOON + 50_000, area="150302")
    found = explained([counted()], wuhai(), records(*seen), target)
    assert found[0].reason.startswith("count of traffic_flow in 1h: 5 of 5 (yellow); fired 2026-")
    assert found[0].episode is not None
    assert found[0].episode.peak == "yellow"


def test_explain_when_the_rule_asks_for_something_else_then_says_what() -> None:
    choosy = counted(where={"severity": ">= 3"})
    target = ExplainTarget(NOON + 10_000, area="150302003")
    assert reasons(explained([choosy], wuhai(), records(Seen(10, 1.0)), target)) == [
        ("r", None, "looked at none of it, as it asks for severity >= 3")
    ]


def test_explain_when_the_rule_is_off_then_says_so() -> None:
    target = ExplainTarget(NOON + 10_000, area="150302003")
    off = counted(enabled=False)
    assert reasons(explained([off], wuhai(), records(Seen(10, 1.0)), target)) == [
        ("r", None, "is off")
    ]
