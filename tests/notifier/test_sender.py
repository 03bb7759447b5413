"""The process itself, on a real broker, killed and started again in a storm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from citybrain.floor import bus
from citybrain.floor.clock import SystemClock, monotonic
from citybrain.floor.dead_letters import DeadLetter, FailedRecord, decode_letters
from citybrain.floor.settings import Settings, to_environment
from citybrain.floor.text import Text
from citybrain.floor.topics import DEAD_LETTERS, NOTIFICATIONS
from citybrain.notices.records import DeliveryReceipt, Notice
from citybrain.roof.local import local_kafka
from notifier.notification_topic import decode
from tests.citybrain.notices.city import small_city
from tests.citybrain.notices.sample import notice
from tests.conftest import free_ports, listens
from tests.notifier.endpoint import Endpoint, serving
from tests.repository import ROOT
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance
STORM = 600


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving(Endpoint()) as found:
        yield found


@pytest.fixture
def settings(broker_settings: Settings, tmp_path: Path, endpoint: Endpoint) -> Settings:
    """The small city, whose receiver `two` is a server of ours, on a real broker."""
    city = small_city(tmp_path / "cities")
    path = city.folder / "routing.yaml"
    path.write_text(
        path.read_text().replace(
            "kind: webhook, url: http://127.0.0.1:9/hook",
            f"kind: webhook, url: {endpoint.url}, per_minute: 600, retry: 1s, attempts: 20",
        )
    )
    return replace(
        broker_settings, cities=tmp_path / "cities", city="small", data=tmp_path / "data"
    )


@contextmanager
def sender(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    log = settings.data / "notify.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "citybrain.roof.local.child", "notify", str(os.getpid())],
            cwd=ROOT,
            env=os.environ | to_environment(settings),
            stdout=out,
            stderr=out,
        )
    try:
        yield child
    finally:
        child.terminate()
        child.wait(15)


def put(settings: Settings, notices: Iterable[Notice]) -> None:
    producer = bus.producer(settings)
    for one in notices:
        producer.send(NOTIFICATIONS.name, msgspec.json.encode(one), one.key.encode())
    producer.flush()
    producer.close()


def receipts(settings: Settings) -> list[DeliveryReceipt]:
    failed: list[FailedRecord] = []
    end = bus.end_offset(settings, NOTIFICATIONS, 0)
    values = bus.read_range(settings, NOTIFICATIONS, 0, 0, end - 1)
    return [one for one in decode(values, failed.append) if isinstance(one, DeliveryReceipt)]


def started(settings: Settings) -> bool:
    return "notifications_replayed" in (settings.data / "notify.log").read_text()


def test_notice_on_the_topic_reaches_the_receiver_within_milliseconds(
    settings: Settings, endpoint: Endpoint
) -> None:
    took = []
    with sender(settings):
        eventually(lambda: started(settings))
        producer = bus.producer(settings)
        for number in range(20):
            one = notice(number, "two", key=f"quick-{number}", at=SystemClock().now())
            producer.send(NOTIFICATIONS.name, msgspec.json.encode(one)).get(timeout=10)
            began = monotonic()
            eventually(lambda number=number: f"quick-{number}" in endpoint.posted(), 10, 0.001)  # type: ignore[misc]
            took.append(monotonic() - began)
        producer.close()

    assert sorted(took)[10] < 0.02


def test_storm_survives_kill_and_restart_of_the_sender_and_is_told_under_one_key_each(
    settings: Settings, endpoint: Endpoint
) -> None:
    now = SystemClock().now()
    storm = [notice(n, "two", key=f"storm-{n}:red:two:first", at=now) for n in range(STORM)]
    keys = {one.key for one in storm}

    with sender(settings) as first:
        put(settings, storm[: STORM // 2])
        eventually(lambda: len(endpoint.requests) > 50)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
    told_before = set(endpoint.told())
    assert told_before & keys < keys
    with sender(settings):
        put(settings, storm[STORM // 2 :])
        eventually(lambda: keys <= set(endpoint.told()), 90)
        eventually(lambda: keys <= _delivered(settings), 30)

    told = Counter(endpoint.told())
    assert max(told[key] for key in keys) <= 2  # what was on its way when the first was killed


def test_two_senders_tell_everything_once_and_the_second_goes_on_when_the_first_is_killed(
    settings: Settings, endpoint: Endpoint
) -> None:
    other = replace(settings, data=settings.data.parent / "other")
    now = SystemClock().now()
    both = [notice(n, "two", key=f"both-{n}:red:two:first", at=now) for n in range(50)]
    after = [notice(n, "two", key=f"after-{n}:red:two:first", at=now) for n in range(50)]
    with sender(settings) as first:
        eventually(lambda: started(settings))
        with sender(other):
            eventually(lambda: "notify_stands_by" in (other.data / "notify.log").read_text())
            put(settings, both)
            eventually(lambda: {one.key for one in both} <= _delivered(settings))
            assert not started(other)

            first.send_signal(signal.SIGKILL)
            first.wait(10)
            put(settings, after)
            eventually(lambda: {one.key for one in after} <= _delivered(settings))

    told = Counter(endpoint.told())
    assert {told[one.key] for one in (*both, *after)} == {1}


def test_receiver_that_is_away_for_a_while_misses_nothing(
    settings: Settings, endpoint: Endpoint
) -> None:
    endpoint.statuses = [503, 503, 200]
    one = notice(1, "two", key="away:red:two:first", at=SystemClock().now())
    with sender(settings):
        put(settings, [one])
        eventually(lambda: one.key in _delivered(settings), 60)

    assert endpoint.posted().count(one.key) == 3


def _delivered(settings: Settings) -> set[str]:
    return {one.key for one in receipts(settings) if one.outcome == "delivered"}


def test_storm_survives_a_broker_that_is_killed_and_a_receiver_that_was_away(
    settings: Settings, endpoint: Endpoint
) -> None:
    broker, _controller = free_ports(2)
    own = replace(settings, kafka=f"127.0.0.1:{broker}")
    storm = [
        notice(n, "two", key=f"broker-{n}:red:two:first", at=SystemClock().now())
        for n in range(STORM)
    ]
    keys = {one.key for one in storm}
    endpoint.statuses = [503] * 3 + [200]
    with ExitStack() as stack:
        first = stack.enter_context(kafka_at(own))
        stack.enter_context(sender(own))
        put(own, storm)
        eventually(lambda: len(endpoint.requests) > 30)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        stack.enter_context(kafka_at(own))
        eventually(lambda: keys <= set(endpoint.told()), 120)
        # While the receiver was away, its fallback was told at once.
        eventually(lambda: keys <= {key.removesuffix(">one") for key in _delivered(own)}, 60)


@contextmanager
def kafka_at(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Run a broker of the test's own; started again it has what it had."""
    command, port = local_kafka.prepare(settings), local_kafka.local_port(settings)
    broker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: listens(port), 60)
        eventually(lambda: bus.ensure_topics(settings) is None, 60)
        yield broker
    finally:
        broker.terminate()
        broker.wait(30)


def test_records_that_are_none_and_one_that_never_fits_stop_nobody(
    settings: Settings, endpoint: Endpoint
) -> None:
    hostile = [b"", b"null", b"[" * 100_000, b'{"type":"receipt"}', b"\xff\xfe"]
    now = SystemClock().now()
    huge = notice(3, "two", at=now, title=Text("x" * 3_000_000, "x" * 3_000_000))
    first = bus.end_offset(settings, NOTIFICATIONS, 0)
    with sender(settings):
        producer = bus.producer(settings)
        for value in hostile:
            producer.send(NOTIFICATIONS.name, value, b"hostile")
        producer.flush()
        producer.close()
        put(settings, [notice(1, "two", at=now), huge, notice(2, "two", at=now)])
        eventually(lambda: {"a1:red:two:first", "a2:red:two:first"} <= set(endpoint.posted()))
        eventually(lambda: len(_letters(settings)) >= len(hostile))

    assert {letter.place for letter in _letters(settings)} >= {
        f"city.notifications[0]@{first + number}" for number in range(len(hostile))
    }


def _letters(settings: Settings) -> list[DeadLetter]:
    parts = range(bus.partitions(settings, DEAD_LETTERS))
    ends = {part: bus.end_offset(settings, DEAD_LETTERS, part) for part in parts}
    return [
        letter
        for part, end in ends.items()
        for _, value in bus.read_range(settings, DEAD_LETTERS, part, 0, end - 1)
        for letter in decode_letters(value)
    ]


def test_changed_routing_is_taken_over_and_a_faulty_one_is_not(settings: Settings) -> None:
    path = settings.city_folder / "routing.yaml"
    right = path.read_text()

    def said() -> str:
        return (settings.data / "notify.log").read_text()

    with sender(settings):
        eventually(lambda: started(settings))
        path.write_text(right.replace("to: officer", "to: oficer"))
        eventually(lambda: "routing_refused" in said())
        path.write_text(right)
        eventually(lambda: "routing_reloaded" in said())

    assert "unknown receiver 'oficer'; did you mean 'officer'?" in said()
    assert "secret_missing" in said()
    assert "notify_stopped" in said()
