"""A message as Prometheus Alertmanager's webhook JSON (version "4"); pure.

What Alertmanager does not have goes into annotations: the idempotency key of each notice, both
languages, the response. Labels with several values are joined by commas.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from citybrain.alerts.labels import labels
from citybrain.alerts.records import Alert
from citybrain.notices import templates
from citybrain.notices.notice_message import NoticeMessage
from citybrain.notices.records import Notice
from citybrain.notices.routing import Names
from citybrain.notices.text_limits import TextLimit

FIRING, RESOLVED = "firing", "resolved"
_ANNOTATION, _LABEL = TextLimit(16_000), TextLimit(2_000)
"""Of one text: what a source let run on is cut, so that one alert cannot fill a message."""
_NEVER = "0001-01-01T00:00:00Z"
_DIGITS = 16

Json = dict[str, Any]


def payload(message: NoticeMessage, names: Names) -> Json:
    """Return the body of the POST."""
    limit = _ANNOTATION.halved(message.halvings)
    alerts = [alert_json(notice, names, limit) for notice in message.told]
    groups = {notice.group for notice in message.told}
    firing = any(alert["status"] == FIRING for alert in alerts)
    return {
        "version": "4",
        "groupKey": groups.pop() if len(groups) == 1 else message.key,
        "truncatedAlerts": 0,
        "status": FIRING if firing else RESOLVED,
        "receiver": message.receiver,
        "groupLabels": _common(alert["labels"] for alert in alerts if len(alerts) > 1),
        "commonLabels": _common(alert["labels"] for alert in alerts),
        "commonAnnotations": _common(alert["annotations"] for alert in alerts),
        "externalURL": names.desk_url,
        "alerts": alerts,
        "idempotencyKey": message.key,
        "idempotencyKeys": [notice.key for notice in message.notices],
    }


def alert_json(notice: Notice, names: Names, limit: TextLimit = _ANNOTATION) -> Json:
    """Return one notice as an alert, each of its texts within `limit`."""
    alert = notice.alert_after
    annotations = {
        "summary": notice.title.en,
        "description": notice.body.en,
        "title_zh": notice.title.zh,
        "body_zh": notice.body.zh,
    }
    annotations = {name: limit.cut(text) for name, text in annotations.items() if text}
    annotations |= {"purpose": notice.purpose, "idempotency_key": notice.key}
    if alert is None:
        own = {"alertname": f"citybrain_{notice.purpose}", "severity": notice.level}
        return _json(FIRING, own, annotations, (notice.at, None), "", notice.key)
    episode = alert.episode
    closed = not alert.open
    response = {"response": episode.response.en, "response_zh": episode.response.zh}
    annotations |= {name: limit.cut(text) for name, text in response.items() if text}
    times = (episode.fired_at or episode.started_at, _end(alert) if closed else None)
    url = templates.link(alert.id, names)
    own = flat_labels(alert)
    return _json(RESOLVED if closed else FIRING, own, annotations, times, url, alert.id)


def flat_labels(alert: Alert) -> dict[str, str]:
    """Return the labels of `alert` with one value each, and Alertmanager's own names for two."""
    flat = {name: ",".join(values) for name, values in labels(alert).items() if any(values)}
    episode = alert.episode
    return {"alertname": episode.rule, "severity": episode.level} | flat


def _json(
    status: str,
    own: Mapping[str, str],
    annotations: Mapping[str, str],
    times: tuple[datetime, datetime | None],
    url: str,
    identity: str,
) -> Json:
    starts, ends = times
    return {
        "status": status,
        "labels": {name: _LABEL.cut(text) for name, text in own.items()},
        "annotations": dict(annotations),
        "startsAt": _time(starts),
        "endsAt": _time(ends) if ends else _NEVER,
        "generatorURL": url,
        "fingerprint": hashlib.sha256(identity.encode(errors="replace")).hexdigest()[:_DIGITS],
    }


def _end(alert: Alert) -> datetime:
    return alert.episode.ended_at or alert.closed_at or alert.updated_at


def _time(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _common(found: Iterable[Mapping[str, str]]) -> dict[str, str]:
    every = list(found)
    if not every:
        return {}
    first, rest = every[0], every[1:]
    return {k: v for k, v in first.items() if all(other.get(k) == v for other in rest)}
