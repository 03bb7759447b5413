"""Stopping, looking and removing."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from citybrain.alerts.platform_alerts import PlatformAlert
from citybrain.floor.clock import SystemClock
from citybrain.floor.errors import LaunchError
from citybrain.floor.settings import Settings
from citybrain.floor.text import Text
from citybrain.roof.local import down, running_state
from connectors.told_faults import notes_of


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("kafka", "store", "secrets"):
        (tmp_path / name).mkdir()
    (tmp_path / "keys.json").write_text("{}")
    (tmp_path / "holiday.jpg").touch()
    return replace(Settings(), data=tmp_path)


def quiet() -> Console:
    return Console(file=io.StringIO(), width=200)


def test_reset_asks_and_keeps_all_on_no(settings: Settings) -> None:
    asked: list[str] = []

    def refuse(question: str) -> bool:
        asked.append(question)
        return False

    assert down.reset(settings, quiet(), confirm=refuse) == 1
    assert asked == [
        f"Remove all events, keys, accounts and logs in {settings.data} "
        "(kafka, keys.json, secrets, store)?"
    ]
    assert (settings.data / "kafka").exists()


def test_reset_removes_what_is_ours_and_nothing_else(settings: Settings) -> None:
    assert down.reset(settings, quiet(), confirm=lambda _: True) == 0
    assert [path.name for path in settings.data.iterdir()] == ["holiday.jpg"]


def test_reset_of_a_running_system_is_refused(settings: Settings) -> None:
    with running_state.sole(settings), pytest.raises(LaunchError) as caught:
        down.reset(settings, quiet(), confirm=lambda _: True)
    assert str(caught.value) == (
        f"{settings.data}: the system runs on this folder; stop it with './city down' first"
    )


def test_down_of_nothing_is_fine(settings: Settings) -> None:
    console = quiet()
    assert down.down(settings, console) == 0
    assert down.status(settings, console) == 3
    assert console.file.getvalue() == (  # type: ignore[attr-defined]
        "not running\nnot running; './city up' starts it\n"
    )


@pytest.mark.parametrize(
    ("state", "age_s", "code"),
    [("up", 0, 0), ("slow", 0, 0), ("down", 0, 1), ("stalled", 0, 4), ("up", 600, 4)],
)
def test_exit_code_of_status_says_whether_work_moves(
    state: str, age_s: int, code: int, settings: Settings
) -> None:
    at = SystemClock().now() - timedelta(seconds=age_s)
    names = ("kafka", "gateway", "screens")
    states = tuple(running_state.ProcessState(name, state) for name in names)
    with running_state.sole(settings):
        running_state.write(settings, running_state.ProcessesSnapshot(1, at, states))
        assert down.status(settings, quiet()) == code


def test_status_when_what_was_saved_of_the_city_is_faulty_then_says_so(settings: Settings) -> None:
    states = (running_state.ProcessState("gateway", "up"),)
    now, shown = SystemClock().now(), Console(record=True, width=200)
    words = Text(
        "原配置继续", "what was saved has 1 faults, the version before goes on: feeds.yaml:3"
    )
    alert = PlatformAlert(
        rule="platform_city_refused",
        key={"what": "city.yaml"},
        episode="1",
        title=words,
        summary=words,
        response=words,
        measure="faults",
    )
    notes_of(settings.data).save("open", {"city.yaml 1": alert.told(now)})
    with running_state.sole(settings):
        running_state.write(settings, running_state.ProcessesSnapshot(1, now, states))
        assert down.status(settings, shown) == 0

    assert f"city's folder: {words.en}" in shown.export_text()
