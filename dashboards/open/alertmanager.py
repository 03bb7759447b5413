"""Open alerts and silences as Alertmanager's API v2 answers them, to be read only; pure.

Source: Alertmanager's OpenAPI document, ``api/v2/openapi.yaml``, versions 0.27 to 0.35. `amtool`
and Grafana's data source read it. Nothing is changed by it: silences are made at the desk, where
red ones need two people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from citybrain.alerts.matchers import match
from citybrain.alerts.records import Alert
from citybrain.alerts.silence_records import Matcher, Silence
from citybrain.alerts.silences import state_of
from citybrain.alerts.standing import gravity, is_open
from citybrain.notices.alertmanager_webhook import flat_labels
from citybrain.notices.text_limits import TextLimit

Json = dict[str, Any]
_DIGITS = 16
_TEXT = TextLimit(16_000)
_LEASE = timedelta(minutes=5)
"""An alert that goes on ends, as far as anybody knows, so long from now (`resolve_timeout`)."""
_STATES = {"active": "active", "waits": "pending", "planned": "pending", "expired": "expired"}
VERSION = {
    "branch": "",
    "buildDate": "",
    "buildUser": "",
    "goVersion": "",
    "revision": "",
    "version": "0.27.0",
}
"""Of Alertmanager's API, as clients look at it; the parts that are not ours are empty."""


@dataclass(frozen=True)
class AlertQuestion:
    """What a client wants to see.

    Attributes:
        filter: conditions on labels, all of which must hold.
        active, silenced, inhibited: which are wanted; what hours or age keep quiet counts as
            inhibited.
        receiver: only those that this receiver hears of; "": all.
    """

    filter: tuple[Matcher, ...] = ()
    active: bool = True
    silenced: bool = True
    inhibited: bool = True
    receiver: str = ""


def status(started_at: datetime) -> Json:
    """Return what ``/api/v2/status`` answers."""
    return {
        "cluster": {"name": "", "status": "disabled", "peers": []},
        "versionInfo": VERSION,
        "config": {"original": ""},
        "uptime": _time(started_at),
    }


def alerts(
    found: Iterable[Alert], heard: Mapping[str, Sequence[str]], ask: AlertQuestion, now: datetime
) -> list[Json]:
    """Return what ``/api/v2/alerts`` answers: the open alerts that fire, the gravest first.

    Args:
        found: open alerts that the asker may see.
        heard: id of an alert → names of the receivers that hear of it.
        ask: which are wanted.
        now: the present instant, aware.
    """
    wanted = [one for one in found if is_open(one) and _is_wanted(one, heard, ask)]
    wanted.sort(key=gravity)
    return [_alert(one, heard.get(one.id, ()), now) for one in wanted]


def groups(rows: Iterable[Json]) -> list[Json]:
    """Return what ``/api/v2/alerts/groups`` answers for rows of `alerts`: a group a receiver."""
    found: dict[str, list[Json]] = {}
    for row in rows:
        for receiver in row["receivers"] or [{"name": ""}]:
            found.setdefault(receiver["name"], []).append(row)
    return [
        {"labels": {}, "receiver": {"name": name}, "alerts": members}
        for name, members in sorted(found.items())
    ]


def silences(found: Iterable[Silence], wanted: Sequence[Matcher], now: datetime) -> list[Json]:
    """Return what ``/api/v2/silences`` answers: active ones first, then those to come, then past.

    Args:
        found: silences that the asker may see.
        wanted: conditions on what the silences match by ``=``.
        now: the present instant, aware.
    """
    order = {"active": 0, "pending": 1, "expired": 2}
    rows = [silence(one, now) for one in found if not wanted or _matches(one, wanted)]
    return sorted(rows, key=lambda row: (order[row["status"]["state"]], row["endsAt"], row["id"]))


def silence(one: Silence, now: datetime) -> Json:
    """Return what ``/api/v2/silence/<id>`` answers."""
    ends = min(one.ends_at, one.expired_at or one.ends_at)
    return {
        "id": one.id,
        "status": {"state": _STATES[state_of(one, now)]},
        "updatedAt": _time(one.expired_at or one.created_at),
        "comment": one.reason,
        "createdBy": one.creator,
        "startsAt": _time(one.starts_at),
        "endsAt": _time(ends),
        "matchers": [
            {
                "name": matcher.name,
                "value": matcher.value,
                "isRegex": matcher.op in ("=~", "!~"),
                "isEqual": matcher.op in ("=", "=~"),
            }
            for matcher in one.matchers
        ],
    }


def receivers(names: Iterable[str]) -> list[Json]:
    """Return what ``/api/v2/receivers`` answers."""
    return [{"name": name} for name in sorted(names)]


def _alert(one: Alert, heard: Sequence[str], now: datetime) -> Json:
    episode = one.episode
    texts = {
        "summary": episode.summary.en,
        "description": episode.evidence.words.en,
        "summary_zh": episode.summary.zh,
        "title": episode.title.en,
        "title_zh": episode.title.zh,
        "response": episode.response.en,
        "response_zh": episode.response.zh,
    }
    return {
        "labels": flat_labels(one),
        "annotations": {name: _TEXT.cut(text) for name, text in texts.items() if text},
        "startsAt": _time(episode.fired_at or episode.started_at),
        "endsAt": _time(now + _LEASE),
        "updatedAt": _time(one.updated_at),
        "generatorURL": "",
        "fingerprint": hashlib.sha256(one.id.encode(errors="replace")).hexdigest()[:_DIGITS],
        "receivers": [{"name": name} for name in heard],
        "status": {
            "state": "suppressed" if one.mutes else "active",
            "silencedBy": _by(one, "silence"),
            "inhibitedBy": _by(one, "inhibition"),
            "mutedBy": [mute.by for mute in one.mutes if mute.kind not in _OWN_LISTS],
        },
    }


_OWN_LISTS = ("silence", "inhibition")


def _by(one: Alert, kind: str) -> list[str]:
    return [mute.by for mute in one.mutes if mute.kind == kind]


def _is_wanted(one: Alert, heard: Mapping[str, Sequence[str]], ask: AlertQuestion) -> bool:
    silenced = any(mute.kind == "silence" for mute in one.mutes)
    quiet = bool(one.mutes) and not silenced
    if (silenced and not ask.silenced) or (quiet and not ask.inhibited):
        return False
    if not one.mutes and not ask.active:
        return False
    if ask.receiver and ask.receiver not in heard.get(one.id, ()):
        return False
    own = {name: (value,) for name, value in flat_labels(one).items()}
    return match(ask.filter, own)


def _matches(one: Silence, wanted: Sequence[Matcher]) -> bool:
    own = {matcher.name: (matcher.value,) for matcher in one.matchers}
    return match(wanted, own)


def _time(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
