"""`POST /api/v2/alerts`: alerts from what already speaks Alertmanager's API (Prometheus, Grafana).

Each becomes an episode of a rule ``external_<alertname>``: it is deduplicated, routed, silenced and
acknowledged like the city's own. The sender is a department, by its API key.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from starlette.requests import Request

from citybrain.alerts.records import OUTSIDE, Episode, Evidence, Level, alert_id
from citybrain.city import City
from citybrain.floor.clock import Clock
from citybrain.floor.errors import BusError
from citybrain.floor.text import Text
from connectors.door.answers import Answer, DoorRefusal
from connectors.door.requests import read_head

MOST_ALERTS = 1_000
MOST_BYTES = 1024 * 1024
SHARD = "external"
_SEVERITIES: dict[Level, tuple[str, ...]] = {
    "red": ("red", "critical", "page", "fatal", "emergency", "disaster", "p1"),
    "orange": ("orange", "error", "high", "major", "p2"),
    "yellow": ("yellow", "warning", "warn", "average", "minor", "p3", ""),
    "blue": ("blue", "info", "information", "low", "none", "p4"),
}
_LEVELS = {word: level for level, words in _SEVERITIES.items() for word in words}
"""What users of Prometheus, Grafana and Zabbix call severities → levels; none: yellow."""
UNKNOWN_LEVEL: Level = "yellow"


class AlertDoor:
    """Takes alerts in; answers when Kafka has them."""

    def __init__(
        self,
        send: Callable[[Sequence[Episode]], None],
        owner: Callable[[str], str | None],
        clock: Clock,
        city: City,
    ) -> None:
        """Take alerts of those whom `owner` knows.

        Args:
            send: puts episodes on the bus and waits for it; raises `BusError`.
            owner: API key → department, None for an unknown one.
            clock: tells the time.
            city: whose areas and themes an alert may name.
        """
        self._send, self._owner, self._clock, self._city = send, owner, clock, city

    async def push(self, request: Request) -> Answer:
        """Return the answer to a POST."""
        try:
            department = self._owner(read_head(request).key)
            if department is None:
                remedy = "send Authorization: Bearer <key of your department>"
                raise DoorRefusal(401, "unknown_key", "no such API key", remedy)
            body = b""
            async for piece in request.stream():
                body += piece
                if len(body) > MOST_BYTES:
                    break
            told = episodes(read_alerts(body), department, self._clock.now(), self._city)
            await asyncio.to_thread(self._send, told)
        except DoorRefusal as refusal:
            return refusal.answer()
        except BusError as error:
            remedy = "send them again later, as Prometheus does by itself"
            return DoorRefusal(503, "bus_away", str(error), remedy, retry_s=5).answer()
        return Answer(200, b"{}")


class ExternalAlert(msgspec.Struct, frozen=True, rename="camel"):
    """One alert as Alertmanager's API v2 takes it; `ends_at` in the future or missing: it fires."""

    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    generator_url: str = msgspec.field(default="", name="generatorURL")


def read_alerts(body: bytes) -> list[ExternalAlert]:
    """Return the alerts in `body`.

    Raises:
        Refusal: it is no list of them, too long, or one has no name.
    """
    if len(body) > MOST_BYTES:
        raise DoorRefusal(413, "too_large", f"more than {MOST_BYTES} bytes", "send fewer at a time")
    try:
        alerts = msgspec.json.decode(body, type=list[ExternalAlert])
    except msgspec.MsgspecError as error:
        remedy = "send a JSON list of {labels, annotations, startsAt, endsAt}"
        raise DoorRefusal(400, "bad_alerts", f"not a list of alerts: {error}", remedy) from error
    if len(alerts) > MOST_ALERTS:
        raise DoorRefusal(413, "too_many", f"{len(alerts)} alerts", f"send at most {MOST_ALERTS}")
    for number, alert in enumerate(alerts):
        if not alert.labels.get("alertname", "").strip():
            problem = f"alert {number} has no label 'alertname'"
            raise DoorRefusal(400, "no_name", problem, "give each a name")
    return alerts


def episodes(
    alerts: Sequence[ExternalAlert], department: str, now: datetime, city: City
) -> list[Episode]:
    """Return what `department` tells with `alerts` at `now` (aware)."""
    return [_episode(alert, department, now, city) for alert in alerts]


def _episode(alert: ExternalAlert, department: str, now: datetime, city: City) -> Episode:
    name = alert.labels["alertname"].strip()
    rule, placed = _rule(name), _placed(alert.labels, city)
    key = {word: text for word, text in alert.labels.items() if word not in placed}
    start = _aware(alert.starts_at) or now
    end = _aware(alert.ends_at)
    over = end is not None and end <= now
    level = _LEVELS.get(placed.get("severity", ""), UNKNOWN_LEVEL)
    summary, words = _texts(alert, name, key)
    # Who says nothing of the beginning means the same alert each time.
    began = "always" if alert.starts_at is None else start.isoformat()
    return Episode(
        # As to Alertmanager, alerts that differ in any label are two.
        alert=alert_id(rule, {**alert.labels, "department": department}, began),
        rule=rule,
        version="external",
        key=key,
        state="ended" if over else "firing",
        level=level,
        peak=level,
        started_at=start,
        fired_at=start,
        ended_at=end if over else None,
        told_at=now,
        title=Text(name, name),
        summary=Text(summary, summary),
        theme=placed.get("theme", ""),
        departments=(department,),
        area=placed.get("area", ""),
        subject=alert.labels.get("subject") or alert.labels.get("instance", ""),
        labels={"external": "yes"},
        response=_response(alert.annotations),
        shard=SHARD,
        evidence=Evidence(measure=alert.generator_url or name, words=Text(words, words)),
    )


def _rule(name: str) -> str:
    """Return the id of the rule that an alert's name stands for; it is made of plain ASCII."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if re.fullmatch(r"[A-Za-z0-9 _-]+", name):
        return f"{OUTSIDE}{plain}"
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
    return OUTSIDE + "_".join(part for part in (plain, digest) if part)


def _placed(labels: Mapping[str, str], city: City) -> dict[str, str]:
    """Return the labels that have a meaning here; an area or theme that is not the city's has none.

    What has none stays in sight, among the alert's other labels.
    """
    known = {"severity": _LEVELS, "area": city.areas, "theme": city.themes}
    said = {word: labels.get(word, "").strip() for word in known}
    said["severity"] = said["severity"].lower()
    placed = {word: text for word, text in said.items() if text in known[word]}
    return {"alertname": labels["alertname"]} | placed


def _texts(alert: ExternalAlert, name: str, key: Mapping[str, str]) -> tuple[str, str]:
    """Return the sentence about the alert, and what else is known of it."""
    description = alert.annotations.get("description", "").strip()
    summary = alert.annotations.get("summary", "").strip() or description or name
    labels = ", ".join(f"{word}={text}" for word, text in sorted(key.items()))
    more = (description if description != summary else "", labels)
    return summary, "\n".join(text for text in more if text)


def _response(annotations: dict[str, str]) -> Text:
    text = annotations.get("runbook_url", annotations.get("runbook", ""))
    return Text(text, text)


def _aware(instant: datetime | None) -> datetime | None:
    if instant is None or instant.year <= 1:  # Go's zero time: not given
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
