"""`citybrain rules backtest`: what the rules would have told over a time that is past."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from citybrain.city import City, load_city
from citybrain.floor import store
from citybrain.floor.clock import SystemClock, millis, monotonic
from citybrain.floor.errors import StoreError
from citybrain.floor.settings import Settings, from_environment
from citybrain.rules.rule import Rule
from streams.ruling.condition import kind_of
from streams.ruling.rulebook import Rulebook, load_rules
from streams.ruling.tools import backtest_show as show
from streams.ruling.tools.arguments import chosen_rules, stretch
from streams.ruling.tools.backtest import BacktestResult, Judge, compare, per_day, run
from streams.ruling.tools.history import History
from streams.ruling.tools.rule_versions import rules_at

WARM_UP = timedelta(hours=24)
"""Events before the range that are read too, so that windows are full when it begins."""
_COMMAND = "rules backtest"
_TIMEOUT_S = 600

Names = Annotated[list[str] | None, typer.Argument(metavar="[RULE]…", help="ids; none: all")]
Since = Annotated[str, typer.Option(help="ISO instant, or how long before the end: 30d")]
Until = Annotated[str, typer.Option(help="ISO instant, or how long ago; not given: now")]
Against = Annotated[str, typer.Option(metavar="REF", help="compare with the rules at a git ref")]
Most = Annotated[int | None, typer.Option(min=0, help="fail where a day has more alerts")]
Plot = Annotated[Path | None, typer.Option(metavar="FILE.html", help="write a chart")]
Folder = Annotated[Path | None, typer.Option("--city", help="A city's folder.")]


@dataclass(frozen=True)
class BacktestOutcome:
    """What came of a backtest.

    Attributes:
        judged: of the present rules, and of those at another revision where they were asked for.
        events: events that were read.
        seconds: what that took.
    """

    judged: tuple[BacktestResult, ...]
    events: int
    seconds: float


def backtest(  # noqa: PLR0913, PLR0917  typer's form
    names: Names = None,
    since: Since = "30d",
    until: Until = "",
    against: Against = "",
    most_per_day: Most = None,
    plot: Plot = None,
    folder: Folder = None,
) -> None:
    """Tell what the rules would have told over a past time, day by day, rule by rule."""
    settings = from_environment()
    city = load_city(folder or settings.city_folder)
    zone = ZoneInfo(city.time_zone)
    start, end = stretch(since, until, SystemClock().now(), zone, _COMMAND)
    rulebooks = [load_rules(city), *([rules_at(city, against)] if against else [])]
    found = replayed(settings, city, _chosen(rulebooks, names or []), (start, end), names or [])
    console = Console(highlight=False)
    _report(console, found, (start, end), zone, plot)
    if against:
        now, before = found.judged
        show.difference(
            console, compare(before.alerts.values(), now.alerts.values()), against, zone
        )
    if most_per_day is not None:
        _check_budget(console, _days(found.judged[0], (start, end), zone), most_per_day)


def replayed(
    settings: Settings,
    city: City,
    rulebooks: Sequence[Rulebook],
    span: tuple[datetime, datetime],
    names: Collection[str] = (),
) -> BacktestOutcome:
    """Let `rulebooks` judge the events of the store in `span`; keep alerts of `names` (none: all).

    Raises:
        StoreError: the store is away, or holds nothing of what the rules read.
    """
    began, (start, end) = monotonic(), span
    judges = [Judge(rulebook, city) for rulebook in rulebooks]
    rules = [rule for rulebook in rulebooks for rule in rulebook.over_events() if rule.enabled]
    with store.connect_reader(settings, timeout_s=_TIMEOUT_S) as client:
        records = History(client, rules).records(millis(start - WARM_UP), millis(end))
        events = run(judges, records)
    if not events:
        raise StoreError(
            f"{_COMMAND}: {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}: the store holds no event "
            "that these rules read; choose another --since, or fill the store with './city replay'"
        )
    judged = tuple(judge.judged().narrowed(start, names) for judge in judges)
    return BacktestOutcome(judged, events, monotonic() - began)


def narrowed(rulebook: Rulebook, names: Sequence[str]) -> Rulebook:
    """Return the rules of `rulebook` called `names`, with all that those read."""
    wanted = {name: rulebook.rules[name] for name in names if name in rulebook.rules}
    for name in list(wanted):
        read = tuple(kind_of(rulebook.rules[name]).refers(rulebook.rules[name]))
        wanted |= narrowed(rulebook, read).rules
    return Rulebook(wanted, rulebook.places)


def _chosen(rulebooks: Sequence[Rulebook], names: Sequence[str]) -> list[Rulebook]:
    """Return `rulebooks` narrowed to `names`; a rule may be in one of them only."""
    known: dict[str, Rule] = {}
    for rulebook in reversed(rulebooks):
        known |= rulebook.rules
    chosen_rules(known, names, _COMMAND)
    return [narrowed(rulebook, names) if names else rulebook for rulebook in rulebooks]


def _report(
    console: Console,
    found: BacktestOutcome,
    span: tuple[datetime, datetime],
    zone: ZoneInfo,
    plot: Path | None,
) -> None:
    days = _days(found.judged[0], span, zone)
    show.per_day(console, days)
    show.per_rule(console, found.judged[0])
    rate = found.events / max(found.seconds, 1e-9)
    console.print(f"{found.events:,} events in {found.seconds:.1f} s, {rate:,.0f} events/s")
    if plot is not None:
        show.plot(plot, days, f"{_COMMAND}, {' – '.join(_dates(span, zone))}")
        console.print(f"written: {plot}", soft_wrap=True, markup=False)


def _check_budget(console: Console, days: show.Days, most: int) -> None:
    over = list(show.too_many(days, most))
    if not over:
        return
    day, count = over[0]
    more = f", and {len(over) - 1} more days" if len(over) > 1 else ""
    console.print(f"[red]✗[/] {day} has {count} alerts, more than {most} a day{more}")
    raise typer.Exit(1)


def _days(judged: BacktestResult, span: tuple[datetime, datetime], zone: ZoneInfo) -> show.Days:
    first, last = (at.astimezone(zone).date() for at in (span[0], span[1] - timedelta(seconds=1)))
    return show.all_days(per_day(judged.alerts.values(), zone), first, last)


def _dates(span: tuple[datetime, datetime], zone: ZoneInfo) -> Iterator[str]:
    return (at.astimezone(zone).date().isoformat() for at in span)
