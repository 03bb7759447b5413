"""Alerts from outside: what is the same, until when it holds, how many there may be."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from citybrain.alerts.records import AlertChange, Episode
from citybrain.floor.errors import RecordRefused
from citybrain.notices.records import Notice
from streams.alerts import outside_alerts
from streams.alerts.alert_owner import AlertOwner
from tests.citybrain.alerts.sample import COMMANDER, at, command, episode
from tests.streams.alerts.test_alert_owner import alert_owner


def outside(minute: float, **given: Any) -> Episode:
    """Return what a sender tells at `minute` of what began then."""
    plain: dict[str, Any] = {
        "alert": f"a{minute}",
        "rule": "external_ha_pair",
        "identity": "h1",
        "departments": ("works",),
        "started_at": at(minute),
        "fired_at": at(minute),
        "told_at": at(minute),
    }
    plain |= given
    return episode(plain.pop("alert"), state=plain.pop("state", "firing"), **plain)


def ended(minute: float, **given: Any) -> Episode:
    return outside(minute, state="ended", ended_at=at(minute), **given)


def tell(owner: AlertOwner, *told: Episode) -> list[str]:
    """Return the steps that `told` lead to, each told at its own minute."""
    found: list[str] = []
    for one in told:
        outcome = owner.take_episode(one, "c", one.told_at)
        found += [change.what for change in outcome.records(AlertChange)]
    return found


def steps(owner: AlertOwner, now: datetime) -> list[str]:
    return [change.what for change in owner.tick(now).records(AlertChange)]


def test_two_senders_of_one_alert_make_one_alert_and_an_end_without_a_beginning_ends_it() -> None:
    owner = alert_owner()

    said = tell(owner, outside(0), outside(0.1), ended(2))

    assert said == ["fired", "notified", "ended"]
    assert [one.state for one in owner.records.values()] == ["ended"]


def test_what_fires_again_after_it_was_over_is_another_alert() -> None:
    owner = alert_owner()

    tell(owner, outside(0), ended(2), outside(5))

    assert sorted(one.state for one in owner.records.values()) == ["ended", "firing"]


def test_what_lags_behind_its_twin_is_the_same_alert_reopened() -> None:
    owner = alert_owner()

    said = tell(owner, outside(0), ended(2), outside(0.1, told_at=at(2.1)))

    assert said[-2:] == ["reopened", "notified"] or said[-1] == "reopened"
    assert len(owner.records) == 1


def test_what_a_person_resolved_stays_so_while_it_is_sent_again() -> None:
    owner = alert_owner()
    tell(owner, outside(0))
    owner.take_command(command("resolve", "a0", actor=COMMANDER), "c", at(1))

    said = tell(owner, outside(0.1, told_at=at(2)), outside(3, told_at=at(3)))

    assert said == []
    assert [one.state for one in owner.records.values()] == ["resolved"]


def test_end_that_nobody_heard_the_beginning_of_is_history_once() -> None:
    owner = alert_owner()

    assert tell(owner, ended(2), ended(2), ended(3)) == ["fired", "ended"]


def test_lease_ends_an_alert_that_is_not_sent_again() -> None:
    owner = alert_owner()
    owner.tick(at(-1))
    tell(owner, outside(0, holds_until=at(4)))

    assert "ended" not in steps(owner, at(3.9))
    assert "ended" in steps(owner, at(4.1))
    assert owner.records["a0"].episode.ended_at == at(4)


def test_lease_is_renewed_by_each_resend_and_that_is_no_step() -> None:
    owner = alert_owner()
    owner.tick(at(-1))
    tell(owner, outside(0, holds_until=at(4)))

    for minute in range(1, 60):
        assert tell(owner, outside(0, told_at=at(minute), holds_until=at(minute + 4))) == []
        assert "ended" not in steps(owner, at(minute + 0.5))
    assert "ended" in steps(owner, at(63.1))


def test_lease_is_lifted_by_a_resend_without_an_end() -> None:
    owner = alert_owner()
    owner.tick(at(-1))
    tell(owner, outside(0, holds_until=at(4)), outside(0, told_at=at(1)))

    assert "ended" not in steps(owner, at(600))


def test_lease_that_went_over_while_nobody_listened_holds_for_a_while_after_a_start() -> None:
    before = alert_owner()
    tell(before, outside(0, holds_until=at(4)))
    after = alert_owner()
    after.hold(before.records.values())

    assert "ended" not in steps(after, at(30))
    assert "ended" not in steps(after, at(34.9))
    assert "ended" in steps(after, at(35.1))


def test_lease_that_is_told_of_after_a_start_holds_as_long_as_it_says() -> None:
    before = alert_owner()
    tell(before, outside(0, holds_until=at(1)))
    after = alert_owner()
    after.hold(before.records.values())
    after.tick(at(2))
    tell(
        after,
        outside(0, told_at=at(2), holds_until=at(3)),
        outside(2.1, alert="n", identity="n", holds_until=at(3)),
    )

    assert steps(after, at(2.9)).count("ended") == 0
    assert steps(after, at(3.1)).count("ended") == 2


def test_end_by_a_lease_is_told_to_who_heard_of_the_beginning() -> None:
    owner = alert_owner()
    owner.tick(at(-1))
    tell(owner, outside(0, holds_until=at(4)))

    notices = owner.tick(at(4.1)).records(Notice)

    assert {notice.purpose for notice in notices} <= {"ended"}


def test_department_that_tells_of_too_many_is_refused_the_next_and_no_other_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outside_alerts, "MOST_OPEN", 3)
    owner = alert_owner()
    for number in range(3):
        tell(owner, outside(0, alert=f"x{number}", identity=f"i{number}"))

    with pytest.raises(RecordRefused) as caught:
        tell(owner, outside(1, alert="x4", identity="i4"))
    assert str(caught.value) == (
        "works has 3 open alerts from outside; end some of them, or group them where they are made"
    )
    tell(owner, outside(1, alert="y", identity="j", departments=("gas",)))
    tell(owner, ended(2, identity="i0"), outside(3, alert="x5", identity="i5"))
    assert owner.records["x5"].open


def test_what_goes_on_outside_is_not_forgotten_though_it_was_resolved_days_ago() -> None:
    owner = alert_owner()
    owner.tick(at(-1))
    tell(owner, outside(0, holds_until=at(4)))
    owner.take_command(command("resolve", "a0", actor=COMMANDER), "c", at(1))

    for hour in range(1, 60):
        tell(owner, outside(0, told_at=at(60 * hour), holds_until=at(60 * hour + 90)))
        owner.tick(at(60 * hour + 1))

    assert [one.state for one in owner.records.values()] == ["resolved"]
