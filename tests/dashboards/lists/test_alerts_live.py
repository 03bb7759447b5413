"""What desks and walls know: a snapshot, then the log; honest in an outage."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import msgspec
import pytest

from citybrain.alerts.records import Mute
from citybrain.alerts.snapshot import AlertsSnapshot
from citybrain.floor.alarm_path import SignOfLife
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.clock import ManualClock, millis
from citybrain.floor.text import Text
from citybrain.workflow.scope import WHOLE_CITY, Scope
from dashboards.desk.silence_forms import SilenceForm, silence_of
from dashboards.lists.alerts_frame import AlertsFrame
from dashboards.lists.alerts_live import AlertsLive
from dashboards.lists.log_tail import Heard
from tests.dashboards.lists.memory_log import MemoryLog, step_of
from tests.dashboards.making import NOW, Make


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def live(clock: ManualClock) -> AlertsLive:
    return AlertsLive(MemoryLog(), MemoryLog(), clock, "page-1")


def steps(*alerts: object, caught_up: bool = True) -> Heard:
    return Heard(None, [msgspec.json.encode(step_of(one)) for one in alerts], caught_up)  # type: ignore[arg-type]


def known(live: AlertsLive) -> list[str]:
    return sorted(one.id for one in live.alerts.records.seen_by(WHOLE_CITY))


async def test_hear_when_steps_come_then_the_newest_stands_and_viewers_are_told(
    live: AlertsLive, make: Make
) -> None:
    live._hear_steps(steps(make("a1"), make("a2", state="ended")))
    texts = live.alerts.enter(WHOLE_CITY).follow()
    whole = json.loads(await anext(texts))
    assert (whole["type"], whole["version"], whole["ready"], whole["outage"]) == (
        "whole",
        "page-1",
        True,
        None,
    )
    assert known(live) == ["a1"]
    live._hear_steps(steps(make("a1", version=3, owner="duty_b")))
    delta = json.loads(await anext(texts))
    assert delta["rows"][0]["owner"] == "duty_b"


def test_hear_when_a_snapshot_comes_first_then_the_log_goes_on_from_it(
    live: AlertsLive, make: Make
) -> None:
    kept = AlertsSnapshot([make("a1"), make("a2")], [], 0, 0)
    live._hear_steps(Heard(msgspec.msgpack.encode(kept), (), caught_up=False))
    assert (known(live), live.head()["ready"]) == (["a1", "a2"], False)
    live._hear_steps(steps(make("a2", version=3, state="resolved"), make("a3")))
    assert (known(live), live.head()["ready"]) == (["a1", "a3"], True)


def test_hear_when_a_record_cannot_be_read_then_the_others_stand(
    live: AlertsLive, make: Make
) -> None:
    good = steps(make("a1")).records
    live._hear_steps(Heard(None, [b"noise", *good, b"{}"], caught_up=True))
    live._hear_steps(Heard(b"no snapshot", (), caught_up=True))
    assert known(live) == ["a1"]


def test_hear_when_alerts_change_then_listeners_are_called_and_the_frame_is_anew(
    live: AlertsLive, make: Make
) -> None:
    calls: list[int] = []
    live.listeners.append(lambda: calls.append(live.changes))
    frame = AlertsFrame(live)
    live._hear_steps(steps(make("a1", e_area="150302001002", e_level="red"), make("a2")))
    first = frame.frame()
    live._hear_steps(steps(make("a1")))  # known: nothing changed
    assert (calls, frame.frame() is first) == ([2], True)
    assert first.row(0, named=True) | {"opened_at": None} == {
        "state": "firing",
        "level": "red",
        "theme": first["theme"][0],
        "street": "150302001",
        "origin": first["origin"][0],
        "muted": "",
        "waits": True,
        "red": True,
        "title_zh": first["title_zh"][0],
        "title_en": first["title_en"][0],
        "opened_at": None,
    }
    live._hear_steps(steps(make("a2", version=4, state="pending")))
    assert frame.frame().height == 1


def test_frame_when_alerts_changed_then_only_open_ones_at_their_newest_and_nobody_s_name(
    live: AlertsLive, make: Make
) -> None:
    mute = Mute(kind="silence", by="s1", reason=Text("施工", "road works"))
    whose = {"e_subject": "patient-7", "owner": "duty_a", "e_area": "150302001003"}
    live._hear_steps(
        steps(
            make("fires", **whose),
            make("taken", **whose),
            make("over", **whose),
            make("held", state="pending", **whose),
            make("quiet", mutes=(mute,), **whose),
            make("taken", version=3, state="acknowledged", **whose),
            make("over", version=3, state="ended", **whose),
        )
    )
    frame = AlertsFrame(live).frame()
    found = sorted(frame.select("state", "muted").rows())
    assert found == [("acknowledged", ""), ("firing", ""), ("firing", "silence")]
    assert set(frame["street"]) == {"150302001"}
    assert not {"id", "owner", "subject", "alert", "lon", "lat"} & set(frame.columns)
    assert "patient-7" not in str(frame.rows())


def test_head_when_nothing_was_heard_yet_then_it_is_not_ready(live: AlertsLive) -> None:
    assert live.head() == {
        "version": "page-1",
        "waits": [],
        "at": millis(NOW),
        "ready": False,
        "outage": {"since": None},
        "alarm": [],
    }


def test_head_when_nothing_is_heard_for_5_s_then_it_says_since_when(
    live: AlertsLive, clock: ManualClock
) -> None:
    live._hear_steps(steps())
    clock.advance(timedelta(seconds=5))
    assert (live.head()["outage"], live.heard) == (None, True)
    clock.advance(timedelta(seconds=1))
    live._look()
    assert (live.head()["outage"], live.heard) == ({"since": millis(NOW)}, False)
    assert live.down_since == NOW
    live._hear_steps(steps())
    live._look()
    assert (live.head()["outage"], live.down_since) == (None, None)


def test_head_when_silences_wait_then_every_message_says_whose(live: AlertsLive) -> None:
    made = silence_of(SilenceForm((), 3600), silence="s1", creator="duty_b", now=NOW)
    waiting = msgspec.structs.replace(made, needs_approval=True)
    live._hear_steps(Heard(None, [msgspec.json.encode(waiting)], caught_up=True))
    assert live.head()["waits"] == ["duty_b"]
    approved = msgspec.structs.replace(waiting, approver="duty_c", version=2)
    live._hear_steps(Heard(None, [msgspec.json.encode(approved)], caught_up=True))
    live._hear_steps(Heard(None, [msgspec.json.encode(waiting)], caught_up=True))
    assert live.head()["waits"] == []
    assert [one.approver for one in live.silences.seen_by(WHOLE_CITY)] == ["duty_c"]
    assert list(live.silences.seen_by(Scope(departments=("gas",)))) == []


def test_outcome_when_an_entry_is_heard_then_it_is_known(live: AlertsLive) -> None:
    entry = AuditEntry(
        id="c1", at=NOW, user="u", role="officer", action="x", target="a1", outcome="accepted"
    )
    live._hear_entries(Heard(None, [b"noise", msgspec.json.encode(entry)], caught_up=True))
    assert (live.outcome("c1"), live.outcome("c2")) == (entry, None)


async def test_run_when_the_log_comes_back_then_hearing_goes_on(
    clock: ManualClock, make: Make
) -> None:
    log = MemoryLog()
    live = AlertsLive(log, MemoryLog(), clock, "page-1")
    log.away = True
    running = asyncio.create_task(live.run())
    try:
        async with asyncio.timeout(10):
            while live.down_since is None:
                await asyncio.sleep(0)
            log.put_alerts([make("a1")])
            log.away = False
            while not live.alerts:
                await asyncio.sleep(0.01)
            while live.down_since is not None:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


def test_head_when_the_ruler_gives_no_sign_then_it_says_since_when(clock: ManualClock) -> None:
    live = AlertsLive(MemoryLog(), MemoryLog(), clock, "page-1", MemoryLog())
    for process in ("ruler", "notify"):
        sign = msgspec.json.encode(SignOfLife(process, NOW))
        live._hear_signs(Heard(None, [sign, b"noise"], caught_up=True))
    clock.advance(timedelta(seconds=40))
    assert live.head()["alarm"] == []
    notify = msgspec.json.encode(SignOfLife("notify", clock.now()))
    live._hear_signs(Heard(None, [notify], caught_up=True))
    clock.advance(timedelta(seconds=10))
    assert live.head()["alarm"] == [{"process": "ruler", "since": millis(NOW)}]


def test_alarm_when_a_sink_says_that_rows_are_set_aside_then_pages_are_told_until_it_is_over(
    clock: ManualClock,
) -> None:
    live = AlertsLive(MemoryLog(), MemoryLog(), clock, "page-1", MemoryLog())

    def hear(sign: SignOfLife) -> None:
        live._hear_signs(Heard(None, [msgspec.json.encode(sign)], caught_up=True))

    hear(SignOfLife("sink:one", NOW, NOW - timedelta(minutes=3)))
    since = millis(NOW - timedelta(minutes=3))
    assert live.alarm(NOW) == [{"process": "sink", "since": since}]

    hear(SignOfLife("sink:one", NOW + timedelta(seconds=5)))
    assert live.alarm(NOW) == []
