"""The state machine under any sequence of tellings and commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.alerts import lifecycle
from citybrain.alerts.records import Alert, AlertChange, Episode
from citybrain.alerts.workflow import ALERTS
from citybrain.floor.levels import RANKS
from citybrain.workflow.commands import Command
from citybrain.workflow.steps import fold
from tests.citybrain.alerts.sample import NOON, at, command, episode, said

OPEN = ("pending", "firing", "acknowledged")
ACTIONS = ("acknowledge", "unacknowledge", "assign", "comment", "resolve", "reopen", "split")


def lived(*told: Episode | Command) -> Alert:
    """Return the alert after `told`; a command must be accepted."""
    alert: Alert | None = None
    for number, one in enumerate(told):
        if isinstance(one, Command):
            assert alert is not None
            assert said(ALERTS.refusal(alert, one)) == ""
            alert = ALERTS.commanded(alert, one, "c").after
        else:
            for change in lifecycle.told(alert, one, at(number), "e"):
                alert = change.after
    assert alert is not None
    return alert


def test_told_when_the_engine_repeats_a_beginning_then_what_ended_stays_so() -> None:
    ended = lived(episode(), episode(state="ended", told_at=at(5)))

    assert lifecycle.told(ended, episode(told_at=at(1)), at(9), "e") == []
    assert lifecycle.told(ended, episode(told_at=at(6)), at(9), "e")[0].what == "reopened"


def test_told_when_late_data_moves_only_the_end_then_that_is_corrected_once() -> None:
    ended = lived(episode(), episode(state="ended", told_at=at(5), ended_at=at(5)))
    moved = episode(state="ended", told_at=at(6), ended_at=at(4))

    found = lifecycle.told(ended, moved, at(6), "e")

    assert [(one.what, one.after.state, one.after.touched) for one in found] == [
        ("corrected", "ended", 2)
    ]
    assert found[0].after.episode.ended_at == at(4)
    assert lifecycle.told(found[0].after, moved, at(7), "e") == []


def test_told_when_a_resolved_episode_ends_then_it_stays_resolved_and_cannot_be_reopened() -> None:
    done = lived(episode(), command("resolve"), episode(state="ended"))

    assert (done.state, done.episode.state) == ("resolved", "ended")
    asked = command("reopen", minutes=3)
    assert said(ALERTS.refusal(done, asked)) == "数据显示已解除 / the data says that it is over"


def test_told_when_it_sank_and_rises_again_after_resolve_then_it_is_reopened() -> None:
    said = {"result": "handled", "comment": "阀门已关"}
    done = lived(
        episode(level="red"),
        episode(level="blue", peak="red"),
        command("resolve", minutes=3, details=said),
    )

    again = lifecycle.told(done, episode(level="red"), at(4), "e")

    assert [(one.what, one.after.state) for one in again] == [("reopened", "firing")]


def test_told_when_it_fires_after_somebody_acknowledged_it_pending_then_it_stays_so() -> None:
    held = lived(episode(state="pending"), command("acknowledge"), episode())

    assert (held.state, held.episode.state) == ("acknowledged", "firing")


def test_unacknowledge_when_it_never_fired_then_it_is_pending_again() -> None:
    back = lived(
        episode(state="pending"), command("acknowledge"), command("unacknowledge", minutes=2)
    )

    assert (back.state, back.owner, back.notified_at) == ("pending", "", None)


def test_expired_when_it_was_told_of_then_escalation_counts_anew() -> None:
    held = lived(episode(), command("acknowledge"))
    told = lifecycle.automatic_step(held, "notified", NOON, {}, notified_at=NOON).after

    after = lifecycle.expired(told, at(61)).after

    assert (after.state, after.notified_at, after.escalation) == ("firing", at(61), 0)


@pytest.mark.parametrize(
    ("alert", "news"),
    [
        pytest.param(lived(episode()), "fired", id="fresh"),
        pytest.param(lived(episode(state="pending")), "", id="pending"),
        pytest.param(lived(episode(), command("acknowledge")), "", id="acknowledged"),
    ],
)
def test_news_when_nobody_was_told_then_only_what_fires_is_news(alert: Alert, news: str) -> None:
    assert lifecycle.news(alert) == news


def test_news_when_it_rose_or_came_back_then_it_says_which() -> None:
    fields = {"notified_at": NOON, "notified_level": "yellow"}
    known = lifecycle.automatic_step(lived(episode()), "notified", NOON, {}, **fields).after

    raised = lifecycle.told(known, episode(level="red"), at(1), "e")[0].after
    ended = lifecycle.told(known, episode(state="ended"), at(1), "e")[0].after
    back = lifecycle.told(ended, episode(told_at=at(2)), at(2), "e")[0].after

    assert [lifecycle.news(one) for one in (known, raised, back)] == ["", "raised", "reopened"]


def test_refusal_when_the_version_is_not_there_yet_then_it_says_so() -> None:
    asked = command("resolve", expected=7)

    assert said(ALERTS.refusal(lived(episode()), asked)) == "没有第 7 版 / there is no version 7"


@pytest.mark.parametrize(
    ("old", "level", "found"),
    [
        pytest.param((), "yellow", ("firing", "", False), id="firing"),
        pytest.param(
            (command("acknowledge"),), "yellow", ("acknowledged", "duty_1", True), id="held"
        ),
        pytest.param((command("acknowledge"),), "red", ("firing", "duty_1", False), id="higher"),
        pytest.param((command("resolve"),), "yellow", ("resolved", "duty_1", False), id="resolved"),
        pytest.param((episode(state="ended"),), "yellow", ("firing", "", False), id="ended"),
    ],
)
def test_taken_over_when_it_goes_on_under_another_beginning_then_people_s_work_does(
    old: Sequence[Any], level: Any, found: Any
) -> None:
    new = lifecycle.told(None, episode("a0", level=level), at(9), "e")[0].after
    fields = lifecycle.taken_over(lived(episode(), *old), new)

    after = ALERTS.step(new, "x", at(9), by="test", cause="test", **fields).after
    assert (after.state, after.owner, after.acknowledged_at is not None) == found


STEPS = st.one_of(
    st.tuples(
        st.sampled_from(["pending", "firing", "ended", "revised"]),
        st.sampled_from(["blue", "yellow", "orange", "red"]),
        st.integers(-3, 0),
    ),
    st.tuples(st.sampled_from(ACTIONS), st.sampled_from([None, -2, -1, 0]), st.just(0)),
    st.tuples(st.just("expire"), st.just(None), st.just(0)),
)


def inputs(steps: Sequence[tuple[Any, Any, int]]) -> list[Any]:
    """Return tellings, some of them older than others, and commands with what a person saw."""
    found: list[Any] = []
    for number, (what, detail, age) in enumerate(steps):
        if what in ACTIONS:
            details = {"comment": "x", "assignee": "duty_2"}
            found.append((command(what, minutes=number, details=details), detail))
        elif what == "expire":
            found.append("expire")
        else:
            found.append(episode(state=what, level=detail, told_at=at(number + age)))
    return found


def take(alert: Alert | None, one: Any, number: int) -> list[AlertChange]:
    """Return what one input changes, as the desk would have it."""
    if isinstance(one, Episode):
        return lifecycle.told(alert, one, at(number), "e")
    if alert is None:
        return []
    if one == "expire":
        return [lifecycle.expired(alert, at(number))] if alert.state == "acknowledged" else []
    asked, seen = one
    expected = None if seen is None else max(alert.version + seen, 0)
    asked = Command(
        **{f: getattr(asked, f) for f in asked.__struct_fields__} | {"expected": expected}
    )
    if ALERTS.refusal(alert, asked):
        return []
    return [ALERTS.commanded(alert, asked, "c")]


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=20))
def test_machine_when_anything_happens_then_its_invariants_hold(
    steps: list[tuple[Any, Any, int]],
) -> None:
    alert: Alert | None = None
    changes: list[AlertChange] = []
    for number, one in enumerate(inputs(steps)):
        before = alert
        for change in take(alert, one, number):
            changes.append(change)
            alert = change.after
            assert change.version == alert.version == len(changes)
            check_step(before, change)
            before = alert
        if isinstance(one, Episode):  # the same once more changes nothing
            assert lifecycle.told(alert, one, at(number), "e") == [] or alert is None

    assert fold(changes) == ({alert.id: alert} if alert else {})
    assert fold([*changes, *changes[len(changes) // 2 :]]) == fold(changes)


def check_step(before: Alert | None, change: AlertChange) -> None:
    """Check what holds of every step."""
    after = change.after
    assert after.open == (after.state in OPEN)
    assert after.open == (after.closed_at is None)
    assert (after.acknowledged_at is not None) >= (after.state == "acknowledged")
    if before is None:
        assert change.what in ("pending", "fired")
        return
    if not before.open and after.open:
        assert change.what == "reopened"
    if before.episode.state != "pending" and after.state == "pending":
        pytest.fail("what has fired is never pending again")
    if change.what == "raised":
        assert RANKS[after.episode.level] > RANKS[before.episode.level]
        assert (after.state, after.acknowledged_at) == ("firing", None)
    assert after.episode.told_at >= before.episode.told_at
