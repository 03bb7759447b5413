from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from kafka.errors import KafkaTimeoutError
from structlog.testing import capture_logs

from citybrain.floor.errors import BusError, StoreError
from sinks import outage
from sinks.outage import Patience, Stopped


class Pauses(threading.Event):
    """An event that passes the time at once, and is set after `left` pauses."""

    def __init__(self, left: int = 1_000) -> None:
        super().__init__()
        self.left = left
        self.now = 0.0
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waited.append(timeout)
        self.now += timeout
        if len(self.waited) == self.left:
            self.set()
        return self.is_set()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    pauses = Pauses()
    monkeypatch.setattr(outage, "monotonic", lambda: pauses.now)
    return pauses


def fails(times: int, error: Exception) -> Callable[[], str]:
    left = [error] * times

    def work() -> str:
        if left:
            raise left.pop()
        return "done"

    return work


@pytest.mark.parametrize(
    "error",
    [
        StoreError("away"),
        BusError("away"),
        DatabaseError("too many parts"),
        KafkaTimeoutError(),
        ConnectionResetError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_until_done_when_it_may_be_over_in_a_while_then_tries_again(
    pauses: Pauses, error: Exception
) -> None:
    assert Patience("store", pauses).until_done(fails(2, error)) == "done"


def test_until_done_when_nothing_is_wrong_then_neither_waits_nor_says_anything(
    pauses: Pauses,
) -> None:
    with capture_logs() as lines:
        assert Patience("store", pauses).until_done(lambda: "done") == "done"

    assert (pauses.waited, lines) == ([], [])


def test_until_done_when_it_takes_long_then_pauses_grow_to_a_second(pauses: Pauses) -> None:
    Patience("store", pauses).until_done(fails(8, StoreError("away")))

    assert pauses.waited == [0.2, 0.4, 0.8, 1.0, 1.0, 1.0, 1.0, 1.0]


def test_until_done_when_an_outage_ends_then_logs_its_beginning_and_its_end_once(
    pauses: Pauses,
) -> None:
    with capture_logs() as lines:
        Patience("store", pauses).until_done(fails(5, StoreError("away")))

    assert lines == [
        {
            "event": "waiting",
            "log_level": "warning",
            "for_": "store",
            "error": "away",
            "waited_s": 0.0,
        },
        {"event": "goes_on", "log_level": "info", "for_": "store", "waited_s": 3.4},
    ]


def test_until_done_when_an_outage_lasts_then_reminds_once_a_minute(pauses: Pauses) -> None:
    with capture_logs() as lines:
        Patience("store", pauses).until_done(fails(150, StoreError("away")))

    assert [(line["event"], line["waited_s"]) for line in lines] == [
        ("waiting", 0.0),
        ("waiting", 60.4),
        ("waiting", 120.4),
        ("goes_on", 148.4),
    ]


def test_until_done_when_a_second_outage_comes_then_it_is_logged_as_a_new_one(
    pauses: Pauses,
) -> None:
    patience = Patience("store", pauses)

    with capture_logs() as lines:
        for _ in range(2):
            patience.until_done(fails(1, StoreError("away")))

    assert [line["event"] for line in lines] == ["waiting", "goes_on"] * 2


def test_until_done_when_told_to_stop_while_waiting_then_gives_up() -> None:
    pauses = Pauses(left=3)

    with pytest.raises(Stopped):
        Patience("store", pauses).until_done(fails(9, StoreError("away")))

    assert len(pauses.waited) == 3


def test_until_done_when_stopped_before_then_does_not_even_begin(pauses: Pauses) -> None:
    pauses.set()

    with pytest.raises(Stopped):
        Patience("store", pauses).until_done(lambda: pytest.fail("began"))


def test_until_done_when_it_is_a_fault_of_ours_then_does_not_try_again(pauses: Pauses) -> None:
    with pytest.raises(ZeroDivisionError):
        Patience("store", pauses).until_done(fails(1, ZeroDivisionError()))


def test_note_when_the_error_is_long_then_its_beginning_is_logged(pauses: Pauses) -> None:
    with capture_logs() as lines:
        Patience("store", pauses).note(StoreError("x" * 900))

    assert lines[0]["error"] == "x" * 500
