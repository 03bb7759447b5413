"""Rules over events of the past: two versions compared, and the command over the real store."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from citybrain.alerts.records import Episode, Evidence
from citybrain.floor.errors import ConfigError, StoreError
from citybrain.floor.settings import Settings, to_environment
from citybrain.floor.text import Text
from streams.ruling.tools.backtest import compare, per_day
from streams.ruling.tools.backtest_show import sentence
from streams.ruling.tools.commands import rules
from tests.repository import WUHAI
from tests.sinks.stored import prepared

EIGHT = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
"""08:00 in the city."""
RANGE = ("--since", "2026-03-02", "--until", "2026-03-04")
Run = Callable[..., tuple[int, str]]

TRAFFIC = """\
rules:
  crowded:
    title: {zh: 拥挤, en: Crowded}
    summary: {zh: '{place}', en: '{place}'}
    kinds: [traffic_flow]
    by: [subject]
    condition: {threshold: {}}
    above: {yellow: 100, red: 500}
    tests:
      - name: silence
        events: []
"""


def episode(at_min: int, *, peak: str = "yellow", subject: str = "a", length: int = 10) -> Episode:
    fired = EIGHT + timedelta(minutes=at_min)
    return Episode(
        alert=f"{subject}{at_min}{peak}",
        rule="r",
        version="v",
        key={"subject": subject},
        state="ended",
        level=peak,  # type: ignore[arg-type]
        peak=peak,  # type: ignore[arg-type]
        started_at=fired,
        fired_at=fired,
        ended_at=fired + timedelta(minutes=length),
        told_at=fired,
        title=Text("", ""),
        summary=Text("", ""),
        theme="traffic",
        evidence=Evidence(measure=""),
    )


def test_compare_when_alerts_move_then_counts_new_gone_and_earlier() -> None:
    old = [episode(0), episode(300), episode(0, subject="b")]
    new = [episode(-4), episode(296, peak="red"), episode(600)]
    found = compare(old, new)
    assert [one.alert for one in found.added] == ["a600yellow"]
    assert [one.alert for one in found.removed] == ["b0yellow"]
    assert found.earlier == (timedelta(minutes=4), timedelta(minutes=4))
    assert sentence(found) == "+1, −1, median 4 min earlier, 1 at a higher level"


def test_compare_when_nothing_differs_then_says_zero() -> None:
    assert sentence(compare([episode(0)], [episode(0)])) == "+0, −0"


def test_per_day_when_alert_is_late_in_the_utc_day_then_counts_on_the_day_of_the_city() -> None:
    found = per_day([episode(0), episode(17 * 60)], ZoneInfo("Asia/Shanghai"))
    assert {day: dict(count) for day, count in found.items()} == {
        "2026-03-02": {"yellow": 1},
        "2026-03-03": {"yellow": 1},
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A city with one rule, in a git repository; by the version in git it is less sensitive."""
    city = tmp_path / "wuhai"
    shutil.copytree(WUHAI, city, ignore=shutil.ignore_patterns("rules", "replay"))
    (city / "rules").mkdir()
    place = city / "rules" / "traffic.yaml"
    place.write_text(TRAFFIC.replace("yellow: 100", "yellow: 400"), encoding="utf-8")
    for command in (
        ("init", "-q"),
        ("add", "rules"),
        ("-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "rules"),
    ):
        subprocess.run(["git", *command], cwd=city, check=True)
    place.write_text(TRAFFIC, encoding="utf-8")
    return city


@pytest.fixture(scope="module")
def filled(store_settings: Settings) -> Settings:
    """A store with three busy moments of two detectors."""
    client = prepared(store_settings)
    rows = [(0, 120.0, "a"), (1, 20.0, "a"), (60, 600.0, "b"), (61, 20.0, "b"), (1500, 450.0, "a")]
    for number, (at_min, value, subject) in enumerate(rows):
        at = EIGHT + timedelta(minutes=at_min)
        client.insert(
            "events",
            [
                [
                    "ndw_lanes",
                    "transport",
                    "traffic",
                    "traffic_flow",
                    at,
                    at,
                    value,
                    subject,
                    number,
                    "150302003",
                ]
            ],
            column_names=[
                "feed",
                "department",
                "theme",
                "kind",
                "occurred_at",
                "received_at",
                "value",
                "subject",
                "kafka_offset",
                "area",
            ],
        )
    return store_settings


@pytest.fixture
def run(filled: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in to_environment(filled).items():
        monkeypatch.setenv(name, value)

    def command(*arguments: str) -> tuple[int, str]:
        found = CliRunner().invoke(
            rules, [*arguments, "--city", str(folder)], env={"COLUMNS": "160", "NO_COLOR": "1"}
        )
        if found.exception and not isinstance(found.exception, SystemExit):
            raise found.exception
        return found.exit_code, found.stdout

    return command


def test_backtest_when_events_are_in_the_store_then_prints_alerts_per_day_and_rule(
    run: Run,
) -> None:
    code, said = run("backtest", *RANGE)
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert code == 0
    assert lines[1].startswith("2026-03-02 · 1 · 1 2 ")
    assert lines[2].startswith("2026-03-03 · 1 · · 1 ")
    assert lines[3] == "all 0 2 0 1 3"
    assert lines[5].startswith("crowded · 2 · 1 3 5 ")
    assert lines[6].startswith("5 events in ")


def test_backtest_when_compared_with_git_then_says_what_is_new(run: Run) -> None:
    code, said = run("backtest", *RANGE, "--against", "HEAD")
    assert code == 0
    assert "against HEAD: +1, −0\n" in said
    assert "+ 2026-03-02 08:00 yellow crowded subject=a\n" in said


def test_backtest_when_a_day_has_too_many_alerts_then_fails_and_names_the_day(run: Run) -> None:
    code, said = run("backtest", *RANGE, "--most-per-day", "1")
    assert code == 1
    assert said.splitlines()[-1] == "✗ 2026-03-02 has 2 alerts, more than 1 a day"
    assert run("backtest", *RANGE, "--most-per-day", "2")[0] == 0


def test_backtest_when_asked_to_plot_then_writes_a_page_that_needs_no_network(
    run: Run, tmp_path: Path
) -> None:
    page = tmp_path / "made" / "days.html"
    assert run("backtest", *RANGE, "--plot", str(page))[0] == 0
    text = page.read_text()
    assert "2026-03-02" in text
    assert 'src="http' not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--since", "2026-03-04", "--until", "2026-03-02"),
            "rules backtest: --since: 2026-03-04: the range is empty; begin before its end",
        ),
        (
            ("--since", "last week"),
            "rules backtest: --since: last week: neither an instant nor a duration; "
            "write 2026-03-01T08:00, or 30d for so long before",
        ),
        (
            (*RANGE, "--against", "v9"),
            "rules backtest: --against: v9: no such revision; "
            "name a commit, a tag or a branch: HEAD~1",
        ),
        (("crowde", *RANGE), "rules backtest: crowde: no such rule; did you mean 'crowded'?"),
    ],
)
def test_backtest_when_asked_wrongly_then_says_what_to_do(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        run("backtest", *arguments)
    assert str(raised.value) == message


def test_backtest_when_no_event_is_in_the_range_then_says_so(run: Run) -> None:
    with pytest.raises(StoreError) as raised:
        run("backtest", "--since", "2020-01-01T00:00+00:00", "--until", "2020-01-02T00:00+00:00")
    assert str(raised.value) == (
        "rules backtest: 2020-01-01 00:00 to 2020-01-02 00:00: the store holds no event that these "
        "rules read; choose another --since, or fill the store with './city replay'"
    )


def test_explain_when_a_place_is_asked_about_then_says_what_fired(
    run: Run,
) -> None:
    code, said = run("explain", "--at", "2026-03-02T09:00", "--area", "150302")
    lines = said.splitlines()
    assert code == 0
    assert lines[0].endswith(" at 2026-03-02 09:00:00: 1 rules")
    assert lines[1].startswith("● crowded subject=b: ")
    assert "600 of 500 (red); fired 2026-03-02 01:00:00Z at red" in lines[1]
    assert lines[2].endswith(": not in the store")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "rules explain: --event: say what to explain; give --event, or --at and --area"),
        (("--event", "x"), "rules explain: --event: x: is no UUID; copy it from an alert"),
        (
            ("--at", "1h", "--area", "99"),
            "rules explain: --area: 99: no such area; see areas.yaml of the city",
        ),
        (
            ("--event", "00000000-0000-0000-0000-000000000001"),
            "rules explain: --event: 00000000-0000-0000-0000-000000000001: the store holds no such "
            "event; give its --at and --area instead",
        ),
    ],
)
def test_explain_when_asked_wrongly_then_says_what_to_do(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        run("explain", *arguments)
    assert str(raised.value) == message
