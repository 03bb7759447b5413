"""Run the tests beside a rule over alerts: other rules' alerts in, alerts out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from citybrain.alerts.records import Episode, Evidence, alert_id
from citybrain.city import City
from citybrain.floor.clock import from_millis
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule, RuleEpisode, RuleTest
from streams.ruling.over_alerts.composer import Composer


def composed(rule: Rule, test: RuleTest, city: City) -> dict[str, Episode]:
    """Return the last that was told of each alert of `rule` in `test`."""
    composer = Composer([rule], city)
    told: dict[str, Episode] = {}
    for now, episode in sorted(_tellings(test, city), key=lambda one: one[0]):
        for one in composer.take(episode, now):
            told[one.alert] = one
    zone = ZoneInfo(city.time_zone)
    if test.until:
        end = from_millis(test.instant(test.until, zone))
        told |= {one.alert: one for one in composer.tick(end)}
    return told


def _tellings(test: RuleTest, city: City) -> Iterator[tuple[datetime, Episode]]:
    """Yield (when it is told, episode): each alert as it fires, and as it ends."""
    zone = ZoneInfo(city.time_zone)
    for given in test.alerts:
        start = from_millis(test.instant(given.at, zone))
        firing = _episode(given, start)
        yield start, firing
        if given.until:
            end = from_millis(test.instant(given.until, zone))
            yield end, replace(firing, state="ended", ended_at=end, told_at=end)


def _episode(given: RuleEpisode, start: datetime) -> Episode:
    key = dict(given.key)
    return Episode(
        alert=alert_id(given.rule, key, f"{start.isoformat()} {given.area}"),
        rule=given.rule,
        version="test",
        key=key,
        state="firing",
        level=given.level,  # type: ignore[arg-type]
        peak=given.level,  # type: ignore[arg-type]
        started_at=start,
        fired_at=start,
        told_at=start,
        title=Text(given.rule, given.rule),
        summary=Text("", ""),
        theme="",
        evidence=Evidence(measure=""),
        area=given.area or key.get("street", key.get("district", key.get("area", ""))),
        subject=key.get("subject", ""),
    )
