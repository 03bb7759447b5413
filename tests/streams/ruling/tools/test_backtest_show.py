"""What people read of a backtest."""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from rich.console import Console

from citybrain.alerts.records import Episode
from streams.ruling.tools import backtest_show
from streams.ruling.tools.backtest import BacktestResult, Difference
from tests.citybrain.alerts.sample import episode

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
DAYS = {
    "2026-03-01": Counter({"yellow": 30, "red": 1}),
    "2026-03-02": Counter[str](),
    "2026-03-03": Counter({"blue": 3}),
}


class Paper:
    """A console that is as wide as needed, and what was written on it."""

    def __init__(self) -> None:
        self._out = io.StringIO()
        self.console = Console(file=self._out, width=200, color_system=None)

    def rows(self) -> list[list[str]]:
        return [line.split() for line in self._out.getvalue().splitlines()]

    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._out.getvalue().splitlines()]


@pytest.fixture
def paper() -> Paper:
    return Paper()


def alert(number: int, *, rule: str = "gas_leak", level: str = "yellow") -> Episode:
    """Return an alert that fired `number` minutes after noon."""
    at = NOON + timedelta(minutes=number)
    return replace(episode(f"{rule}{number}", level=level), rule=rule, started_at=at, fired_at=at)


def test_all_days_when_some_have_no_alerts_then_they_are_there_too() -> None:
    days = {"2026-03-01": Counter(red=1), "2026-03-09": Counter(red=9)}

    assert backtest_show.all_days(days, date(2026, 2, 28), date(2026, 3, 2)) == {
        "2026-02-28": Counter(),
        "2026-03-01": Counter(red=1),
        "2026-03-02": Counter(),
    }


def test_per_day_when_printed_then_bars_are_as_long_as_there_are_alerts(paper: Paper) -> None:
    backtest_show.per_day(paper.console, DAYS)

    assert paper.rows() == [
        ["day", "blue", "yellow", "orange", "red", "all"],
        ["2026-03-01", "·", "30", "·", "1", "31", "█" * 29 + "█"],
        ["2026-03-02", "·", "·", "·", "·", "0"],
        ["2026-03-03", "3", "·", "·", "·", "3", "█" * 3],
        ["all", "3", "30", "0", "1", "34"],
    ]


def test_per_day_when_there_is_no_day_then_only_the_sum_is_there(paper: Paper) -> None:
    backtest_show.per_day(paper.console, {})

    assert paper.rows()[1:] == [["all", "0", "0", "0", "0", "0"]]


def test_per_rule_when_printed_then_the_loudest_comes_first_and_the_silent_last(
    paper: Paper,
) -> None:
    told = [alert(1), alert(2, rule="jam", level="red"), alert(3, rule="jam"), alert(4, rule="sum")]
    judged = BacktestResult(
        {one.alert: one for one in told},
        quarantined={"odd": "KeyError('[x]')"},
        seconds={"gas_leak": 0.5, "jam": 1.25, "quiet": 0.1, "calm": 0.1},
        events={"gas_leak": 12_000, "jam": 7},
    )

    backtest_show.per_rule(paper.console, judged)

    assert paper.rows()[1:4] == [
        ["jam", "·", "1", "·", "1", "2", "7", "1.25"],
        ["gas_leak", "·", "1", "·", "·", "1", "12,000", "0.50"],
        ["sum", "·", "1", "·", "·", "1"],
    ]
    assert paper.lines()[4:] == [
        "silent: calm, quiet",
        "✗ odd raised and was taken out of service: KeyError('[x]')",
    ]


def test_per_rule_when_nothing_was_told_then_there_is_no_table(paper: Paper) -> None:
    backtest_show.per_rule(paper.console, BacktestResult(seconds={"quiet": 0.1}))

    assert paper.lines() == ["silent: quiet"]


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        pytest.param(Difference((), (), (), 0, 0), "+0, −0", id="none"),
        pytest.param(
            Difference((alert(1), alert(2)), (alert(3),), (timedelta(minutes=4),), 0, 0),
            "+2, −1, median 4 min earlier",
            id="earlier",
        ),
        pytest.param(
            Difference((), (), (timedelta(), timedelta(hours=-2)), 0, 0),
            "+0, −0, median 2.0 h later",
            id="later",
        ),
        pytest.param(
            Difference((), (), (timedelta(),), 3, 1),
            "+0, −0, 3 at a higher level, 1 at a lower level",
            id="levels",
        ),
    ],
)
def test_sentence_when_versions_differ_then_says_how(difference: Difference, expected: str) -> None:
    assert backtest_show.sentence(difference) == expected


def test_difference_when_there_are_very_many_then_fifty_are_listed_by_time(paper: Paper) -> None:
    added = tuple(alert(number) for number in reversed(range(52)))
    removed = (replace(alert(7, rule="jam"), key={"street": "150302003"}, fired_at=None),)

    backtest_show.difference(paper.console, Difference(added, removed, (), 0, 0), "HEAD~1", ZONE)

    lines = paper.lines()
    assert lines[0] == "against HEAD~1: +52, −1"
    assert lines[1] == "+ 2026-03-02 12:00 yellow gas_leak subject=gas_leak0"
    assert lines[50] == "+ 2026-03-02 12:49 yellow gas_leak subject=gas_leak49"
    assert lines[51:] == ["  … and 2 more", "− 2026-03-02 12:07 yellow jam street=150302003"]


def test_plot_when_written_then_the_page_stands_alone(tmp_path: Path) -> None:
    page = tmp_path / "new" / "folder" / "days.html"

    backtest_show.plot(page, DAYS, "Two days")

    text = page.read_text("utf-8")
    assert "Two days" in text
    assert all(f'"name":"{level}"' in text for level in ("blue", "yellow", "orange", "red"))
    assert "2026-03-02" in text
    assert "<script src=" not in text


def test_too_many_when_days_are_busy_then_the_worst_comes_first() -> None:
    days = {**DAYS, "2026-03-04": Counter({"red": 3})}

    assert list(backtest_show.too_many(days, 2)) == [
        ("2026-03-01", 31),
        ("2026-03-03", 3),
        ("2026-03-04", 3),
    ]
    assert list(backtest_show.too_many(days, 31)) == []
