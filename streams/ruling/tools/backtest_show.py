"""Print and plot what a backtest found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from citybrain.alerts.records import Episode
from citybrain.floor.levels import LEVELS
from streams.ruling.tools.arguments import minutes
from streams.ruling.tools.backtest import BacktestResult, Difference

COLOURS = {"blue": "#2f6fde", "yellow": "#e6c229", "orange": "#f17105", "red": "#d11149"}
_STYLES = {"blue": "blue", "yellow": "yellow", "orange": "dark_orange", "red": "red"}
_BAR = 30
_LISTED = 50

Days = Mapping[str, Counter[str]]


def all_days(days: Days, first: date, last: date) -> dict[str, Counter[str]]:
    """Return `days` with every date from `first` to `last`, those without alerts too."""
    count = (last - first).days + 1
    names = [(first + timedelta(days=number)).isoformat() for number in range(count)]
    return {name: Counter(days.get(name, {})) for name in names}


def per_day(console: Console, days: Days) -> None:
    """Print the alerts of each day by level, with a bar."""
    table = Table("day", *LEVELS, "all", "", box=None)
    most = max((count.total() for count in days.values()), default=0)
    for day, count in days.items():
        numbers = [str(count[level] or "·") for level in LEVELS]
        table.add_row(day, *numbers, str(count.total()), _bar(count, most))
    total = sum(days.values(), Counter[str]())
    table.add_row("all", *(str(total[level]) for level in LEVELS), str(total.total()), "")
    console.print(table)


def per_rule(console: Console, judged: BacktestResult) -> None:
    """Print the alerts of each rule, by level, the most first; rules without any in a line."""
    found: dict[str, Counter[str]] = {}
    for episode in judged.alerts.values():
        found.setdefault(episode.rule, Counter())[episode.peak] += 1
    table = Table("rule", *LEVELS, "all", "events", "s", box=None)
    for name, count in sorted(found.items(), key=lambda item: (-item[1].total(), item[0])):
        numbers = [str(count[level] or "·") for level in LEVELS]
        events, took = judged.events.get(name), judged.seconds.get(name)
        cost = ("", "") if events is None or took is None else (f"{events:,}", f"{took:.2f}")
        table.add_row(name, *numbers, str(count.total()), *cost)
    if found:
        console.print(table)
    silent = sorted(set(judged.seconds) - set(found))
    if silent:
        console.print(f"[dim]silent: {', '.join(silent)}[/]", soft_wrap=True)
    for name, problem in judged.quarantined.items():
        said = f"{name} raised and was taken out of service: {escape(problem)}"
        console.print(f"[red]✗[/] {said}", soft_wrap=True)


def sentence(difference: Difference) -> str:
    """Return the difference as a sentence: ``+14, −3, median 4 min earlier``."""
    parts = [f"+{len(difference.added)}", f"−{len(difference.removed)}"]
    median = difference.median_earlier
    if median:
        parts.append(f"median {minutes(median)} {'earlier' if median > timedelta() else 'later'}")
    if difference.raised:
        parts.append(f"{difference.raised} at a higher level")
    if difference.lowered:
        parts.append(f"{difference.lowered} at a lower level")
    return ", ".join(parts)


def difference(console: Console, found: Difference, ref: str, zone: ZoneInfo) -> None:
    """Print how the present rules differ from those at `ref`, and each alert of it."""
    console.print(f"against {escape(ref)}: [bold]{sentence(found)}[/]")
    for sign, style, alerts in (("+", "green", found.added), ("−", "red", found.removed)):
        _listed(console, sign, style, alerts, zone)


def plot(path: Path, days: Days, title: str) -> None:
    """Write a page with the alerts of each day by level, which needs nothing from elsewhere.

    Its folder is made where it is missing.
    """
    from plotly import graph_objects as go  # noqa: PLC0415  slow

    bars = [
        go.Bar(
            name=level,
            x=list(days),
            y=[count[level] for count in days.values()],
            marker_color=COLOURS[level],
        )
        for level in LEVELS
    ]
    figure = go.Figure(bars)
    figure.update_layout(barmode="stack", title=title, yaxis_title="alerts a day")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.write_html(path, include_plotlyjs=True, full_html=True)


def _listed(
    console: Console, sign: str, style: str, alerts: Sequence[Episode], zone: ZoneInfo
) -> None:
    for one in sorted(alerts, key=lambda one: one.fired_at or one.started_at)[:_LISTED]:
        at = (one.fired_at or one.started_at).astimezone(zone)
        key = " ".join(f"{name}={value}" for name, value in one.key.items())
        said = f"{at:%Y-%m-%d %H:%M} {one.peak} {one.rule} {key}"
        console.print(f"[{style}]{sign}[/] {escape(said)}", soft_wrap=True)
    if len(alerts) > _LISTED:
        console.print(f"[dim]  … and {len(alerts) - _LISTED} more[/]")


def _bar(count: Counter[str], most: int) -> str:
    """Return a bar whose colours are the levels; any alert at all is seen."""
    return "".join(
        f"[{_STYLES[level]}]{'█' * max(1, round(count[level] / most * _BAR))}[/]"
        for level in LEVELS
        if count[level]
    )


def too_many(days: Days, most: int) -> Iterable[tuple[str, int]]:
    """Return the days with more than `most` alerts, the worst first."""
    over = [(day, count.total()) for day, count in days.items() if count.total() > most]
    return sorted(over, key=lambda item: (-item[1], item[0]))
