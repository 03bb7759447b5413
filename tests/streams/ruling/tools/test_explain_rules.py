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


def test_explain_when_it_held_but_not_for_long_enough_then_says_so() -> None:
    patient = counted(for_=timedelta(hours=1))
    target = ExplainTarget(NOON + 50_000, area="150302")
    seen = [Seen(at, 1.0) for at in (10, 20, 30, 40, 50)]

    ((_, _, reason),) = reasons(explained([patient], wuhai(), records(*seen), target))

    assert reason.endswith("; did not fire: not for long enough, or not often enough")


def test_explain_when_nothing_is_near_then_a_cluster_has_no_key() -> None:
    options = {"radius_m": 300, "within": timedelta(minutes=30)}
    clusters = rule("cluster", options, above={"yellow": "3"})
    target = ExplainTarget(NOON + 10_000, area="150302003")
    alone = Seen(10, 1.0, lon=106.8, lat=39.6)

    assert reasons(explained([clusters], wuhai(), records(alone), target)) == [
        ("r", None, "found nothing that belongs together")
    ]


def test_explain_when_a_cluster_held_there_then_names_it_and_not_elsewhere() -> None:
    options = {"radius_m": 300, "within": timedelta(minutes=30)}
    clusters = rule("cluster", options, above={"yellow": "3"})
    near = [Seen(at, 1.0, lon=106.8, lat=39.6) for at in (10, 11, 12)]

    (here,) = explained(
        [clusters], wuhai(), records(*near), ExplainTarget(NOON + 20_000, area="150302003")
    )
    (there,) = explained(
        [clusters], wuhai(), records(*near), ExplainTarget(NOON + 20_000, area="150303")
    )

    assert here.reason.startswith("fired 2026-03-02 04:00:")
    assert here.episode is not None
    assert (there.key, there.reason) == (None, "found nothing that belongs together")


def test_explain_when_nothing_happened_there_then_it_looked_at_none_of_it() -> None:
    target = ExplainTarget(NOON + 10_000, area="150304")

    assert reasons(explained([counted()], wuhai(), records(Seen(10, 1.0)), target)) == [
        ("r", None, "looked at none of it")
    ]


def test_explain_when_the_alert_ended_before_then_it_is_not_the_one() -> None:
    seen = [Seen(at, 1.0) for at in (10, 20, 30, 40, 50)]
    later = pulse(3 * 3600)
    target = ExplainTarget(NOON + 3 * 3_600_000, area="150302003")

    (found,) = explained([counted()], wuhai(), [*records(*seen), later], target)

    assert found.episode is None
    assert "did not fire" in found.reason
