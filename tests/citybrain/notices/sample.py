"""Alerts, notices and routings made up for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from citybrain.alerts.records import Alert, Episode, Evidence
from citybrain.alerts.silence_records import Matcher
from citybrain.floor.text import Text
from citybrain.notices.channel_options import ADDRESS, TOKEN_FILE
from citybrain.notices.records import Notice
from citybrain.notices.routing import Receiver, Route, Routing

NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
"""A Tuesday, 16:30 in the city."""
ZONE = ZoneInfo("Asia/Shanghai")


def episode(**changes: Any) -> Episode:
    """Return an episode: a red gas leak."""
    given: dict[str, Any] = {
        "alert": "a1",
        "rule": "gas_leak",
        "version": "0123456789ab",
        "key": {"subject": "g1"},
        "state": "firing",
        "level": "red",
        "peak": "red",
        "started_at": NOW,
        "told_at": NOW,
        "fired_at": NOW + timedelta(seconds=1),
        "title": Text("燃气泄漏浓度超限", "Gas concentration high"),
        "summary": Text("探头g1浓度52%LEL，超过50", "Detector g1 at 52 %LEL, above 50"),
        "theme": "traffic",
        "evidence": Evidence(
            measure="value",
            value=52.0,
            threshold=50.0,
            unit="%LEL",
            clear=5.0,
            words=Text("为平时周二16时的3.1倍", "3.1x the usual Tuesday 16:00"),
        ),
        "kinds": ("gas_concentration",),
        "feeds": ("radar",),
        "departments": ("police",),
        "area": "150302001",
        "subject": "g1",
        "response": Text("通知燃气公司切断并疏散", "Have the supply cut"),
    }
    return Episode(**given | changes)


def alert(name: str = "a1", **changes: Any) -> Alert:
    """Return a firing alert; what `Alert` does not have goes into its episode."""
    own = {key: changes.pop(key) for key in list(changes) if key in Alert.__struct_fields__}
    given: dict[str, Any] = {
        "id": name,
        "version": 1,
        "state": "firing",
        "episode": episode(alert=name, **changes),
        "opened_at": NOW,
        "updated_at": NOW,
    }
    return Alert(**given | own)


def changed(one: Alert, **changes: Any) -> Alert:
    """Return `one` changed."""
    return msgspec.structs.replace(one, **changes)


def notice(number: int = 1, receiver: str = "good", **changes: Any) -> Notice:
    """Return a notice about an alert of its own."""
    name = f"a{number}"
    given: dict[str, Any] = {
        "key": f"{name}:red:{receiver}:first",
        "alert": name,
        "group": f"root:{name}",
        "receiver": receiver,
        "level": "red",
        "purpose": "fired",
        "at": NOW,
        "title": Text(f"标题{number}", f"title {number}"),
        "body": Text(f"正文{number}", f"body {number}"),
        "alert_after": alert(name),
    }
    return Notice(**given | changes)


def receiver(name: str, **changes: Any) -> Receiver:
    """Return a receiver that tries again after milliseconds."""
    given: dict[str, Any] = {
        "kind": "log",
        "timeout": timedelta(seconds=10),
        "retry": timedelta(milliseconds=5),
        "attempts": 3,
    }
    keys = (*ADDRESS, TOKEN_FILE)
    options = {key: changes.pop(key) for key in keys if key in changes}
    options |= changes.pop("options", {})
    return Receiver(name, Text(f"{name}号", name), options=options, **given | changes)


def routing(*receivers: Receiver, operators: tuple[str, ...] = (), **changes: Any) -> Routing:
    """Return a routing with these receivers and one route, beside that of the platform's alerts."""
    found = {one.id: one for one in receivers}
    platform = Route("root/platform", (Matcher("rule", "=~", "platform_.*"),), operators)
    return Routing(Route("root", to=tuple(found), routes=(platform,)), found, ZONE, **changes)
