"""The sender without Kafka: real sockets on this machine, a list in the place of the topic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from citybrain.floor.clock import monotonic
from citybrain.notices.records import DeliveryReceipt, Notice
from citybrain.notices.routing import Route
from notifier import receiver_worker
from tests.citybrain.notices.sample import NOW, notice, receiver, routing
from tests.notifier.endpoint import Endpoint
from tests.notifier.memory_outbox import Topic, outbox, webhook
from tests.waiting import until

pytestmark = pytest.mark.filterwarnings(
    "ignore:'imghdr' is deprecated:DeprecationWarning"  # a plugin of apprise
)


async def test_notice_is_posted_once_with_its_key_and_a_receipt_is_written(
    endpoints: Callable[..., Endpoint],
) -> None:
    good, topic = endpoints(), Topic()
    async with outbox(routing(webhook("good", good)), topic) as box:
        box.take([notice(1), notice(1)])
        await until(lambda: topic)
        box.take([notice(1)])

    assert good.posted() == ["a1:red:good:first"]
    assert topic.outcomes() == [("a1:red:good:first", 1, "delivered")]
    assert topic.details() == {"HTTP 200"}


@pytest.mark.timed
async def test_receivers_that_hang_and_err_delay_no_other(
    endpoints: Callable[..., Endpoint],
) -> None:
    good, bad, slow, topic = endpoints(), endpoints(500), endpoints(hangs=True), Topic()
    hangs = webhook("slow", slow, timeout=timedelta(seconds=4))
    route = routing(webhook("good", good), webhook("bad", bad), hangs)
    async with outbox(route, topic) as box:
        started = monotonic()
        box.take([notice(n, name) for n in range(20) for name in ("slow", "bad", "good")])
        await until(lambda: len(topic.outcomes("good")) == 20)
        took = monotonic() - started
        await until(lambda: topic.outcomes("slow"))

    assert took < 4  # a single hanging attempt takes as long
    assert {outcome for _, _, outcome in topic.outcomes("good")} == {"delivered"}
    assert ("a0:red:slow:first", 1, "failed") in topic.outcomes()
    assert "no answer within 4 s" in topic.details()


async def test_failed_attempts_are_repeated_with_the_same_key_until_one_is_through(
    endpoints: Callable[..., Endpoint],
) -> None:
    flaky, topic = endpoints(503, 429, 200), Topic()
    async with outbox(routing(webhook("good", flaky)), topic) as box:
        box.take([notice(1)])
        await until(lambda: len(topic) == 3)

    assert flaky.posted() == ["a1:red:good:first"] * 3
    assert [(n, outcome) for _, n, outcome in topic.outcomes()] == [
        (1, "failed"),
        (2, "failed"),
        (3, "delivered"),
    ]


async def test_what_cannot_get_better_is_not_repeated(endpoints: Callable[..., Endpoint]) -> None:
    refusing, topic = endpoints(404), Topic()
    async with outbox(routing(webhook("good", refusing)), topic) as box:
        box.take([notice(1)])
        await until(lambda: topic)

    assert topic.outcomes() == [("a1:red:good:first", 1, "given_up")]
    assert topic.details() == {"HTTP 404"}


async def test_time_that_the_other_side_asks_for_is_waited(
    endpoints: Callable[..., Endpoint],
) -> None:
    busy, topic = endpoints(429, 200), Topic()
    busy.headers = {"Retry-After": "1"}
    async with outbox(routing(webhook("good", busy)), topic) as box:
        started = monotonic()
        box.take([notice(1)])
        await until(lambda: len(topic) == 2)

    assert monotonic() - started >= 1.0


async def test_given_up_notice_goes_to_the_fallback_and_names_what_it_replaces(
    endpoints: Callable[..., Endpoint],
) -> None:
    dead, good, topic = endpoints(500), endpoints(), Topic()
    route = routing(webhook("dead", dead, fallback="good"), webhook("good", good))
    async with outbox(route, topic) as box:
        box.take([notice(1, "dead")])
        await until(lambda: topic.outcomes("good"))

    instead = [one for one in topic if isinstance(one, Notice)]
    assert [(one.key, one.fallback_of) for one in instead] == [
        ("a1:red:dead:first>good", "a1:red:dead:first")
    ]
    assert good.posted() == ["a1:red:dead:first>good"]
    assert [outcome for _, _, outcome in topic.outcomes()] == [
        *("failed", "failed", "given_up", "delivered")
    ]
    # A crash between the two would otherwise lose it.
    assert topic.index(instead[0]) < topic.index(
        next(one for one in topic if isinstance(one, DeliveryReceipt) and one.outcome == "given_up")
    )


async def test_receiver_that_is_known_to_be_down_is_tried_once_before_the_fallback(
    endpoints: Callable[..., Endpoint],
) -> None:
    dead, good, topic = endpoints(500), endpoints(), Topic()
    route = routing(webhook("dead", dead, fallback="good"), webhook("good", good))
    async with outbox(route, topic) as box:
        box.take([notice(1, "dead")])
        await until(lambda: len(good.requests) == 1)
        box.take([notice(2, "dead")])
        await until(lambda: len(good.requests) == 2)

    assert dead.posted() == ["a1:red:dead:first"] * 3 + ["a2:red:dead:first"]


@pytest.mark.timed
async def test_receiver_with_a_fallback_is_not_tried_for_longer_than_people_can_wait(
    endpoints: Callable[..., Endpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver_worker, "FALLBACK_AFTER_S", 0.2)
    dead, good, topic = endpoints(500), endpoints(), Topic()
    stubborn = webhook("dead", dead, fallback="good", attempts=20)
    async with outbox(routing(stubborn, webhook("good", good)), topic) as box:
        started = monotonic()
        box.take([notice(1, "dead")])
        await until(lambda: topic.outcomes("good"))

    assert monotonic() - started < 0.5
    assert 2 <= len(dead.requests) < 20


async def test_message_that_fails_again_and_again_holds_no_later_one_back(
    endpoints: Callable[..., Endpoint],
) -> None:
    picky, topic = endpoints(500, 200), Topic()
    slow = webhook("picky", picky, retry=timedelta(hours=1))
    async with outbox(routing(slow), topic) as box:
        box.take([notice(1, "picky")])
        await until(lambda: topic)
        box.take([notice(2, "picky")])
        await until(lambda: len(topic) == 3)

    # The later one got through, so the receiver is back, and the first is tried at once.
    assert topic.outcomes() == [
        ("a1:red:picky:first", 1, "failed"),
        ("a2:red:picky:first", 1, "delivered"),
        ("a1:red:picky:first", 2, "delivered"),
    ]


async def test_receiver_that_asks_for_time_is_given_it_by_later_notices_too(
    endpoints: Callable[..., Endpoint],
) -> None:
    busy, topic = endpoints(429, 200), Topic()
    busy.headers = {"Retry-After": "2"}
    async with outbox(routing(webhook("busy", busy)), topic) as box:
        box.take([notice(1, "busy")])
        await until(lambda: topic)
        started = monotonic()
        box.take([notice(2, "busy")])
        await until(lambda: ("a2:red:busy:first", 1, "delivered") in topic.outcomes())

    assert monotonic() - started > 1.5
    assert ("a2:red:busy:first", 0, "limited") in topic.outcomes()
    assert "it asked for time" in topic.details()


async def test_storm_over_the_rate_is_told_in_digests_that_name_every_notice(
    endpoints: Callable[..., Endpoint],
) -> None:
    good, topic = endpoints(), Topic()
    route = routing(webhook("good", good, per_minute=60))
    keys = [f"a{n}:red:good:first" for n in range(1_000)]
    async with outbox(route, topic) as box:
        box.take([notice(n) for n in range(1_000)])
        await until(
            lambda: {key for key, _, what in topic.outcomes() if what == "delivered"} == {*keys}
        )

    assert sorted(good.told()) == sorted(keys)
    # A minute's worth one by one, then digests; a slow machine has a few more tokens meanwhile.
    assert 62 <= len(good.requests) < 80
    digest = max((body for _, body in good.requests), key=lambda body: len(body["alerts"]))
    assert len(digest["alerts"]) == 500
    assert digest["groupKey"].startswith("digest:")
    assert digest["groupKey"] in good.posted()


async def test_who_waits_for_the_rate_is_told_so_in_a_receipt(
    endpoints: Callable[..., Endpoint],
) -> None:
    good, topic = endpoints(), Topic()
    async with outbox(routing(webhook("good", good, per_minute=1)), topic) as box:
        box.take([notice(n) for n in range(2)])
        await until(lambda: len(topic) == 2)

    assert ("a1:red:good:first", 0, "limited") in topic.outcomes()
    assert "1 a minute are used up" in topic.details()


async def test_what_waits_within_the_interval_of_a_group_is_told_together(
    endpoints: Callable[..., Endpoint],
) -> None:
    good, topic = endpoints(), Topic()
    route = routing(webhook("good", good))
    route = replace(
        route, root=Route("root", to=("good",), group_interval=timedelta(milliseconds=200))
    )
    yellow = [notice(n, level="yellow", group="root:i1") for n in range(4)]
    async with outbox(route, topic) as box:
        box.take(yellow[:1])
        await until(lambda: good.requests)
        box.take(yellow[1:])
        await until(lambda: len(good.requests) == 2)

    assert [len(body["alerts"]) for _, body in good.requests] == [1, 3]
    assert good.requests[1][1]["groupKey"] == "root:i1"


async def test_several_notices_about_one_alert_are_told_as_the_newest(
    endpoints: Callable[..., Endpoint],
) -> None:
    good, topic = endpoints(), Topic()
    again = notice(1, key="a1:red:good:repeat-1", purpose="repeated")
    async with outbox(routing(webhook("good", good)), topic) as box:
        box.take([notice(1), again])
        await until(lambda: len(topic) == 2)

    (_, body) = good.requests[0]
    assert [one["annotations"]["purpose"] for one in body["alerts"]] == ["repeated"]
    assert body["idempotencyKeys"] == ["a1:red:good:first", "a1:red:good:repeat-1"]


async def test_sender_that_starts_anew_sends_only_what_is_not_settled(
    endpoints: Callable[..., Endpoint],
) -> None:
    good, topic = endpoints(), Topic()
    done = DeliveryReceipt(
        key="a1:red:good:first",
        receiver="good",
        attempt=1,
        outcome="delivered",
        at=NOW,
        started_at=NOW,
    )
    failed = replace_receipt(done, key="a2:red:good:first", outcome="failed")
    old = notice(3, at=NOW - timedelta(hours=25))
    async with outbox(routing(webhook("good", good)), topic) as box:
        box.replay([notice(1), notice(2), old, done, failed])
        assert box.resume() == 1
        await until(lambda: topic)
        box.take([notice(1), notice(2)])

    assert good.posted() == ["a2:red:good:first"]


def replace_receipt(one: DeliveryReceipt, **changes: Any) -> DeliveryReceipt:
    return DeliveryReceipt(**{name: getattr(one, name) for name in one.__struct_fields__} | changes)


@pytest.mark.parametrize("replayed", [False, True])
async def test_record_that_raises_is_set_aside_and_stops_no_other(
    endpoints: Callable[..., Endpoint], monkeypatch: pytest.MonkeyPatch, replayed: bool
) -> None:
    good, topic = endpoints(), Topic()
    async with outbox(routing(webhook("good", good)), topic) as box:
        send = box._send

        def breaking(given: Notice) -> None:
            if given.alert == "a2":
                raise OverflowError("date value out of range")
            send(given)

        monkeypatch.setattr(box, "_send", breaking)
        if replayed:
            box.replay([notice(1), notice(2), notice(3)])
            box.resume()
        else:
            box.take([notice(1), notice(2), notice(3)])
        await until(lambda: len(topic.outcomes()) == 2)

    assert sorted(good.posted()) == ["a1:red:good:first", "a3:red:good:first"]
    assert [one.problem for one in topic.aside] == ["OverflowError('date value out of range')"]


async def test_unknown_receiver_is_settled_with_a_receipt() -> None:
    topic = Topic()
    async with outbox(routing(receiver("good")), topic) as box:
        box.take([notice(1, "gone")])

    assert topic.outcomes() == [("a1:red:gone:first", 0, "unknown_receiver")]


async def test_receiver_that_changes_while_it_runs_is_sent_to_as_it_is_then(
    endpoints: Callable[..., Endpoint],
) -> None:
    first, second, topic = endpoints(), endpoints(), Topic()
    async with outbox(routing(webhook("good", first)), topic) as box:
        box.take([notice(1)])
        await until(lambda: first.requests)
        box.routing = routing(webhook("good", second))
        box.take([notice(2)])
        await until(lambda: second.requests)

    assert (first.posted(), second.posted()) == (["a1:red:good:first"], ["a2:red:good:first"])


async def test_log_receiver_needs_nothing(own_log: StringIO) -> None:
    topic = Topic()
    async with outbox(routing(receiver("good")), topic) as box:
        box.take([notice(1)])
        await until(lambda: topic)

    assert topic.details() == {"logged"}
    assert "alert_told" in own_log.getvalue()
    assert "标题1 / title 1" in own_log.getvalue()


@pytest.mark.timed
async def test_first_attempt_follows_the_record_within_20_ms(
    endpoints: Callable[..., Endpoint],
) -> None:
    good, topic = endpoints(), Topic()
    async with outbox(routing(webhook("good", good)), topic) as box:
        box.take([notice(0)])
        await until(lambda: topic)
        took = []
        for number in range(1, 21):
            started = monotonic()
            box.take([notice(number)])
            await until(lambda number=number: len(good.requests) > number)  # type: ignore[misc]
            took.append(monotonic() - started)

    assert sorted(took)[10] < 0.02


TOP_SECRET = "Z9xTopSecretKey42"  # noqa: S105


@pytest.mark.parametrize(
    "url",
    [
        f"wecombot://{TOP_SECRET}",
        f"json://user:{TOP_SECRET}@127.0.0.1:9/path",
        f"dingtalk://{TOP_SECRET}@tooshort",
        f"nosuchservice://{TOP_SECRET}",
        f"json://127.0.0.1:9/robot/{TOP_SECRET}?access_token={TOP_SECRET}",
    ],
)
async def test_failing_channel_leaks_no_secret(
    url: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    own_log: StringIO,
) -> None:
    # No attempt leaves this machine: names are not looked up.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    (tmp_path / "channel.url").write_text(url + "\n")
    one = receiver(
        "good", kind="apprise", url_file="channel.url", attempts=1, timeout=timedelta(seconds=8)
    )
    topic = Topic()
    async with outbox(routing(one), topic, tmp_path) as box:
        box.take([notice(1)])
        await until(lambda: topic)

    assert [outcome for _, _, outcome in topic.outcomes()] == ["given_up"]
    (detail,) = topic.details()
    scheme = url.partition("://")[0]
    ours = scheme in ("wecombot", "dingtalk")
    assert detail.startswith("ConnectError: " if ours else f"{scheme}://***")
    printed = capfd.readouterr()
    said = f"{topic}{own_log.getvalue()}{printed.out}{printed.err}"
    assert "receiver_fails" in own_log.getvalue()
    assert TOP_SECRET not in said
    assert "TopSecret" not in said


async def test_webhook_that_cannot_be_reached_leaks_no_secret(tmp_path: Path) -> None:
    (tmp_path / "hook.url").write_text(f"http://127.0.0.1:9/{TOP_SECRET}?token={TOP_SECRET}")
    (tmp_path / "hook.token").write_text(TOP_SECRET)
    one = receiver("good", kind="webhook", url_file="hook.url", token_file="hook.token", attempts=1)
    topic = Topic()
    async with outbox(routing(one), topic, tmp_path) as box:
        box.take([notice(1)])
        await until(lambda: topic)

    assert topic.outcomes() == [("a1:red:good:first", 1, "given_up")]
    assert topic.details() == {"ConnectError: All connection attempts failed"}


async def test_secret_that_is_missing_is_said_by_its_place(tmp_path: Path) -> None:
    one = receiver("good", kind="apprise", url_file="chief.url", attempts=1)
    two = receiver("other", kind="webhook", url_env="NO_SUCH_VARIABLE", attempts=1)
    topic = Topic()
    async with outbox(routing(one, two), topic, tmp_path) as box:
        box.take([notice(1), notice(1, "other")])
        await until(lambda: len(topic) == 2)

    assert topic.details() == {
        f"{tmp_path}/chief.url: No such file or directory",
        "environment variable NO_SUCH_VARIABLE is not set",
    }


async def test_bearer_token_of_a_webhook_is_sent(
    endpoints: Callable[..., Endpoint], tmp_path: Path
) -> None:
    good, topic = endpoints(), Topic()
    (tmp_path / "hook.token").write_text(TOP_SECRET)
    one = webhook("good", good, token_file="hook.token")
    async with outbox(routing(one), topic, tmp_path) as box:
        box.take([notice(1)])
        await until(lambda: topic)

    headers, _ = good.requests[0]
    assert headers["authorization"] == f"Bearer {TOP_SECRET}"
    assert headers["content-type"] == "application/json"


async def test_service_of_apprise_is_told_title_and_body(
    endpoints: Callable[..., Endpoint], tmp_path: Path
) -> None:
    good, topic = endpoints(), Topic()
    (tmp_path / "json.url").write_text(good.url.replace("http://", "json://"))
    one = receiver("good", kind="apprise", url_file="json.url", language="zh", timeout=timedelta(8))
    async with outbox(routing(one), topic, tmp_path) as box:
        box.take([notice(1)])
        await until(lambda: topic)

    _, body = good.requests[0]
    assert (body["title"], body["message"]) == ("标题1", "正文1")
    assert topic.details() == {"json://***: HTTP 200"}


async def test_notice_that_cannot_be_put_into_words_is_given_up_and_its_digest_goes(
    endpoints: Callable[..., Endpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    good, topic = endpoints(), Topic()
    whole = receiver_worker.pack

    def breaking(name: str, notices: tuple[Notice, ...], *rest: Any) -> Any:
        if any(one.alert == "a2" for one in notices):
            raise OverflowError("date value out of range")
        return whole(name, notices, *rest)

    monkeypatch.setattr(receiver_worker, "pack", breaking)
    async with outbox(routing(webhook("good", good)), topic) as box:
        box.take([notice(1), notice(2), notice(3)])
        await until(lambda: len(topic.outcomes("good")) == 3)

    assert sorted(topic.outcomes("good")) == [
        ("a1:red:good:first", 1, "delivered"),
        ("a2:red:good:first", 0, "given_up"),
        ("a3:red:good:first", 1, "delivered"),
    ]
