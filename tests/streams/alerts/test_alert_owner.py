"""The owner of the alerts: incidents, notices, silences, standing, restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.alerts.handling import HandlingPolicy
from citybrain.alerts.records import AlertChange, OpenAlertsOfShard
from citybrain.alerts.silence_records import Matcher, Silence
from citybrain.city import Subject
from citybrain.floor.text import Text
from citybrain.notices.pipeline import NoticePipeline
from citybrain.notices.records import Notice
from citybrain.notices.rota import Person
from citybrain.notices.routing import Escalation, EscalationStep, Names, Receiver, Route, Routing
from citybrain.workflow.commands import Actor
from citybrain.workflow.steps import fold
from streams.alerts.alert_owner import AlertOwner
from streams.owned.outcome import InputOutcome
from tests.citybrain.alerts.sample import COMMANDER, NOON, OFFICER, at, command, entry_said, episode


def routing() -> Routing:
    steps = (EscalationStep(after=timedelta(minutes=5), to=("chief",)),)
    root = Route("root", (), ("duty",), escalation=Escalation("quick", steps))
    receivers = {
        "duty": Receiver("duty", Text("值班员", "Duty officer"), "log"),
        "chief": Receiver("chief", Text("总指挥长", "Chief"), "log"),
    }
    return Routing(root=root, receivers=receivers, zone=ZoneInfo("Asia/Shanghai"))


def alert_owner() -> AlertOwner:
    return AlertOwner(NoticePipeline(routing()))


def whats(outcome: InputOutcome) -> list[str]:
    return [change.what for change in outcome.records(AlertChange)]


def silence(**given: Any) -> str:
    plain = Silence(
        id="s1",
        matchers=(Matcher("rule", "=", "gas_leak"),),
        starts_at=NOON,
        ends_at=at(240),
        creator="",
        reason="检修",
        created_at=NOON,
    )
    return msgspec.json.encode(msgspec.structs.replace(plain, **given)).decode()


def test_episode_when_it_fires_then_one_notice_goes_out_and_the_alert_says_so() -> None:
    owner = alert_owner()

    first = owner.take_episode(episode(), "city.episodes/0/0", NOON)
    again = owner.take_episode(episode(), "city.episodes/0/1", at(1))

    assert whats(first) == ["fired", "notified"]
    assert [notice.key for notice in first.records(Notice)] == ["a1:yellow:duty:first"]
    assert (again.records(AlertChange), again.records(Notice)) == ([], [])
    assert owner.records["a1"].notified_at == NOON


def test_tick_when_nobody_acknowledges_then_the_chief_hears_once() -> None:
    owner = alert_owner()
    owner.take_episode(episode(), "e", NOON)

    early, due, later = owner.tick(at(4)), owner.tick(at(5)), owner.tick(at(5.1))

    assert [len(one.records(Notice)) for one in (early, due, later)] == [0, 1, 0]
    assert (due.records(Notice)[0].receiver, whats(due)) == ("chief", ["escalated"])


def test_tick_when_acknowledged_then_nobody_else_hears_until_it_expires() -> None:
    owner = alert_owner()
    owner.take_episode(episode(), "e", NOON)
    owner.take_command(command("acknowledge"), "c", at(1))

    assert owner.tick(at(10)).records(Notice) == []
    assert whats(owner.tick(at(61))) == ["acknowledgement_expired"]


def people_owner(**handling: Any) -> AlertOwner:
    """Return an owner in a city of two people, each with a receiver of its own."""
    people = {
        name: Person(Text(title, title), (name,))
        for name, title in (("duty_1", "一号值班员"), ("duty_2", "二号值班员"))
    }
    own = {name: Receiver(name, one.title, "log") for name, one in people.items()}
    plain = routing()
    return AlertOwner(
        NoticePipeline(
            replace(
                plain,
                receivers={**plain.receivers, **own},
                people=people,
                names=Names(people={name: one.title for name, one in people.items()}),
                handling=HandlingPolicy(**handling),
            )
        )
    )


TO_TWO = {"assignee": "duty_2"}
TWO = Actor(user="duty_2", role="officer")


def told(outcome: InputOutcome) -> list[tuple[str, str]]:
    return [(notice.receiver, notice.purpose) for notice in outcome.records(Notice)]


def test_assign_when_to_a_person_then_that_one_hears_even_where_the_alert_is_silenced() -> None:
    owner = people_owner()
    owner.take_command(command("silence", "s1", details={"silence": silence()}), "c", NOON)
    owner.take_episode(episode(), "e", NOON)

    given = owner.take_command(command("assign", details=TO_TWO), "c", at(1))

    assert told(given) == [("duty_2", "assigned")]
    said = given.records(Notice)[0]
    assert "一号值班员把它指派给您" in said.body.zh
    assert "2026-03-02 12:16:00" in said.body.en
    assert said.title.en.startswith("[Yellow Ⅲ] assigned to you: ")


def test_assign_when_the_person_has_no_receiver_then_nothing_is_sent_and_it_is_done() -> None:
    owner = people_owner()
    owner.take_episode(episode(), "e", NOON)
    given = owner.take_command(command("assign", details={"assignee": "chief_9"}), "c", at(1))
    assert (told(given), owner.records["a1"].owner) == ([], "chief_9")


def test_assignment_when_nobody_answers_then_it_goes_back_and_both_ends_hear_of_it() -> None:
    owner = people_owner(answer_within=timedelta(minutes=3))
    owner.take_episode(episode(), "e", NOON)
    owner.take_command(command("assign", details=TO_TWO), "c", at(1))

    early, back, due = owner.tick(at(3.9)), owner.tick(at(4)), owner.tick(at(5))

    assert (whats(early), whats(back), whats(due)) == ([], ["assignment_overdue"], ["escalated"])
    assert told(back) == [("duty_1", "assignment_overdue")]
    assert "二号值班员未在期限内答复" in back.records(Notice)[0].body.zh
    assert told(due) == [("chief", "escalated")]
    assert owner.records["a1"].owner == ""


def test_assignment_when_declined_then_who_gave_it_hears_why() -> None:
    owner = people_owner()
    owner.take_episode(episode(), "e", NOON)
    owner.take_command(command("acknowledge"), "c", at(1))
    owner.take_command(command("assign", minutes=2, details=TO_TWO), "c", at(2))
    no = command("decline_assignment", minutes=3, actor=TWO, details={"comment": "在路上"})
    back = owner.take_command(no, "c", at(3))

    assert told(back) == [("duty_1", "assignment_declined")]
    assert "二号值班员退回了您的指派：在路上" in back.records(Notice)[0].body.zh
    assert whats(owner.tick(at(8))) == ["escalated"]


def test_assignment_when_accepted_or_closed_by_the_data_then_nothing_goes_back() -> None:
    for end in ("accepted", "ended"):
        owner = people_owner()
        owner.take_episode(episode(), "e", NOON)
        owner.take_command(command("assign", details=TO_TWO), "c", at(1))
        if end == "accepted":
            owner.take_command(command("accept_assignment", actor=TWO), "c", at(2))
        else:
            owner.take_episode(episode(state="ended", ended_at=at(2), told_at=at(2)), "e", at(2))
        assert "assignment_overdue" not in whats(owner.tick(at(30)))


def test_assignment_when_the_owner_starts_anew_then_it_still_goes_back_in_time() -> None:
    owner, again = people_owner(), people_owner()
    steps = owner.take_episode(episode(), "e", NOON).records(AlertChange)
    given = owner.take_command(command("assign", details=TO_TWO), "c", at(1))
    again.restore([*steps, *given.records(AlertChange)])

    assert told(again.tick(at(16))) == [("duty_1", "assignment_overdue")]
    assert told(again.tick(at(16))) == [("chief", "escalated")]


def test_episode_when_from_outside_about_a_known_device_then_it_has_its_name() -> None:
    known = Subject("a1", Text("一号柜", "Cabinet 1"), Text("新华街", "Xinhua St"))
    plain = people_owner().pipeline.routing
    owner = AlertOwner(NoticePipeline(replace(plain, names=Names(subjects={"a1": known}))))
    found = owner.take_episode(episode(subject="a1"), "e", NOON).records(Notice)
    assert "对象：一号柜（新华街）" in found[0].body.zh
    assert "Subject: Cabinet 1 (Xinhua St)" in found[0].body.en


def test_resolve_when_the_city_wants_two_people_then_the_owner_sees_to_it() -> None:
    owner = people_owner(second_person=("yellow",))
    owner.take_episode(episode(), "e", NOON)
    said = {"result": "handled", "comment": "阀门已关"}

    alone = owner.take_command(command("resolve", details=said), "c", at(1))
    owner.take_command(command("ask_closing", details=said), "c", at(1))
    own = owner.take_command(command("approve_closing"), "c", at(1))
    closed = owner.take_command(command("approve_closing", minutes=2, actor=TWO), "c", at(2))

    assert [one.audit[0].outcome for one in (alone, own, closed)] == ["refused"] * 2 + ["accepted"]
    assert told(closed) == [("duty", "resolved")]


def test_policy_when_it_changes_then_the_owner_goes_by_the_new_one() -> None:
    owner = people_owner()
    owner.reroute(people_owner(second_person=("yellow",)).pipeline)
    owner.take_episode(episode(), "e", NOON)
    assert owner.take_command(command("resolve"), "c", at(1)).audit[0].reason == (
        "second_person_closes"
    )


def test_episode_when_two_alerts_are_at_one_place_then_they_are_one_incident() -> None:
    owner = alert_owner()
    for name, area in (("a1", "150302003"), ("a2", "150302003"), ("a3", "150302004")):
        owner.take_episode(episode(name, area=area), "e", NOON)

    owner.take_command(command("split", "a2"), "c", at(1))
    merged = owner.take_command(
        command("merge", "a3", actor=COMMANDER, details={"into": "a1"}), "c", at(2)
    )

    incidents = {name: alert.incident for name, alert in owner.records.items()}
    assert (incidents["a1"], incidents["a3"]) == ("a1", "a1")
    assert incidents["a2"] != "a1"
    assert merged.audit[0].outcome == "accepted"


def test_episode_when_it_goes_on_under_another_beginning_then_nobody_is_told_twice() -> None:
    owner = alert_owner()
    owner.take_episode(episode("a1"), "e", NOON)
    owner.take_command(command("acknowledge", "a1"), "c", at(1))

    outcome = owner.take_episode(episode("a0", supersedes="a1"), "e", at(2))

    assert [(change.id, change.what) for change in outcome.records(AlertChange)] == [
        ("a1", "revised"),
        ("a0", "fired"),
    ]
    assert outcome.records(Notice) == []
    new = owner.records["a0"]
    assert (new.state, new.owner, new.notified_at) == ("acknowledged", "duty_1", NOON)


def test_standing_when_an_alert_is_not_listed_then_it_is_revised() -> None:
    owner = alert_owner()
    owner.take_episode(episode("a1"), "e", NOON)
    owner.take_episode(episode("a2"), "e", NOON)

    told = owner.take_episode(OpenAlertsOfShard(shard="0", open=("a2",), told_at=at(1)), "e", at(1))

    assert [(change.id, change.what) for change in told.records(AlertChange)] == [("a1", "revised")]


def test_silence_when_it_holds_then_alerts_are_muted_and_heard_of_when_it_ends() -> None:
    owner = alert_owner()
    asked = command("silence", "s1", details={"silence": silence()})
    accepted = owner.take_command(asked, "c", at(1))

    quiet = owner.take_episode(episode(fired_at=at(2)), "e", at(2))
    ended = owner.take_command(command("expire_silence", "s1", minutes=3), "c", at(3))

    assert (accepted.records(Silence)[0].creator, accepted.audit[0].outcome) == (
        "duty_1",
        "accepted",
    )
    assert (whats(quiet), quiet.records(Notice)) == (["fired", "muted"], [])
    assert whats(ended) == ["unmuted", "notified"]
    assert [notice.receiver for notice in ended.records(Notice)] == ["duty"]


def test_silence_when_it_would_hide_red_then_a_second_person_has_to_approve() -> None:
    owner = alert_owner()
    details = {"silence": silence(would_hide=9, would_hide_red=2)}
    owner.take_command(command("silence", "s1", actor=COMMANDER, details=details), "c", at(1))

    heard = owner.take_episode(episode("a1", fired_at=at(2)), "e", at(2))
    own = owner.take_command(
        command("approve_silence", "s1", minutes=3, actor=COMMANDER), "c", at(3)
    )
    other = msgspec.structs.replace(COMMANDER, user="deputy")
    second = owner.take_command(
        command("approve_silence", "s1", minutes=4, actor=other), "c", at(4)
    )

    assert len(heard.records(Notice)) == 1
    assert entry_said(own.audit[0]) == "批准人不能是创建人本人 / who created it cannot approve it"
    assert second.audit[0].outcome == "accepted"
    assert owner.records["a1"].mutes[0].kind == "silence"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param(
            {"matchers": ()},
            "条件会压下几乎所有告警 / the matchers would hide nearly every alert",
            id="none",
        ),
        pytest.param(
            {"matchers": (Matcher("rule", "=~", ".*"),)},
            "条件会压下几乎所有告警 / the matchers would hide nearly every alert",
            id="all",
        ),
        pytest.param({"ends_at": at(60 * 24 * 91)}, "最长 90 天 / at most 90 days", id="long"),
        pytest.param({"reason": " "}, "缺少原因 / the reason is missing", id="no-reason"),
        pytest.param(
            {"ends_at": at(-5)},
            "结束时间不晚于开始时间或现在 / it ends before it starts or before now",
            id="over",
        ),
    ],
)
def test_silence_when_it_is_unsafe_then_it_is_refused(given: Any, reason: str) -> None:
    asked = command("silence", "s1", details={"silence": silence(**given)})

    outcome = alert_owner().take_command(asked, "c", at(1))

    assert (outcome.records(Silence), entry_said(outcome.audit[0])) == ([], reason)


def test_episode_when_it_fired_long_ago_then_nobody_is_notified() -> None:
    outcome = alert_owner().take_episode(episode(), "e", at(90))

    assert (whats(outcome), outcome.records(Notice)) == (["fired", "muted"], [])
    assert outcome.records(AlertChange)[-1].after.mutes[0].kind == "age"


INPUTS = st.lists(
    st.one_of(
        st.tuples(
            st.just("episode"),
            st.sampled_from(["a1", "a2", "a3"]),
            st.sampled_from(["pending", "firing", "ended", "revised"]),
            st.sampled_from(["blue", "yellow", "red"]),
        ),
        st.tuples(
            st.just("command"),
            st.sampled_from(["a1", "a2", "a3"]),
            st.sampled_from(["acknowledge", "unacknowledge", "resolve", "reopen", "split"]),
            st.sampled_from([None, 1, 2, 3, 5]),
        ),
        st.tuples(st.just("tick"), st.just(""), st.just(""), st.just("")),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(INPUTS)
def test_alert_owner_when_anything_happens_then_its_invariants_hold(inputs: list[Any]) -> None:
    owner, changes, entries = alert_owner(), list[AlertChange](), 0
    for number, (what, name, detail, extra) in enumerate(inputs):
        before = dict(owner.records)
        if what == "episode":
            told = episode(name, state=detail, level=extra)
            outcome = owner.take_episode(told, f"city.episodes/0/{number}", at(number))
        elif what == "command":
            asked = command(detail, name, minutes=number, id=str(number), expected=extra)
            outcome = owner.take_command(asked, f"city.commands/0/{number}", at(number))
            entries += 1
            assert [entry.id for entry in outcome.audit] == [str(number)]
            if outcome.audit[0].outcome == "refused":
                assert (outcome.records(AlertChange), owner.records) == ([], before)
            assert owner.take_command(asked, "again", at(number)) == InputOutcome()
        else:
            outcome = owner.tick(at(number))
        changes += outcome.records(AlertChange)

    for alert in owner.records.values():
        versions = [change.version for change in changes if change.id == alert.id]
        assert versions == list(range(1, alert.version + 1))
        assert alert.open == (alert.id in owner.open())
        assert alert.open == (alert.closed_at is None)
    assert fold(changes) == owner.records
    again = alert_owner()
    again.restore(changes)
    again.restore(changes[len(changes) // 2 :])
    assert again.records == owner.records


def test_actor_when_a_viewer_commands_then_nothing_happens_but_an_entry() -> None:
    owner = alert_owner()
    owner.take_episode(episode(), "e", NOON)

    outcome = owner.take_command(
        command("resolve", actor=msgspec.structs.replace(OFFICER, role="viewer")), "c", at(1)
    )

    assert outcome.records(AlertChange) == []
    assert entry_said(outcome.audit[0]) == "您的角色不能这样做 / your role may not do this"
