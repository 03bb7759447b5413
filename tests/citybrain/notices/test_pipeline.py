"""Who hears of what, when, and why not; the small city's routing, time as an argument."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from citybrain.alerts.matchers import match
from citybrain.alerts.records import Alert, Mute
from citybrain.alerts.silence_records import Matcher, Recurrence, Silence
from citybrain.floor.text import Text
from citybrain.notices.open_alerts import AlertContext
from citybrain.notices.pipeline import NoticePipeline
from citybrain.notices.routing_files import load_routing
from notifier.channel import channel_options
from tests.citybrain.notices.city import small_city
from tests.citybrain.notices.sample import NOW, alert, changed


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> NoticePipeline:
    return NoticePipeline(
        load_routing(small_city(tmp_path_factory.mktemp("city")), channel_options())
    )


def context(
    *others: Alert, now: datetime = NOW, silences: tuple[Silence, ...] = ()
) -> AlertContext:
    return AlertContext(now, silences, {one.id: one for one in others})


def told(pipeline: NoticePipeline, one: Alert, purpose: str = "fired", **how: Any) -> list[str]:
    return [notice.key for notice in pipeline.notices(one, purpose, context(one, **how))]


def silence(**changes: Any) -> Silence:
    given: dict[str, Any] = {
        "id": "s1",
        "matchers": (Matcher("rule", "=", "gas_leak"),),
        "starts_at": NOW - timedelta(hours=1),
        "ends_at": NOW + timedelta(hours=1),
        "creator": "anna",
        "approver": "berta",
        "reason": "检修 works",
        "created_at": NOW,
    }
    return Silence(**given | changes)


# Routes


def test_red_goes_to_its_own_route_and_the_post_is_who_is_on_duty(pipeline: NoticePipeline) -> None:
    # 16:30 on Tuesday 24 November 2026: week 46 since 5 January, which is the second person.s turn.
    assert told(pipeline, alert()) == ["a1:red:two:first", "a1:red:one:first"]


def test_notice_carries_all_that_the_sender_needs(pipeline: NoticePipeline) -> None:
    one = alert(incident="i7")

    notice = pipeline.notices(one, "fired", context(one))[0]

    assert notice.group == "root/red:i7"
    assert notice.title == Text(
        "【红色Ⅰ级】燃气泄漏浓度超限 · 海勃湾区凤凰岭街道",
        "[Red Ⅰ] Gas concentration high · Fenghuangling Subdistrict, Haibowan District",
    )
    assert (notice.alert, notice.receiver, notice.level) == ("a1", "two", "red")
    assert (notice.purpose, notice.at, notice.exercise) == ("fired", NOW, False)
    assert notice.alert_after is one


def test_what_no_route_takes_goes_to_the_root(pipeline: NoticePipeline) -> None:
    assert told(pipeline, alert(level="yellow")) == ["a1:yellow:two:first", "a1:yellow:one:first"]


def test_at_night_the_other_person_of_the_post_hears(pipeline: NoticePipeline) -> None:
    night = NOW + timedelta(hours=5)

    assert told(pipeline, alert(level="yellow"), now=night) == ["a1:yellow:one:first"]


def test_label_of_a_rule_is_matched(pipeline: NoticePipeline) -> None:
    one = alert(level="yellow", labels={"team": "north"})

    assert [route.path for route in pipeline.routes(one)] == ["root/team"]
    assert told(pipeline, one) == ["a1:yellow:one:first"]


def test_level_is_in_the_key_so_that_a_rise_is_told_again(pipeline: NoticePipeline) -> None:
    one = alert(level="red", notified_at=NOW)

    assert told(pipeline, one, "raised") == ["a1:red:two:raised", "a1:red:one:raised"]


# The end


@pytest.mark.parametrize("purpose", ["ended", "resolved", "revised"])
def test_end_is_told_to_those_who_heard_of_the_beginning(
    pipeline: NoticePipeline, purpose: str
) -> None:
    one = alert(state="ended", notified_at=NOW)

    assert told(pipeline, one, purpose) == [f"a1:red:two:{purpose}", f"a1:red:one:{purpose}"]


@pytest.mark.parametrize(
    ("minutes", "acknowledged", "expected"),
    [
        (4, None, False),
        (5, None, True),
        (60, 3, False),  # acknowledged before anybody was called, and handled
        (60, 7, True),
        (60, -1, True),  # an acknowledgement that had ended
    ],
)
def test_end_is_told_to_whom_the_escalation_had_reached(
    pipeline: NoticePipeline, minutes: int, acknowledged: int | None, expected: bool
) -> None:
    at = None if acknowledged is None else NOW + timedelta(minutes=acknowledged)
    one = alert(state="ended", notified_at=NOW, acknowledged_at=at)

    keys = told(pipeline, one, "ended", now=NOW + timedelta(minutes=minutes))

    assert ("a1:red:chief:ended" in keys) is expected


def test_end_of_what_nobody_heard_of_is_told_to_nobody(pipeline: NoticePipeline) -> None:
    assert told(pipeline, alert(state="ended"), "ended") == []


def test_end_of_what_fell_from_red_is_told_to_who_heard_of_red(pipeline: NoticePipeline) -> None:
    one = alert(state="ended", level="yellow", peak="red", notified_at=NOW)

    routes = {n.group for n in pipeline.notices(one, "ended", context(one))}

    assert routes == {"root/red:a1"}


# Hours


def test_hours_of_the_only_route_mute_the_alert(pipeline: NoticePipeline) -> None:
    night = NOW + timedelta(hours=5)
    blue = alert(level="blue")

    assert pipeline.mutes(blue, context(blue)) == ()
    assert pipeline.mutes(blue, context(blue, now=night)) == (
        Mute(
            kind="hours",
            by="office",
            reason=Text("路由 root/blue 仅在「工作时间」通知", "tells only during office hours"),
        ),
    )
    assert told(pipeline, blue, now=night) == []


def test_mute_hours_are_named(pipeline: NoticePipeline) -> None:
    one = alert(level="yellow", labels={"team": "south"})
    night = NOW + timedelta(hours=6)

    (mute,) = pipeline.mutes(one, context(one, now=night))

    assert (mute.kind, mute.by, mute.reason.en) == ("hours", "night", "silent during night")
    assert mute.reason.zh == "路由 root/team 在「night」不通知"


# Silences


def test_silence_in_force_mutes_with_its_reason(pipeline: NoticePipeline) -> None:
    one = alert()

    (mute,) = pipeline.mutes(one, context(one, silences=(silence(),)))

    assert mute == Mute(
        kind="silence",
        by="s1",
        reason=Text(
            "甲 静默至 2026-11-24 17:30：检修 works",
            "silenced by A until 2026-11-24 17:30: 检修 works",
        ),
    )
    assert pipeline.notices(changed(one, mutes=(mute,)), "fired", context(one)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"starts_at": NOW + timedelta(seconds=1)},
        {"ends_at": NOW},
        {"expired_at": NOW},
        {"needs_approval": True, "approver": ""},
        {"matchers": (Matcher("rule", "=", "other"),)},
        {"matchers": ()},
        {"recurrence": Recurrence(start="22:00", end="06:00")},
        {"recurrence": Recurrence(weekdays=(1, 3))},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_silence_that_is_not_in_force_or_matches_not_mutes_nothing(
    pipeline: NoticePipeline, changes: dict[str, Any]
) -> None:
    one = alert()

    assert pipeline.mutes(one, context(one, silences=(silence(**changes),))) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"needs_approval": True},
        {"recurrence": Recurrence(weekdays=(2,), start="16:00", end="17:00")},
        {"expired_at": NOW + timedelta(minutes=1)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_silence_that_is_approved_and_in_its_hours_mutes(
    pipeline: NoticePipeline, changes: dict[str, Any]
) -> None:
    one = alert()

    assert len(pipeline.mutes(one, context(one, silences=(silence(**changes),)))) == 1


@pytest.mark.parametrize(
    "matchers",
    [
        (Matcher("rule", "=", "gas_leak"),),
        (Matcher("level", "=~", "[[:alpha:]]+"), Matcher("rule", "=", "gas_leak")),
        (Matcher("level", "!~", "blue|yellow"), Matcher("rule", "=~", "gas_.*")),
        (Matcher("level", "=~", "(?i)RED"),),
    ],
    ids=lambda matchers: matchers[0].op + matchers[0].value,
)
@pytest.mark.parametrize("needs", [False, True])
def test_silence_hides_no_red_before_a_second_person_approved_it(
    pipeline: NoticePipeline, matchers: tuple[Matcher, ...], needs: bool
) -> None:
    one = alert()
    alone = silence(matchers=matchers, approver="", needs_approval=needs)

    assert pipeline.mutes(one, context(one, silences=(alone,))) == ()
    assert pipeline.mutes(one, context(one, silences=(silence(matchers=matchers),)))


def test_silence_of_one_person_hides_what_is_not_red(pipeline: NoticePipeline) -> None:
    one = alert(level="orange")

    assert pipeline.mutes(one, context(one, silences=(silence(approver=""),)))


@pytest.mark.parametrize("op", ["=~", "!~"])
def test_what_cannot_be_judged_hides_nothing_and_is_told(pipeline: NoticePipeline, op: Any) -> None:
    one = alert()
    broken = (Matcher("rule", op, "("),)

    assert pipeline.mutes(one, context(one, silences=(silence(matchers=broken),))) == ()
    assert not match(broken, {"rule": ("gas_leak",)})
    assert match(broken, {"rule": ("gas_leak",)}, unsure=True)


def test_reminder_of_a_silence_goes_to_its_creator(pipeline: NoticePipeline) -> None:
    (notice,) = pipeline.reminder(silence(), context())

    assert notice.key == f"silence:s1:one:reminder-{int((NOW + timedelta(hours=1)).timestamp())}"
    assert notice.title == Text(
        "静默即将到期：2026-11-24 17:30:00", "A silence ends soon: 2026-11-24 17:30:00"
    )
    assert notice.body.en == 'Matches: rule="gas_leak"\nReason: 检修 works\nCreator: anna'


def test_reminder_of_somebody_unknown_goes_to_the_root(pipeline: NoticePipeline) -> None:
    notices = pipeline.reminder(silence(creator="gone"), context())

    assert [notice.receiver for notice in notices] == ["two", "one"]


# Inhibition


GAS = {"hazard": "gas"}


def test_red_keeps_blue_quiet_of_the_same_hazard_at_the_same_object(
    pipeline: NoticePipeline,
) -> None:
    red = alert("red", labels=GAS)
    blue = alert("blue", level="blue", rule="gas_pressure_low", labels=GAS)

    (mute,) = pipeline.mutes(blue, context(red, blue))

    assert mute == Mute(
        kind="inhibition",
        by="red",
        reason=Text(
            "同一对象同一灾种已有红色：红色预警「燃气泄漏浓度超限」未解除",
            "red of the same hazard at the same object: "
            "the red alert “Gas concentration high” is open",
        ),
    )
    assert pipeline.mutes(red, context(red, blue)) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "g2"},
        {"labels": {"hazard": "flood"}},
        {"labels": {}},
        {"state": "pending"},
        {"state": "resolved"},
        {"level": "orange"},
        {"origin": "exercise"},
        {"origin": "simulated"},
        {"origin": "replay"},
    ],
    ids=lambda changes: "-".join(map(str, next(iter(changes.items())))),
)
def test_red_of_another_cause_pending_closed_or_less_real_keeps_nothing_quiet(
    pipeline: NoticePipeline, changes: dict[str, Any]
) -> None:
    red = alert("red", **{"labels": GAS} | changes)
    blue = alert("blue", level="blue", rule="gas_pressure_low", labels=GAS)

    assert pipeline.mutes(blue, context(red, blue)) == ()


def test_silent_feed_keeps_quiet_what_rests_on_it_alone(pipeline: NoticePipeline) -> None:
    down = alert("down", rule="feed_silent", feeds=("radar",), level="yellow")
    only = alert("only", feeds=("radar",))
    both = alert("both", feeds=("radar", "bus_positions"))
    none = alert("none", feeds=())

    assert [mute.by for mute in pipeline.mutes(only, context(down, only))] == ["down"]
    assert pipeline.mutes(both, context(down, both)) == ()
    assert pipeline.mutes(none, context(down, none)) == ()


def test_all_feeds_silent_keep_quiet_what_rests_on_them(pipeline: NoticePipeline) -> None:
    one = alert("one", rule="feed_silent", feeds=("radar",), key={"feed": "radar"})
    two = alert("two", rule="traffic_feed_silent", feeds=("bus",), key={"feed": "bus"})
    both = alert("both", feeds=("radar", "bus"))

    assert len(pipeline.mutes(both, context(one, two, both))) == 1
    assert pipeline.mutes(one, context(one, two)) == ()


def test_inhibition_of_the_city_is_by_its_own_labels(pipeline: NoticePipeline) -> None:
    accident = alert("x", rule="accident", level="yellow")
    jam, far = alert("j", rule="jam"), alert("f", rule="jam", area="150302002")

    assert [mute.by for mute in pipeline.mutes(jam, context(accident, jam))] == ["x"]
    assert pipeline.mutes(far, context(accident, far)) == ()


# Escalation


def test_steps_while_nobody_acknowledges_are_in_order_of_time(pipeline: NoticePipeline) -> None:
    one = alert(notified_at=NOW)

    found = [
        ((step.at - NOW).total_seconds() / 60, step.name, step.to)
        for step in islice(pipeline.steps(one), 6)
    ]

    assert found == [
        (5, "escalation-1", ("chief",)),
        (10, "escalation-2", ("chief", "two")),
        (10, "repeat-1", ("officer", "two")),
        (20, "repeat-2", ("officer", "two")),
        (25, "escalation-2.1", ("chief", "two")),
        (30, "repeat-3", ("officer", "two")),
    ]


def due(pipeline: NoticePipeline, one: Alert, minutes: float) -> list[str]:
    now = NOW + timedelta(minutes=minutes)
    return [notice.key for notice in pipeline.due(one, context(one, now=now))]


def test_due_gives_what_came_and_was_not_taken(pipeline: NoticePipeline) -> None:
    one = alert(notified_at=NOW)
    at = int(NOW.timestamp())

    assert due(pipeline, one, 4.9) == []
    assert due(pipeline, one, 5) == [f"a1:red:chief:escalation-1@{at}"]
    assert pipeline.taken(one, NOW + timedelta(minutes=5)) == 1
    after = changed(one, escalation=1)
    assert due(pipeline, after, 5) == []
    assert due(pipeline, after, 10) == [
        f"a1:red:chief:escalation-2@{at}",
        f"a1:red:two:escalation-2@{at}",
        f"a1:red:two:repeat-1@{at}",
        f"a1:red:one:repeat-1@{at}",
    ]
    assert pipeline.next_due(one) == NOW + timedelta(minutes=5)
    assert pipeline.next_due(changed(one, escalation=3)) == NOW + timedelta(minutes=20)


def test_due_after_an_outage_tells_of_each_line_only_the_last(pipeline: NoticePipeline) -> None:
    one, at = alert(notified_at=NOW), int(NOW.timestamp())

    keys = due(pipeline, one, 61)

    assert [key for key in keys if "repeat" in key] == [
        f"a1:red:two:repeat-6@{at}",
        f"a1:red:one:repeat-6@{at}",
    ]
    assert f"a1:red:chief:escalation-1@{at}" in keys
    assert f"a1:red:chief:escalation-2.3@{at}" in keys
    assert pipeline.taken(one, NOW + timedelta(minutes=61)) == 11


def test_acknowledged_without_progress_is_told_until_it_is_handled(
    pipeline: NoticePipeline,
) -> None:
    one = alert(state="acknowledged", notified_at=NOW, acknowledged_at=NOW + timedelta(minutes=2))
    at = int((NOW + timedelta(minutes=2)).timestamp())

    assert pipeline.next_due(one) == NOW + timedelta(minutes=32)
    assert due(pipeline, one, 31) == []
    assert due(pipeline, one, 32) == [
        f"a1:red:two:noprogress-1@{at}",
        f"a1:red:one:noprogress-1@{at}",
    ]
    assert pipeline.next_due(changed(one, escalation=1)) == NOW + timedelta(minutes=62)


def test_notice_of_no_progress_says_so(pipeline: NoticePipeline) -> None:
    one = alert(state="acknowledged", notified_at=NOW, acknowledged_at=NOW)

    notice = pipeline.due(one, context(one, now=NOW + timedelta(minutes=30)))[0]

    assert notice.purpose == "escalated"
    assert notice.title.zh.startswith("【红色Ⅰ级】确认后无进展 燃气")
    assert notice.title.en.startswith("[Red Ⅰ] no progress: Gas")


@pytest.mark.parametrize(
    "changes",
    [
        {"notified_at": None},
        {"notified_at": NOW, "state": "pending"},
        {"notified_at": NOW, "state": "resolved"},
        {"notified_at": NOW, "mutes": (Mute(kind="silence", by="s", reason=Text("", "")),)},
    ],
    ids=["not told", "pending", "closed", "muted"],
)
def test_nothing_is_to_come_of_what_was_not_told_is_closed_or_muted(
    pipeline: NoticePipeline, changes: dict[str, Any]
) -> None:
    one = alert(**changes)

    assert pipeline.next_due(one) is None
    assert due(pipeline, one, 600) == []
    assert pipeline.taken(one, NOW + timedelta(hours=10)) == 0


def test_route_without_repeat_or_escalation_has_nothing_to_come(pipeline: NoticePipeline) -> None:
    assert pipeline.next_due(alert(level="yellow", notified_at=NOW)) is None


# Exercise


def test_exercise_goes_through_all_routes_to_exercise_receivers_alone(
    pipeline: NoticePipeline,
) -> None:
    one = alert(origin="exercise")

    notices = pipeline.notices(one, "fired", context(one))

    assert [notice.key for notice in notices] == [
        "a1:red:drill:first~two",
        "a1:red:drill:first~one",
    ]
    assert {(notice.receiver, notice.exercise) for notice in notices} == {("drill", True)}
    assert notices[0].title.zh.startswith("【演练】【红色Ⅰ级】")
    assert notices[0].title.en.startswith("[EXERCISE] [Red Ⅰ] ")
    assert "演练代收，原应通知：二号\n" in notices[0].body.zh
    assert "Exercise; would have told: Two\n" in notices[0].body.en


def test_exercise_without_exercise_receivers_is_muted(pipeline: NoticePipeline) -> None:
    routing = pipeline.routing.__class__(**pipeline.routing.__dict__ | {"exercise_to": ()})
    one = alert(origin="exercise")

    (mute,) = NoticePipeline(routing).mutes(one, context(one))

    assert mute.kind == "exercise"
    assert mute.reason.en == "an exercise alert, but no receiver for exercises"
    assert NoticePipeline(routing).notices(one, "fired", context(one)) == []


def test_real_alert_never_reaches_an_exercise_receiver(pipeline: NoticePipeline) -> None:
    root = pipeline.routing.root.__class__("root", to=("drill", "one"))
    routing = pipeline.routing.__class__(**pipeline.routing.__dict__ | {"root": root})

    assert told(NoticePipeline(routing), alert()) == ["a1:red:one:first"]


# Hand-over


def test_who_comes_on_duty_gets_the_open_alerts_of_the_post(pipeline: NoticePipeline) -> None:
    red, yellow = alert("r"), alert("y", level="yellow")
    closed, other = (
        alert("c", state="resolved"),
        alert("o", level="yellow", labels={"team": "north"}),
    )
    evening = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
    then = context(yellow, red, closed, other, now=evening)

    (notice,) = pipeline.handovers(then, evening - timedelta(seconds=1))

    assert notice.key == f"handover:officer:one:{int(evening.timestamp())}"
    assert (notice.level, notice.purpose, notice.alert) == ("red", "handover", "")
    assert notice.title == Text("接班：值班员，2 条未关闭预警", "Hand-over: Officer, 2 open alerts")
    assert [line[:6] for line in notice.body.zh.splitlines()] == ["【红色Ⅰ级】", "【黄色Ⅲ级】"]
    assert pipeline.handovers(then, evening) == []


def test_hand_over_without_open_alerts_says_so(pipeline: NoticePipeline) -> None:
    evening = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)

    (notice,) = pipeline.handovers(context(now=evening), evening - timedelta(seconds=1))

    assert notice.body == Text("目前无未关闭预警。", "No open alerts.")
