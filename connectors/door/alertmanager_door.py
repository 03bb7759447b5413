"""`POST /api/v2/alerts`: alerts from what already speaks Alertmanager's API (Prometheus, Grafana).

Each becomes an episode of a rule ``external_<alertname>``: it is deduplicated, routed, silenced and
acknowledged like the city's own. The sender is a department, by its API key.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
from starlette.requests import Request

from citybrain.alerts.bounds import EARLIEST
from citybrain.alerts.records import OUTSIDE, Episode, Evidence, Level, alert_id
from citybrain.city import City
from citybrain.floor.dead_letters import DeadLetter
from citybrain.floor.errors import BusError
from citybrain.floor.text import Text
from connectors.door.answers import SHOWN, Answer, DoorRefusal
from connectors.door.door_parts import DoorParts
from connectors.door.requests import Head, RequestBody, read_body, read_head
from connectors.door.unpacking import unpack

MOST_ALERTS = 1_000
MOST_BYTES = 1024 * 1024
MOST_LABELS, MOST_NAME, MOST_TEXT = 64, 128, 1_024
"""Labels of an alert, characters of a label's name and of its value."""
AHEAD = timedelta(minutes=5)
LONGEST_LEASE = timedelta(days=7)
"""What is said to end later than that holds until somebody ends it."""
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
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


class AlertDoor:
    """Takes alerts in; answers when Kafka has them.

    Attributes:
        city: whose areas and themes an alert may name.
    """

    def __init__(
        self,
        send: Callable[[Sequence[Episode], Sequence[DeadLetter]], None],
        parts: DoorParts,
        city: City,
    ) -> None:
        """Take alerts of those whom the door knows.

        Args:
            send: puts episodes and dead letters on the bus and waits for it; raises `BusError`.
            parts: whom the door knows, and what it holds at a time.
            city: whose areas and themes an alert may name.
        """
        self._send, self._parts, self.city = send, parts, city

    async def push(self, request: Request) -> Answer:
        """Return the answer to a POST; the good alerts of a body are taken whatever others are."""
        body = RequestBody()
        try:
            head = read_head(request)
            department = self._admitted(head)
            await read_body(request, head, self._parts.budget, body, most=MOST_BYTES)
            now = self._parts.clock.now()
            read = read_alerts(unpack(body.data, head.encoding, most=MOST_BYTES), now)
            told = episodes(read.good, department, now, self.city)
            letters = [_letter(one, department, now) for one in read.bad]
            await asyncio.to_thread(self._send, told, letters)
        except DoorRefusal as refusal:
            return refusal.answer()
        except BusError as error:
            remedy = "send them again later, as Prometheus does by itself"
            return DoorRefusal(503, "bus_away", str(error), remedy, retry_s=5).answer()
        finally:
            self._parts.budget.give(body.taken)
        return report_alerts(read)

    def _admitted(self, head: Head) -> str:
        department = self._parts.owner(head.key)
        if department is None:
            remedy = "send Authorization: Bearer <key of your department>"
            raise DoorRefusal(401, "unknown_key", "no such API key", remedy)
        return department


class ExternalAlert(msgspec.Struct, frozen=True, rename="camel"):
    """One alert as Alertmanager's API v2 takes it; null is as good as not given.

    `ends_at` missing: it holds until somebody ends it; in the future: it holds until then, unless
    it is sent again; in the past: it is over.
    """

    labels: dict[str, str | None] | None = None
    annotations: dict[str, str | None] | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    generator_url: str | None = msgspec.field(default=None, name="generatorURL")

    @property
    def names(self) -> dict[str, str]:
        """The labels; an empty one is none, as in Prometheus."""
        return {name: text for name, text in (self.labels or {}).items() if text}

    @property
    def words(self) -> dict[str, str]:
        """The annotations."""
        return {name: text for name, text in (self.annotations or {}).items() if text}


_ALERT = msgspec.json.Decoder(ExternalAlert)


class RefusedAlert(NamedTuple):
    """One alert of a body that is none: its number from 0, its bytes, why."""

    number: int
    raw: bytes
    problem: str


class AlertsOfBody(NamedTuple):
    """What a body holds."""

    good: list[ExternalAlert]
    bad: list[RefusedAlert]


def read_alerts(body: bytes, now: datetime) -> AlertsOfBody:
    """Return the alerts in `body`, as of `now` (aware).

    Raises:
        DoorRefusal: it is no list, or too long.
    """
    try:
        found = _LIST.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        remedy = "send a JSON list of {labels, annotations, startsAt, endsAt}"
        raise DoorRefusal(400, "bad_alerts", f"not a list of alerts: {error}", remedy) from error
    if len(found) > MOST_ALERTS:
        raise DoorRefusal(413, "too_many", f"{len(found)} alerts", f"send at most {MOST_ALERTS}")
    read = AlertsOfBody([], [])
    for number, raw in enumerate(found):
        try:
            alert = _ALERT.decode(raw)
            if problem := next(_problems(alert, now), ""):
                read.bad.append(RefusedAlert(number, bytes(raw), problem))
            else:
                read.good.append(alert)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            read.bad.append(RefusedAlert(number, bytes(raw), f"is no alert: {error}"))
    return read


def report_alerts(read: AlertsOfBody) -> Answer:
    """Return the answer to a body whose good alerts were taken."""
    if not read.bad:
        return Answer(200, b"{}")
    first = read.bad[0]
    message = f"alert {first.number} {first.problem}"
    if len(read.bad) > 1:
        message += f"; {len(read.bad) - 1} more are refused"
    remedy = "correct what 'rejects' says; the others were taken"
    rejects = [{"alert": one.number, "reason": one.problem} for one in read.bad[:SHOWN]]
    told = {"accepted": len(read.good), "rejected": len(read.bad), "rejects": rejects}
    return DoorRefusal(400, "bad_alerts", message, remedy).answer(**told)


def _problems(alert: ExternalAlert, now: datetime) -> Iterator[str]:
    """Yield why an alert is refused."""
    names = alert.names
    if not names.get("alertname", "").strip():
        yield "has no label 'alertname'"
    if len(names) > MOST_LABELS:
        yield f"has {len(names)} labels; send at most {MOST_LABELS}"
    for name, text in names.items():
        if len(name) > MOST_NAME or len(text) > MOST_TEXT:
            longest = max(len(name), len(text))
            limits = f"a name has at most {MOST_NAME}, a value {MOST_TEXT}"
            yield f"has a label {name[:40]!r} of {longest} characters; {limits}"
    start, end = _aware(alert.starts_at), _aware(alert.ends_at)
    if start is not None and start > now + AHEAD:
        yield f"startsAt: {start.isoformat()} is more than 5 minutes in the future"
    if start is not None and start < EARLIEST:
        yield f"startsAt: {start.isoformat()} lies before {EARLIEST.year}"
    if start is not None and end is not None and end < start:
        yield f"endsAt: {end.isoformat()} lies before startsAt"


def _letter(bad: RefusedAlert, department: str, now: datetime) -> DeadLetter:
    digest = hashlib.blake2b(bad.raw, digest_size=16, key=department.encode()[:64]).hexdigest()
    return DeadLetter(
        letter_id=str(uuid.UUID(digest)),
        feed="",
        department=department,
        place=f"alertmanager {now.isoformat(timespec='milliseconds')}:{bad.number}",
        field="",
        reason=bad.problem,
        raw=bad.raw,
        received_at=now,
    )


def episodes(
    alerts: Sequence[ExternalAlert], department: str, now: datetime, city: City
) -> list[Episode]:
    """Return what `department` tells with `alerts` at `now` (aware)."""
    return [_episode(alert, department, now, city) for alert in alerts]


def _episode(alert: ExternalAlert, department: str, now: datetime, city: City) -> Episode:
    names, words = alert.names, alert.words
    name = names["alertname"].strip()
    rule, placed = _rule(name), _placed(names, city)
    key = {word: text for word, text in names.items() if word not in placed}
    end = _aware(alert.ends_at)
    over = end is not None and end <= now
    start = _aware(alert.starts_at) or (min(end, now) if end is not None else now)
    lasts = None if over or end is None or end > now + LONGEST_LEASE else end
    level = _LEVELS.get(placed.get("severity", ""), UNKNOWN_LEVEL)
    summary, more = _texts(words, name, key)
    # As to Alertmanager, alerts that differ in any label are two, whenever they began.
    identity = alert_id(rule, {**names, "department": department}, "")
    return Episode(
        alert=alert_id(rule, {**names, "department": department}, start.isoformat()),
        identity=identity,
        holds_until=lasts,
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
        subject=names.get("subject") or names.get("instance", ""),
        labels={"external": "yes"},
        response=_response(words),
        shard=SHARD,
        evidence=Evidence(measure=alert.generator_url or name, words=Text(more, more)),
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


def _texts(words: Mapping[str, str], name: str, key: Mapping[str, str]) -> tuple[str, str]:
    """Return the sentence about the alert, and what else is known of it."""
    description = words.get("description", "").strip()
    summary = words.get("summary", "").strip() or description or name
    labels = ", ".join(f"{word}={text}" for word, text in sorted(key.items()))
    more = (description if description != summary else "", labels)
    return summary, "\n".join(text for text in more if text)


def _response(annotations: Mapping[str, str]) -> Text:
    text = annotations.get("runbook_url", annotations.get("runbook", ""))
    return Text(text, text)


def _aware(instant: datetime | None) -> datetime | None:
    if instant is None or instant.year <= 1:  # Go's zero time: not given
        return None
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    try:
        return instant.astimezone(UTC)
    except OverflowError:  # the last or first hours that a calendar has, in another zone
        return instant.replace(tzinfo=UTC)
