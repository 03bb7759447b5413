"""`citybrain rules explain`: why rules did or did not fire, and what became of their alerts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
import typer
from clickhouse_connect.driver.client import Client
from rich.console import Console
from rich.markup import escape

from citybrain.alerts.records import Alert, Episode
from citybrain.city import City, load_city
from citybrain.floor import store
from citybrain.floor.clock import SystemClock, from_millis, millis
from citybrain.floor.settings import from_environment
from citybrain.rules.rule import Rule
from streams.ruling.rulebook import load_rules, reads
from streams.ruling.tools.arguments import chosen_rules, fault, instant
from streams.ruling.tools.explain_rules import ExplainTarget, RuleFinding, explained
from streams.ruling.tools.history import History

BEFORE_MS, AFTER_MS = 24 * 3_600_000, 20 * 60_000
"""What is read around the instant."""
_COMMAND = "rules explain"
_MORE = ("event_id", "lon", "lat")

Event = Annotated[str, typer.Option(metavar="UUID", help="id of an event")]
At = Annotated[str, typer.Option(help="ISO instant, or how long ago; with --area")]
Area = Annotated[str, typer.Option(metavar="CODE", help="code of an area; those in it too")]
Names = Annotated[list[str] | None, typer.Option("--rule", help="id; may be repeated; none: all")]
Folder = Annotated[Path | None, typer.Option("--city", help="A city's folder.")]


def explain(
    event: Event = "", at: At = "", area: Area = "", rule: Names = None, folder: Folder = None
) -> None:
    """Tell which rules looked at an event or place, why they fired or not, who was told."""
    settings = from_environment()
    city = load_city(folder or settings.city_folder)
    chosen = chosen_rules(load_rules(city).rules, rule or [], _COMMAND)
    if bool(event) == bool(at and area):
        raise fault(_COMMAND, "--event", "say what to explain", "give --event, or --at and --area")
    console = Console(highlight=False)
    with store.connect_reader(settings, timeout_s=600) as client:
        target, kind = _event(client, event) if event else (_place(city, at, area), "")
        rules = [one for one in chosen if _looks(one, kind)]
        records = History(client, rules, _MORE).records(
            target.at_ms - BEFORE_MS, target.at_ms + AFTER_MS
        )
        findings = explained(rules, city, records, target)
        console.print(f"{_what(target, kind, city)}: {len(rules)} rules", soft_wrap=True)
        _print(console, client, findings)


def _looks(rule: Rule, kind: str) -> bool:
    """Tell whether `rule` reads events, of `kind` where that is given."""
    return reads(rule) == "events" and (not kind or kind in rule.kinds)


def _event(client: Client, text: str) -> tuple[ExplainTarget, str]:
    """Return the event of an id, and its kind."""
    try:
        name = uuid.UUID(text)
    except ValueError:
        raise fault(f"{_COMMAND}: --event", text, "is no UUID", "copy it from an alert") from None
    sql = (
        "SELECT occurred_at, kind FROM events WHERE event_id = {id:UUID} AND sign > 0"
        " ORDER BY received_at DESC LIMIT 1"
    )
    rows = client.query(sql, parameters={"id": str(name)}, tz_mode="aware").result_rows
    if not rows:
        problem = "the store holds no such event"
        raise fault(f"{_COMMAND}: --event", text, problem, "give its --at and --area instead")
    return ExplainTarget(millis(rows[0][0]), event=name.bytes), str(rows[0][1])


def _place(city: City, at: str, area: str) -> ExplainTarget:
    if area not in city.areas:
        raise fault(f"{_COMMAND}: --area", area, "no such area", "see areas.yaml of the city")
    zone, now = ZoneInfo(city.time_zone), SystemClock().now()
    return ExplainTarget(millis(instant(at, now, zone, f"{_COMMAND}: --at")), area=area)


def _what(target: ExplainTarget, kind: str, city: City) -> str:
    at = from_millis(target.at_ms).astimezone(ZoneInfo(city.time_zone))
    return f"{kind or city.areas[target.area].title.en} at {at:%Y-%m-%d %H:%M:%S}"


def _print(console: Console, client: Client, findings: Sequence[RuleFinding]) -> None:
    for found in findings:
        fired = found.episode is not None and found.episode.fired_at is not None
        sign = "[red]●[/]" if fired else "[dim]○[/]"
        key = " ".join(f"{name}={value}" for name, value in (found.key or {}).items())
        name = f"{found.rule.id} {key}".strip()
        console.print(f"{sign} {escape(name)}: {escape(found.reason)}", soft_wrap=True)
        if found.episode is not None and fired:
            for line in life(client, found.episode):
                console.print(f"    {escape(line)}", soft_wrap=True)


def life(client: Client, episode: Episode) -> Iterator[str]:
    """Yield what became of an alert: its state, why it was muted, to whom it was sent."""
    found = _stored(client, episode)
    if found is None:
        yield f"alert {episode.alert}: not in the store"
        return
    alert = found.id
    yield f"alert {alert}: {found.state}" + (f", owner {found.owner}" if found.owner else "")
    for mute in found.mutes:
        yield f"muted by {mute.kind} {mute.by}: {mute.reason.en}"
    sql = (
        "SELECT at, what, by FROM alert_changes WHERE alert = {id:String} "
        "AND what IN ('muted', 'unmuted', 'acknowledged', 'resolved', 'escalated') ORDER BY version"
    )
    for at, what, by in _rows(client, sql, alert):
        yield f"{at:%Y-%m-%d %H:%M:%S}Z {what} by {by}"
    yield from _sent(client, alert)


def _stored(client: Client, episode: Episode) -> Alert | None:
    """Return the alert as it lies in the store.

    One of which the events came late has begun later than in hindsight; so that of the same rule
    and key is taken that overlaps, where there is none of the same id.
    """
    sql = """
        SELECT alert FROM alerts FINAL WHERE rule = {rule:String}
        AND opened_at >= {since:DateTime64(3, 'UTC')} - INTERVAL 2 DAY ORDER BY opened_at"""
    given = {"rule": episode.rule, "since": episode.started_at}
    rows = client.query(sql, parameters=given).result_rows
    alerts = [msgspec.json.decode(row[0], type=Alert) for row in rows]
    same = (one for one in alerts if one.id == episode.alert)
    near = (one for one in alerts if one.episode.key == episode.key and _meet(one.episode, episode))
    return next(same, None) or next(near, None)


def _meet(one: Episode, other: Episode) -> bool:
    """Whether two episodes hold at the same time."""
    first, second = sorted((one, other), key=lambda episode: episode.started_at)
    return first.ended_at is None or first.ended_at >= second.started_at


def _sent(client: Client, alert: str) -> Iterator[str]:
    sql = (
        "SELECT DISTINCT at, key, receiver, purpose FROM notices "
        "WHERE alert = {id:String} ORDER BY at"
    )
    notices = _rows(client, sql, alert)
    sql = "SELECT key, outcome FROM receipts WHERE alert = {id:String} ORDER BY at, attempt"
    outcomes: dict[str, str] = dict(_rows(client, sql, alert))
    if not notices:
        yield "sent to nobody"
    for at, key, receiver, purpose in notices:
        yield f"{at:%Y-%m-%d %H:%M:%S}Z {purpose} to {receiver}: {outcomes.get(key, 'not yet')}"


def _rows(client: Client, sql: str, alert: str) -> Sequence[Any]:
    return client.query(sql, parameters={"id": alert}, tz_mode="aware").result_rows
