"""What is done about a refusal follows from its kind: wait, halve, tell others, tell operators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from citybrain.floor.clock import ManualClock, monotonic
from citybrain.floor.text import Text
from citybrain.notices.notice_message import NoticeMessage
from citybrain.notices.records import Notice
from citybrain.notices.routing import Escalation, EscalationStep, Receiver, Route, Routing
from notifier import receiver_worker
from notifier.channel import ChannelError, HandedOver, RefusalKind
from notifier.metrics import NotifierMetrics
from notifier.outbox import Outbox
from notifier.receiver_queue import MOST_WAITING, ReceiverQueue
from tests.citybrain.notices.sample import NOW, notice, receiver, routing
from tests.notifier.memory_outbox import Topic
from tests.waiting import until

Say = Callable[[NoticeMessage, int], str]


class ScriptedChannel:
    """Says what a test wants, message by message.

    Attributes:
        sent: (receiver, keys of the notices) of each attempt.
    """

    def __init__(self, **say: Say) -> None:
        self._say = say
        self.sent: list[tuple[str, list[str]]] = []

    async def send(self, message: NoticeMessage, receiver: Receiver) -> str:
        self.sent.append((receiver.id, [one.key for one in message.notices]))
        count = sum(1 for name, _ in self.sent if name == receiver.id)
        return self._say.get(receiver.id, lambda *_: "ok")(message, count)

    async def close(self) -> None:
        pass


def refuse(kind: RefusalKind, detail: str = "no", after_s: float = 0.0) -> Say:
    def say(_message: NoticeMessage, _count: int) -> str:
        raise ChannelError(detail, kind=kind, after_s=after_s)

    return say


def box_of(channel: ScriptedChannel, routing: Routing, topic: Topic) -> Outbox:
    return Outbox(routing, lambda _: channel, topic, ManualClock(NOW), NotifierMetrics())


async def test_handed_over_is_a_receipt_of_its_own_and_settles(tmp_path: Path) -> None:
    channel, topic = ScriptedChannel(good=lambda *_: HandedOver("sent; unknown")), Topic()
    box = box_of(channel, routing(receiver("good")), topic)
    box.take([notice(1)])
    await until(lambda: topic)
    await box.close()

    assert topic.outcomes() == [("a1:red:good:first", 1, "handed_over")]
    assert topic.details() == {"sent; unknown"}
    assert len(box.settled) == 0


@pytest.mark.parametrize("kind", [RefusalKind.DENIED, RefusalKind.REFUSED])
async def test_lasting_refusal_goes_to_the_fallback_after_one_attempt(kind: RefusalKind) -> None:
    channel, topic = ScriptedChannel(bad=refuse(kind, "sign not match")), Topic()
    route = routing(receiver("bad", fallback="good", attempts=6), receiver("good"))
    box = box_of(channel, route, topic)
    box.take([notice(1, "bad")])
    await until(lambda: topic.outcomes("good"))
    await box.close()

    assert topic.outcomes() == [
        ("a1:red:bad:first", 1, "given_up"),
        ("a1:red:bad:first>good", 1, "delivered"),
    ]
    assert "sign not match" in topic.details()


def chain(*steps: str) -> Route:
    found = tuple(EscalationStep(timedelta(minutes=5), (step,)) for step in steps)
    return Route("root", to=("bad",), escalation=Escalation("chain", found))


async def test_without_a_fallback_the_next_step_of_the_route_hears_at_once() -> None:
    deny = refuse(RefusalKind.DENIED)
    channel, topic = ScriptedChannel(bad=deny, chief=deny), Topic()
    people = [receiver(name) for name in ("bad", "chief", "mayor")]
    route = replace(routing(*people), root=chain("bad", "chief", "mayor"))
    box = box_of(channel, route, topic)
    box.take([notice(1, "bad", route="root"), notice(2, "bad", route="root", purpose="ended")])
    await until(lambda: topic.outcomes("mayor"))
    await box.close()

    calls = [key for key, _, outcome in topic.outcomes() if outcome == "delivered" and "a1" in key]
    assert calls == ["a1:red:bad:first>chief>mayor"]
    (told,) = [
        one
        for one in topic
        if isinstance(one, Notice) and one.receiver == "mayor" and one.alert == "a1"
    ]
    assert told.fallback_of == "a1:red:bad:first>chief"
    # Nobody is woken up because an end was not told.
    assert [one.key for one in topic if isinstance(one, Notice) and one.alert == "a2"] == []


async def test_operators_hear_once_an_hour_that_a_receiver_fails_and_why() -> None:
    deny = refuse(RefusalKind.DENIED, "errcode 93000 invalid webhook url")
    channel, topic = ScriptedChannel(bad=deny, ops=deny), Topic()
    people = receiver("bad"), receiver("ops"), receiver("watch")
    route = routing(*people, operators=("ops", "watch", "bad"))
    box = box_of(channel, route, topic)
    box.take([notice(1, "bad")])
    await until(lambda: topic.outcomes("watch"))
    box.take([notice(2, "bad")])
    await until(lambda: len(topic.outcomes("bad")) == 2)
    await box.close()

    told = [one for one in topic if isinstance(one, Notice)]
    assert [one.key for one in told] == [
        "receiver:bad:20261124T08:ops",
        "receiver:bad:20261124T08:watch",
    ]
    assert told[0].title == Text("通知渠道故障：bad号", "A receiver cannot be told: bad")
    assert "errcode 93000 invalid webhook url" in told[0].body.zh
    # That ops cannot be told either makes no further notice: it would never end.
    assert topic.outcomes("ops") == [("receiver:bad:20261124T08:ops", 1, "given_up")]


async def test_service_that_takes_no_more_is_waited_for_beyond_all_attempts() -> None:
    def limited(_message: NoticeMessage, count: int) -> str:
        if count < 6:
            raise ChannelError("too fast", kind=RefusalKind.LIMITED, after_s=0.01)
        return "ok"

    channel, topic = ScriptedChannel(good=limited), Topic()
    box = box_of(channel, routing(receiver("good", attempts=2)), topic)
    box.take([notice(1)])
    await until(lambda: ("a1:red:good:first", 6, "delivered") in topic.outcomes())
    await box.close()


async def test_service_that_takes_no_more_for_an_hour_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receiver_worker, "LIMITED_FOR_S", 0.1)
    limited = refuse(RefusalKind.LIMITED, "too fast", 0.02)
    channel, topic = ScriptedChannel(good=limited), Topic()
    box = box_of(channel, routing(receiver("good", attempts=2)), topic)
    box.take([notice(1)])
    await until(lambda: "given_up" in {outcome for _, _, outcome in topic.outcomes()})
    await box.close()

    assert len(channel.sent) > 2


@pytest.mark.timed
async def test_receiver_with_a_fallback_keeps_nothing_back_for_long_whatever_it_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receiver_worker, "FALLBACK_AFTER_S", 0.2)
    channel, topic = ScriptedChannel(bad=refuse(RefusalKind.LIMITED, "wait", 600.0)), Topic()
    box = box_of(channel, routing(receiver("bad", fallback="good"), receiver("good")), topic)
    started = monotonic()
    box.take([notice(1, "bad")])
    await until(lambda: len(topic.outcomes("good")) == 1)
    box.take([notice(2, "bad")])
    await until(lambda: len(topic.outcomes("good")) == 2)
    await box.close()

    assert monotonic() - started < 2


async def test_digest_that_is_too_long_is_told_in_halves_and_none_is_lost() -> None:
    def short_only(message: NoticeMessage, _count: int) -> str:
        if len(message.notices) > 2:
            raise ChannelError("HTTP 413", kind=RefusalKind.TOO_LONG)
        return "ok"

    channel, topic = ScriptedChannel(good=short_only), Topic()
    box = box_of(channel, routing(receiver("good", attempts=1)), topic)
    box.take([notice(n, group="g") for n in range(8)])
    keys = {f"a{n}:red:good:first" for n in range(8)}
    await until(
        lambda: {key for key, _, outcome in topic.outcomes() if outcome == "delivered"} == keys
    )
    await box.close()

    assert "given_up" not in {outcome for _, _, outcome in topic.outcomes()}


async def test_single_notice_that_stays_too_long_is_given_up() -> None:
    channel, topic = ScriptedChannel(good=refuse(RefusalKind.TOO_LONG, "HTTP 413")), Topic()
    box = box_of(channel, routing(receiver("good", attempts=1)), topic)
    box.take([notice(1)])
    await until(lambda: "given_up" in {outcome for _, _, outcome in topic.outcomes()})
    await box.close()

    assert len(channel.sent) == 5


async def test_receipt_shows_a_line_of_what_was_said() -> None:
    channel, topic = ScriptedChannel(good=lambda *_: "x\n\x1b[31m" + "y" * 5_000), Topic()
    box = box_of(channel, routing(receiver("good")), topic)
    box.take([notice(1)])
    await until(lambda: topic)
    await box.close()

    (detail,) = topic.details()
    assert detail.startswith("x \ufffd[31myyy")
    assert len(detail) == 300


async def test_receiver_that_takes_nothing_holds_a_bounded_number_of_notices() -> None:
    queue, gone = ReceiverQueue(lambda _notice: timedelta()), []
    for number in range(MOST_WAITING + 3):
        level: Any = "yellow" if number in (7, 9) else "red"
        gone.append(queue.put(notice(number, level=level), bounded=True))

    assert len(queue) == MOST_WAITING
    assert [one.alert for one in gone if one is not None] == ["a7", "a9", "a0"]


async def test_receiver_that_nobody_stands_in_for_holds_all_of_them() -> None:
    queue = ReceiverQueue(lambda _notice: timedelta())

    assert {queue.put(notice(number)) for number in range(MOST_WAITING + 3)} == {None}
    assert len(queue) == MOST_WAITING + 3


async def test_notice_that_is_too_many_is_told_to_the_fallback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("notifier.receiver_queue.MOST_WAITING", 2)
    channel, topic = ScriptedChannel(), Topic()
    route = routing(receiver("slow", fallback="good"), receiver("good"))
    box = box_of(channel, route, topic)
    box.take([notice(n, "slow") for n in range(3)])  # before the worker has its turn
    await until(lambda: topic.outcomes("good"))
    await box.close()

    assert ("a0:red:slow:first", 0, "given_up") in topic.outcomes()
    assert topic.outcomes("good") == [("a0:red:slow:first>good", 1, "delivered")]
    assert "more than 5000 notices wait" in topic.details()
