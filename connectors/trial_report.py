"""A trial in words: what a person needs to see before a feed goes live."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import yaml

from citybrain.city.city_box import CityBox, city_box
from citybrain.city.event_retention import event_retention, said
from citybrain.city.records import City
from connectors.door.rows_outcome import reasons
from connectors.feed_trial import Trial
from connectors.mapping.raw_shape import uses_of

SHOWN_VALUES = 50
WIDE, HIGH = 60, 20
"""Characters and lines of the map."""
_SHADES = " .:*#@"
_LEFT_OUT = ("event_id", "feed", "department", "received_at", "sign")


def report(trial: Trial, city: City, now: datetime) -> Iterator[str]:
    """Yield the lines that tell of `trial`, made at `now`."""
    yield from _counts(trial)
    yield from _events(trial, city)
    yield from _reasons(trial)
    yield from _unmapped(trial)
    yield from _fill(trial)
    yield from _span(trial, city, now)
    yield from _map(trial, city)


def _counts(trial: Trial) -> Iterator[str]:
    told = trial.outcome.told()
    yield (
        f"{trial.feed.id}: {told['rows']} rows: {told['accepted']} would be accepted, "
        f"{told['rejected']} rejected, {told['skipped']} skipped; nothing was sent"
    )
    more = {"expired": told["expired"], **{f"place {w}": n for w, n in told["places"].items()}}
    if some := ", ".join(f"{word} {rows}" for word, rows in more.items() if rows):
        yield f"of these: {some}"
    if trial.feed.also:
        some = ", ".join(f"{trial.further[name]} {name}" for name in trial.feed.also)
        refused = told["further"]["rejected"]
        yield f"further events of these rows: {some}; {refused} rejected"
    for warning in told["warnings"]:
        yield f"warning: {warning}"


def _events(trial: Trial, city: City) -> Iterator[str]:
    if trial.events:
        yield ""
        yield f"The first {len(trial.events)} events:"
    zone = ZoneInfo(city.time_zone)
    for event in trial.events:
        shown = {
            name: value.astimezone(zone).isoformat() if isinstance(value, datetime) else value
            for name, value in event.items()
            if name not in _LEFT_OUT and value not in (None, "", [])
        }
        yield "  " + ", ".join(f"{name}={value}" for name, value in shown.items())


def _reasons(trial: Trial) -> Iterator[str]:
    found = reasons(trial.outcome.letters)
    if found:
        yield ""
        yield "Why rows would be rejected:"
    first = {(one.field, one.reason): one.place for one in reversed(trial.outcome.letters)}
    for one in found:
        field = f"{one['field']}: " if one["field"] else ""
        place = first.get((one["field"], one["example"]), "")
        at = f" (first at {place.rpartition(':')[2]}: {one['example']})" if place else ""
        yield f"  {one['rows']:>8}  {field}{one['reason']}{at}"


def _unmapped(trial: Trial) -> Iterator[str]:
    """Yield a piece of YAML for the values that have no meaning yet."""
    for place, column, rule in trial.feed.rules():
        values = trial.unmapped.get(place)
        if not values:
            continue
        yield ""
        under = place.rpartition(".")[0]
        yield f"{len(values)} values of {rule.fields[0]!r} have no meaning; to paste under {under}:"
        indent = "  " * (place.count(".") + 2)
        if column == "kind":
            yield f"{indent}# kinds: {', '.join(trial.feed.kinds)}"
        yield f"{indent}{column}:"
        yield f"{indent}  fields: {_yaml(rule.fields[0])}"
        yield f"{indent}  values:"
        for raw, meaning in rule.values.items():
            yield f"{indent}    {_yaml(raw)}: {_yaml(meaning)}"
        for raw, rows in values.most_common(SHOWN_VALUES):
            yield f"{indent}    {_yaml(raw)}: ''  # {rows} rows"
        if len(values) > SHOWN_VALUES:
            yield f"{indent}    # and {len(values) - SHOWN_VALUES} more"


def _yaml(text: str) -> str:
    """Return `text` as YAML for one line."""
    style = '"' if any(not one.isprintable() for one in text) else None
    told: str = yaml.safe_dump(text, allow_unicode=True, width=10**6, default_style=style)
    return told.removesuffix("\n...\n").strip()


def _fill(trial: Trial) -> Iterator[str]:
    if not trial.read:
        return
    yield ""
    yield f"How often the fields that the mapping reads are there, in {trial.read} rows:"
    for path in uses_of(trial.feed):
        share = 100 * trial.filled[path] / trial.read
        bar = "#" * round(share / 5)
        yield f"  {share:5.1f} %  {bar:20}  {path}"


def _span(trial: Trial, city: City, now: datetime) -> Iterator[str]:
    kept = event_retention(city)
    days = sorted({said(kept.of(trial.feed.id, kind)) for kind in trial.feed.kinds})
    yield ""
    if trial.oldest is not None and trial.newest is not None:
        zone = ZoneInfo(city.time_zone)
        first, last = (at.astimezone(zone) for at in (trial.oldest, trial.newest))
        age = (now - trial.newest).total_seconds() / 3600
        yield f"Time: {first.isoformat()} to {last.isoformat()}; the newest is {age:.1f} h old"
    yield f"Its events are kept {' or '.join(days)}; {trial.outcome.noticed['expired']} are older"


def _map(trial: Trial, city: City) -> Iterator[str]:
    """Yield a small map of where the events are, north above."""
    box = city_box(city)
    if not trial.points:
        return
    points = np.array(trial.points)
    if not box.known:
        west, south = points.min(axis=0)
        east, north = points.max(axis=0)
        box = CityBox(west - 1e-6, south - 1e-6, east + 1e-6, north + 1e-6)
    x = ((points[:, 0] - box.west) / (box.east - box.west) * WIDE).astype(int).clip(0, WIDE - 1)
    y = ((box.north - points[:, 1]) / (box.north - box.south) * HIGH).astype(int).clip(0, HIGH - 1)
    counts = np.zeros((HIGH, WIDE), int)
    np.add.at(counts, (y, x), 1)
    shade = np.ceil(np.sqrt(counts / counts.max()) * (len(_SHADES) - 1)).astype(int)
    yield ""
    yield f"Places of {len(points)} events, {box.west:.2f} to {box.east:.2f} E:"
    yield f"  +{'-' * WIDE}+ {box.north:.2f} N"
    for row in shade:
        yield f"  |{''.join(_SHADES[one] for one in row)}|"
    yield f"  +{'-' * WIDE}+ {box.south:.2f} N"
