"""`citybrain routes check` and `citybrain routes test`."""

from __future__ import annotations

import os
import uuid
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from citybrain.alerts.records import OUTSIDE, PLATFORM, Alert, Episode, Evidence
from citybrain.city import City, load_city
from citybrain.floor.clock import SystemClock
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.levels import LEVELS
from citybrain.floor.origins import ORIGINS
from citybrain.floor.settings import from_environment
from citybrain.floor.strict import suggest
from citybrain.floor.text import Text
from citybrain.notices import routing_report
from citybrain.notices.label_names import facts_of, label_names_of
from citybrain.notices.open_alerts import AlertContext
from citybrain.notices.pipeline import NoticePipeline
from citybrain.notices.routing_explained import explain
from citybrain.notices.routing_files import load_routing
from citybrain.notices.secrets import missing
from notifier.channel import channel_options

routes = typer.Typer(help="Who hears of an alert.", no_args_is_help=True)

EXAMPLE = "example"
Folder = Annotated[Path | None, typer.Option("--city", help="A city's folder.")]
Chinese = Annotated[bool, typer.Option("--zh", help="Print titles in Chinese.")]


@routes.command("check")
def check_files(folder: Folder = None, chinese: Chinese = False) -> None:
    """Print all that is wrong with routing.yaml, rota.yaml and calendar.yaml, or a summary."""
    settings = from_environment()
    city = load_city(folder or settings.city_folder)
    routing = load_routing(city, channel_options(), settings.screens_url)
    absent = missing(routing.receivers.values(), settings.data, os.environ)
    now = SystemClock().now()
    routing_report.summary(
        _console(), NoticePipeline(routing), absent, now, side="zh" if chinese else "en"
    )


@routes.command("test")
def try_alert(  # noqa: PLR0913, PLR0917  typer's form
    rule: Annotated[str, typer.Option(help="id of a rule")] = EXAMPLE,
    level: Annotated[str, typer.Option(help="blue, yellow, orange or red")] = "red",
    area: Annotated[str, typer.Option(help="code of an area")] = "",
    kind: Annotated[
        list[str] | None, typer.Option(help="by default of the rule; may be repeated")
    ] = None,
    feed: Annotated[list[str] | None, typer.Option(help="may be repeated")] = None,
    department: Annotated[list[str] | None, typer.Option(help="by default of the feeds")] = None,
    theme: Annotated[str, typer.Option(help="by default of rule and kind")] = "",
    subject: Annotated[str, typer.Option(help="sensor, asset or matter")] = "",
    label: Annotated[list[str] | None, typer.Option(help="name=value, the rule's own")] = None,
    origin: Annotated[str, typer.Option(help="live, replay, simulated or exercise")] = "live",
    at: Annotated[str, typer.Option(help="ISO instant, of the city where it has no zone")] = "",
    folder: Folder = None,
    chinese: Chinese = False,
) -> None:
    """Tell who would hear of such an alert, over which channel, what comes later, who would not."""
    settings = from_environment()
    city = load_city(folder or settings.city_folder)
    pipeline = NoticePipeline(load_routing(city, channel_options(), settings.screens_url))
    known = facts_of(city, rule)
    kinds, feeds = tuple(kind or known.kinds), tuple(feed or ())
    given = {"rule": rule, "level": level, "origin": origin, "theme": theme, "area": area}
    _check(city, given, kinds, feeds)
    now = _instant(at, pipeline.routing.zone)
    departments = tuple(department or dict.fromkeys(city.feeds[one].department for one in feeds))
    themes = [theme, known.theme, *(city.kinds[one].theme for one in kinds)]
    example = _alert(
        Episode(
            alert=str(uuid.UUID(int=0)),
            rule=rule,
            version="example",
            key={},
            state="firing",
            level=level,  # type: ignore[arg-type]  # checked above
            peak=level,  # type: ignore[arg-type]  # checked above
            started_at=now,
            fired_at=now,
            told_at=now,
            title=known.title,
            summary=Text("", ""),
            theme=next(filter(None, themes), ""),
            evidence=Evidence(measure=""),
            kinds=kinds,
            feeds=feeds,
            departments=departments,
            area=area,
            subject=subject,
            labels={**known.labels, **dict(_pair(one) for one in label or ())},
            origin=origin,  # type: ignore[arg-type]  # checked above
        )
    )
    found = explain(pipeline, example, AlertContext(now, (), {example.id: example}))
    absent = missing(pipeline.routing.receivers.values(), settings.data, os.environ)
    routing_report.explanation(
        _console(), pipeline.routing, example, found, absent, side="zh" if chinese else "en"
    )


def _alert(episode: Episode) -> Alert:
    at = episode.told_at
    return Alert(
        id=episode.alert, version=1, state="firing", episode=episode, opened_at=at, updated_at=at
    )


def _check(
    city: City, given: dict[str, str], kinds: tuple[str, ...], feeds: tuple[str, ...]
) -> None:
    known = label_names_of(city).values
    asked = [
        *((("rule", given["rule"], known["rule"]),) if _is_own(given["rule"]) else ()),
        ("level", given["level"], LEVELS),
        ("origin", given["origin"], ORIGINS),
        *(("kind", one, known["kind"]) for one in kinds),
        *(("feed", one, known["feed"]) for one in feeds),
        *((("theme", given["theme"], known["theme"]),) if given["theme"] else ()),
        *((("area", given["area"], city.areas),) if given["area"] else ()),
    ]
    faults = [
        Fault("routes test", f"--{name}", f"unknown {name} {value!r}", suggest(value, values))
        for name, value, values in asked
        if value not in values
    ]
    if faults:
        raise ConfigError(faults)


def _is_own(rule: str) -> bool:
    """Whether it has to be a rule of the city: not the example, nor one without an entry."""
    return rule != EXAMPLE and not rule.startswith((OUTSIDE, PLATFORM))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        remedy = "write name=value"
        raise ConfigError([Fault("routes test", "--label", f"{text!r} has no value", remedy)])
    return name, value


def _instant(text: str, zone: ZoneInfo) -> datetime:
    if not text:
        return SystemClock().now()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        remedy = "write one such as 2026-11-24T16:30"
        problem = f"{text!r} is not an instant"
        raise ConfigError([Fault("routes test", "--at", problem, remedy)]) from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _console() -> Console:
    return Console(highlight=False)
