"""One reader for all who look: the open alerts once, then what is new; honest in an outage."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from citybrain.alerts.records import Alert
from citybrain.alerts.silence_records import Silence
from citybrain.floor.clock import ManualClock, millis
from citybrain.floor.errors import StoreError
from citybrain.workflow.scope import Scope
from dashboards import alert_queries
from dashboards.desk import queries
from dashboards.desk.desk_live import DeskLive
from dashboards.desk.silence_forms import SilenceForm, silence_of
from tests.dashboards.desk.conftest import NOW, Make

ALL = Scope()


class Store:
    """Answers like the store: what is open, then what came behind an offset."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: list[Alert] = []
        self.away = False
        self.asked: list[int | None] = []
        monkeypatch.setattr(alert_queries, "open_alerts", self._open)
        monkeypatch.setattr(queries, "alerts_after", self._after)
        self.silences: list[Silence] = []
        monkeypatch.setattr(queries, "silences", lambda _: self.silences)

    async def answer(self, question: Callable[[Any], Any]) -> Any:
        if self.away:
            raise StoreError("the store does not answer the desk: refused")
        return question(None)

    def _open(self, _: Any) -> tuple[list[Alert], int]:
        self.asked.append(None)
        return [one for one in self.rows if one.open], len(self.rows) - 1

    def _after(self, _: Any, offset: int, limit: int) -> tuple[list[Alert], int]:
        self.asked.append(offset)
        found = self.rows[offset + 1 :][:limit]
        return found, offset + len(found)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    return Store(monkeypatch)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def live(store: Store, clock: ManualClock) -> DeskLive:
    archive: Any = store
    return DeskLive(archive, clock, "page-1")


async def test_read_when_called_again_then_only_what_is_new_is_asked(
    live: DeskLive, store: Store, make: Make
) -> None:
    store.rows = [make("a1"), make("a2", state="ended")]
    await live.read()
    assert sorted(live.book.alerts) == ["a1"]
    store.rows.append(make("a3"))
    await live.read()
    await live.read()
    assert store.asked == [None, 1, 2]
    assert sorted(live.book.alerts) == ["a1", "a3"]


async def test_read_when_somebody_looks_then_the_change_is_told(
    live: DeskLive, store: Store, make: Make
) -> None:
    store.rows = [make("a1")]
    await live.read()
    texts = live.enter(ALL).follow()
    whole = json.loads(await anext(texts))
    assert (whole["type"], whole["version"], whole["ready"], whole["outage"]) == (
        "whole",
        "page-1",
        True,
        None,
    )
    store.rows.append(make("a1", version=3, owner="duty_b"))
    await live.read()
    delta = json.loads(await anext(texts))
    assert delta["rows"][0]["owner"] == "duty_b"


async def test_head_when_nothing_was_read_yet_then_it_is_not_ready(live: DeskLive) -> None:
    assert live.head() == {
        "version": "page-1",
        "waits": [],
        "at": millis(NOW),
        "ready": False,
        "outage": {"since": None},
    }


async def test_head_when_the_store_is_silent_for_5_s_then_it_says_since_when(
    live: DeskLive, store: Store, clock: ManualClock
) -> None:
    await live.read()
    store.away = True
    with pytest.raises(StoreError):
        await live.read()
    clock.advance(timedelta(seconds=5))
    assert live.head()["outage"] is None
    clock.advance(timedelta(seconds=1))
    assert live.head()["outage"] == {"since": millis(NOW)}
    store.away = False
    await live.read()
    assert live.head()["outage"] is None


async def test_run_when_the_store_comes_back_then_reading_goes_on(
    live: DeskLive, store: Store, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboards.desk.desk_live.RETRY_S", 0.01)
    store.away = True
    live.enter(ALL)
    running = asyncio.create_task(live.run())
    async with asyncio.timeout(5):
        while live.down_since is None:
            await asyncio.sleep(0)
        store.rows, store.away = [make("a1")], False
        while not live.book.alerts:
            await asyncio.sleep(0.01)
    assert live.down_since is None
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_look_when_silences_wait_then_every_message_says_whose(
    live: DeskLive, store: Store
) -> None:
    made = silence_of(SilenceForm((), 3600), silence="s1", creator="duty_b", now=NOW)
    waiting = msgspec.structs.replace(made, needs_approval=True)
    store.silences = [made, waiting, msgspec.structs.replace(waiting, approver="duty_c")]
    await live.look()
    assert live.head()["waits"] == ["duty_b"]


def test_leave_when_the_last_one_goes_then_nothing_is_kept_for_the_scope(live: DeskLive) -> None:
    first, second = live.enter(ALL), live.enter(ALL)
    assert first is second
    live.leave(ALL)
    assert live.channels == {ALL: first}
    live.leave(ALL)
    assert live.channels == {}
