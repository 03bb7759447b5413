"""Alerts as CAP 1.2 messages, and the feed that lists them; pure.

Source: OASIS Common Alerting Protocol 1.2. Mapping: red, orange, yellow, blue → Extreme, Severe,
Moderate, Minor; live → Actual, exercise → Exercise, replayed and simulated → Test. An alert that
was undone is a Cancel, any later step an Update of the first message. The scope is Restricted:
these are alerts to those who act, not warnings to the public.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import structlog

from citybrain.alerts.named_subjects import subject_of
from citybrain.alerts.records import Alert
from citybrain.city import City
from citybrain.floor.levels import TITLES
from citybrain.floor.text import EN, NOTHING, ZH, Language
from citybrain.floor.wire_text import xml_text
from citybrain.notices.templates import ORIGIN_MARKS

log = structlog.get_logger(__name__)

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM = "http://www.w3.org/2005/Atom"
_SEVERITY = {"red": "Extreme", "orange": "Severe", "yellow": "Moderate", "blue": "Minor"}
_STATUS = {"live": "Actual", "exercise": "Exercise", "simulated": "Test", "replay": "Test"}
_CATEGORY = {"city_management": "Infra", "traffic": "Transport", "governance": "Safety"}
_RESTRICTION = "departments and duty officers of the city"
_RADIUS_KM = "0.3"


def message(alert: Alert, city: City) -> bytes:
    """Return `alert` as a CAP 1.2 message, UTF-8 XML."""
    zone = ZoneInfo(city.time_zone)
    root = ET.Element("alert", xmlns=CAP)
    _add(root, "identifier", f"{alert.id}.{alert.version}")
    _add(root, "sender", f"citybrain@{city.id}")
    _add(root, "sent", _time(alert.updated_at, zone))
    _add(root, "status", _STATUS[alert.episode.origin])
    _add(root, "msgType", _type(alert))
    _add(root, "scope", "Restricted")
    _add(root, "restriction", _RESTRICTION)
    if alert.version > 1:
        first = f"citybrain@{city.id},{alert.id}.1,{_time(alert.opened_at, zone)}"
        _add(root, "references", first)
    for tag, language in (("zh-CN", ZH), ("en", EN)):
        root.append(_info(alert, city, tag, language))
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def feed(alerts: Iterable[Alert], city: City, now: datetime, base: str) -> bytes:
    """Return the Atom feed (RFC 4287) of `alerts`, each linked to its message under `base`."""
    zone = ZoneInfo(city.time_zone)
    root = ET.Element("feed", xmlns=ATOM)
    _add(root, "id", f"urn:citybrain:{city.id}:alerts")
    _add(root, "title", f"{city.title.zh}预警 · {city.title.en} alerts")
    _add(root, "updated", _time(now, zone))
    _add(ET.SubElement(root, "author"), "name", f"citybrain@{city.id}")
    for alert in alerts:
        try:
            root.append(_entry(alert, zone, base))
        except Exception:  # one bad alert must not keep all others from who reads
            log.exception("alert_not_listed", alert=alert.id)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _entry(alert: Alert, zone: ZoneInfo, base: str) -> ET.Element:
    entry = ET.Element("entry")
    _add(entry, "id", f"urn:uuid:{alert.id}")
    _add(entry, "title", f"{_marked(alert, ZH)} · {_marked(alert, EN)}")
    ET.SubElement(entry, "category", term=_STATUS[alert.episode.origin])
    _add(entry, "updated", _time(alert.updated_at, zone))
    href = base + quote(alert.id, errors="replace") + ".xml"
    ET.SubElement(entry, "link", rel="alternate", type="application/cap+xml", href=href)
    _add(entry, "summary", alert.episode.summary.zh or alert.episode.title.zh)
    return entry


def _info(alert: Alert, city: City, tag: str, language: Language) -> ET.Element:
    episode, zone = alert.episode, ZoneInfo(city.time_zone)
    info = ET.Element("info")
    level = TITLES[episode.level].said(language)
    mark = ORIGIN_MARKS[episode.origin].said(language)
    for name, value in (
        ("language", tag),
        ("category", _CATEGORY.get(episode.theme, "Other")),
        ("event", episode.title.said(language).strip() or episode.rule.strip() or "-"),
        ("urgency", "Past" if not alert.open else "Immediate"),
        ("severity", _SEVERITY[episode.level]),
        ("certainty", "Observed"),
        ("onset", _time(episode.started_at, zone)),
        ("senderName", city.title.said(language)),
        ("headline", f"{mark}【{level}】{episode.title.said(language)}"),
        ("description", episode.summary.said(language)),
        ("instruction", episode.response.said(language)),
    ):
        if value:
            _add(info, name, value)
    for name, value in (("level", episode.level), ("rule", episode.rule), ("state", alert.state)):
        parameter = ET.SubElement(info, "parameter")
        _add(parameter, "valueName", name)
        _add(parameter, "value", value)
    info.append(_area(alert, city, language))
    return info


def _marked(alert: Alert, language: Language) -> str:
    episode = alert.episode
    return ORIGIN_MARKS[episode.origin].said(language) + episode.title.said(language)


def _area(alert: Alert, city: City, language: Language) -> ET.Element:
    episode = alert.episode
    known = city.areas.get(episode.area)
    title = known.title if known else city.title
    area = ET.Element("area")
    about = subject_of(episode).said(language) if episode.subject_title != NOTHING else ""
    _add(area, "areaDesc", " · ".join(filter(None, (title.said(language), about))))
    if episode.lon is not None and episode.lat is not None:
        _add(area, "circle", f"{episode.lat:.5f},{episode.lon:.5f} {_RADIUS_KM}")
    if episode.area:
        code = ET.SubElement(area, "geocode")
        _add(code, "valueName", "area")
        _add(code, "value", episode.area)
    return area


def _type(alert: Alert) -> str:
    if alert.state == "revised":
        return "Cancel"
    return "Alert" if alert.version == 1 else "Update"


def _time(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant as CAP writes it: whole seconds, an offset, never Z."""
    return instant.astimezone(zone).isoformat(timespec="seconds")


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = xml_text(text)
