"""`POST /api/v2/alerts`: alerts from what already speaks Alertmanager's API (Prometheus, Grafana).

Each becomes an episode of a rule ``external_<alertname>``: it is deduplicated, routed, silenced and
acknowledged like the city's own. The sender is a department, by its API key.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request

from citybrain.alerts.levels import LEVELS
from citybrain.alerts.records import Episode, Evidence, Level, Text, alert_id
from citybrain.clock import Clock
from citybrain.errors import BusError
from connectors.answers import Answer, Refusal
from connectors.requests import read_head

MOST_ALERTS = 1_000
MOST_BYTES = 1024 * 1024
SHARD = "external"
_LEVELS: dict[str, Level] = {
    "critical": "red",
    "page": "red",
    "error": "orange",
    "warning": "yellow",
    "info": "blue",
    "none": "blue",
}
"""What Prometheus' users call severities → levels; the city's own four words are taken too."""
_OWN = ("alertname", "severity", "area", "theme")


class AlertDoor:
    """Takes alerts in; answers when Kafka has them."""

    def __init__(
        self,
        send: Callable[[Sequence[Episode]], None],
        owner: Callable[[str], str | None],
        clock: Clock,
    ) -> None:
        """Take alerts of those whom `owner` knows.

        Args:
            send: puts episodes on the bus and waits for it; raises `BusError`.
            owner: API key → department, None for an unknown one.
            clock: tells the time.
        """
        self._send, self._owner, self._clock = send, owner, clock

    async def push(self, request: Request) -> Answer:
        """Return the answer to a POST."""
        try:
            department = self._owner(read_head(request).key)
            if department is None:
                remedy = "send Authorization: Bearer <key of your department>"
                raise Refusal(401, "unknown_key", "no such API key", remedy)
            body = b""
            async for piece in request.stream():
                body += piece
                if len(body) > MOST_BYTES:
                    break
            told = episodes(read_alerts(body), department, self._clock.now())
            await asyncio.to_thread(self._send, told)
        except Refusal as refusal:
            return refusal.answer()
        except BusError as error:
            remedy = "send them again later, as Prometheus does by itself"
            return Refusal(503, "bus_away", str(error), remedy, retry_s=5).answer()
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
        raise Refusal(413, "too_large", f"more than {MOST_BYTES} bytes", "send fewer at a time")
    try:
        alerts = msgspec.json.decode(body, type=list[ExternalAlert])
    except msgspec.MsgspecError as error:
        remedy = "send a JSON list of {labels, annotations, startsAt, endsAt}"
        raise Refusal(400, "bad_alerts", f"not a list of alerts: {error}", remedy) from error
    if len(alerts) > MOST_ALERTS:
        raise Refusal(413, "too_many", f"{len(alerts)} alerts", f"send at most {MOST_ALERTS}")
    for number, alert in enumerate(alerts):
        if not alert.labels.get("alertname", "").strip():
            problem = f"alert {number} has no label 'alertname'"
            raise Refusal(400, "no_name", problem, "give each a name")
    return alerts


def episodes(alerts: Sequence[ExternalAlert], department: str, now: datetime) -> list[Episode]:
    """Return what `department` tells with `alerts` at `now` (aware)."""
    return [_episode(alert, department, now) for alert in alerts]


def _episode(alert: ExternalAlert, department: str, now: datetime) -> Episode:
    name = alert.labels["alertname"]
    rule = "external_" + re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    key = {word: value for word, value in alert.labels.items() if word not in _OWN}
    start = _aware(alert.starts_at) or now
    end = _aware(alert.ends_at)
    over = end is not None and end <= now
    level = _level(alert.labels.get("severity", ""))
    summary = alert.annotations.get("description") or alert.annotations.get("summary") or name
    # Who says nothing of the beginning means the same alert each time.
    began = "always" if alert.starts_at is None else start.isoformat()
    return Episode(
        alert=alert_id(rule, {**key, "department": department}, began),
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
        theme=alert.labels.get("theme", ""),
        departments=(department,),
        area=_area(alert.labels.get("area", "")),
        labels={"external": "yes"},
        response=_response(alert.annotations),
        shard=SHARD,
        evidence=Evidence(measure=alert.generator_url or name, words=Text(summary, summary)),
    )


def _level(severity: str) -> Level:
    word: Any = severity.lower()
    return word if word in LEVELS else _LEVELS.get(word, "yellow")


def _area(code: str) -> str:
    return code if code.isdigit() else ""


def _response(annotations: dict[str, str]) -> Text:
    text = annotations.get("runbook_url", annotations.get("runbook", ""))
    return Text(text, text)


def _aware(instant: datetime | None) -> datetime | None:
    if instant is None or instant.year <= 1:  # Go's zero time: not given
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
