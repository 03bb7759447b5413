"""`citybrain feeds …`: which there are, whether they are right, and what a file would become."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from citybrain.city import City, load_city
from citybrain.city.event_retention import event_retention, said
from citybrain.city.records import Feed
from citybrain.floor.clock import SystemClock
from citybrain.floor.errors import CityBrainError, ConfigError, Fault
from citybrain.floor.settings import from_environment
from citybrain.floor.strict import suggest
from citybrain.floor.terminal import say
from connectors.door.answers import DoorRefusal
from connectors.feed_trial import check_readable, try_feed
from connectors.fetch.source import check_sources
from connectors.mapping.raw_shape import check_mappings
from connectors.trial_report import report

feeds = typer.Typer(help="The feeds: list, check, try a file.", no_args_is_help=True)
Folder = Annotated[Path | None, typer.Option("--city", help="A city's folder.")]


class TrialError(CityBrainError):
    """A file from which nothing can be read."""


@feeds.callback()
def _feeds() -> None:
    """The feeds of the city."""


@feeds.command("list")
def list_feeds(folder: Folder = None) -> None:
    """List all feeds: id, department, source, how long kept, what becomes of old rows and places.

    A row that is older than its feed keeps events is refused (or skipped): before a backfill look
    here, and raise retention_days first.
    """
    city = _city(folder)
    kept = event_retention(city)
    for feed in city.feeds.values():
        days = sorted({said(kept.of(feed.id, kind)) for kind in feed.kinds})
        policies = f"expired: {feed.expired}, places: {feed.places}"
        say(f"{feed.id:28} {feed.department:24} {feed.source:10} {' or '.join(days):12} {policies}")


@feeds.command("check")
def check(folder: Folder = None) -> None:
    """Read the city's folder and every feed's mapping, and print all that is wrong with them."""
    city = _city(folder)
    if faults := [*check_sources(city), *check_mappings(city)]:
        raise ConfigError(faults)
    say(f"{city.folder}: {len(city.feeds)} feeds: no faults")


@feeds.command("try")
def try_file(
    feed: Annotated[str, typer.Argument(help="The feed's id.")],
    file: Annotated[Path, typer.Argument(help="A file, or a body that was captured.")],
    content_type: Annotated[str, typer.Option(help="Of a body; else by the file's name.")] = "",
    folder: Folder = None,
) -> None:
    """Read FILE as FEED would, and print what would become of it; nothing is sent.

    Exit code 1 where a row would be rejected.
    """
    city = _city(folder)
    check_readable(file)
    now = SystemClock().now()
    try:
        trial = try_feed(_feed(city, feed), city, file, now, content_type)
    except DoorRefusal as refusal:
        raise TrialError(f"{file}: {refusal.message}; {refusal.remedy}") from refusal
    for line in report(trial, city, now):
        say(line)
    raise typer.Exit(1 if trial.outcome.letters else 0)


def _city(folder: Path | None) -> City:
    return load_city(folder or from_environment().city_folder)


def _feed(city: City, name: str) -> Feed:
    if name not in city.feeds:
        problem = f"there is no feed {name!r}"
        remedy = suggest(name, city.feeds)
        raise ConfigError([Fault(str(city.folder), "feeds", problem, remedy)])
    return city.feeds[name]
