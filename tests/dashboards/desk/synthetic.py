"""Alerts that might be open in Wuhai, made from a seed; for tests and for a look at the desk."""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from citybrain.alerts.records import Alert, AlertChange, Episode, Evidence, Mute, alert_id
from citybrain.floor.text import Text
from citybrain.notices.records import DeliveryReceipt, Notice

_RULES = """
pm25_high|PM2.5 浓度偏高|PM2.5 high|city_management|ecology|pm25|ug/m3|115|PM2.5 十分钟均值
gas_leak|燃气浓度异常|Gas reading abnormal|city_management|gas|gas|%LEL|20|燃气浓度
garbage_cluster|垃圾满溢聚集|Overflowing bins|city_management|sanitation|garbage||5|一小时事件数
river_level|河道水位超警|River above warning|city_management|water|river_level|m|3.5|水位
dispute_cluster|矛盾纠纷聚集|Disputes cluster|governance|justice|dispute||4|同街道 24 小时纠纷数
wage_dispute|集体讨薪苗头|Wage dispute|governance|human_resources|wages||10|涉及人数
hotline_surge|热线诉求激增|Hotline surge|services|hotline|hotline_call||30|一小时来电数
window_wait|办事窗口等候过长|Long waiting|services|government_services|wait|min|40|平均等候时间
congestion|路段严重拥堵|Severe congestion|traffic|traffic_police|congestion|TPI|8|拥堵指数
signal_dark|信号灯失联|Signal dark|traffic|traffic_police|signal||1|失联信号灯数
"""
RULES = [line.split("|") for line in _RULES.split("\n") if line]
AREAS = [
    *(f"150302{street:03}" for street in (1, 2, 3, 4, 7, 8, 101)),
    *("150303001", "150303002", "150303102", "150304002", "150304003", "150304008", "150304009"),
]
CENTRES = {"150302": (106.82, 39.68), "150303": (106.88, 39.42), "150304": (106.72, 39.50)}
LEVELS: tuple[Any, ...] = ("blue", "yellow", "orange", "red")
OWNERS = ("", "", "", "duty_a", "duty_b", "duty_c")


def make_alert(number: int, now: datetime, *, seed: int = 7, **fields: Any) -> Alert:
    """Return the alert `number` of a seed; `fields` replace those of the alert."""
    pick = random.Random(f"{seed}/{number}")  # noqa: S311 no secret
    rule, zh, en, theme, department, kind, unit, threshold, measure = pick.choice(RULES)
    limit = float(threshold)
    area = pick.choice(AREAS)
    lon, lat = CENTRES[area[:6]]
    level = pick.choices(LEVELS, (46, 34, 18, 2))[0]
    opened = fields.get("opened_at") or now - timedelta(seconds=pick.expovariate(1 / 5400) + 5)
    subject = f"{kind}-{pick.randrange(900) + 100}"
    key = {"area": area, "subject": subject, "n": str(number)}
    value = round(limit * (1.05 + pick.random() * 0.6), 1)
    episode = Episode(
        alert=alert_id(rule, key, opened.isoformat()),
        rule=rule,
        version=uuid.uuid5(uuid.NAMESPACE_OID, rule).hex[:12],
        key=key,
        state="firing",
        level=level,
        peak=level,
        started_at=opened - timedelta(minutes=10),
        fired_at=opened,
        told_at=opened,
        title=Text(zh, en),
        summary=Text(
            f"{measure} {value:g} {unit}，超过阈值 {limit:g} {unit}，已持续 10 分钟",
            f"{measure} is {value:g} {unit}, above {limit:g} {unit}, for 10 min",
        ),
        theme=theme,
        kinds=(kind,),
        feeds=(f"{kind}_feed",),
        departments=(department,),
        area=area,
        subject=subject,
        lon=round(lon + pick.gauss(0, 0.02), 5),
        lat=round(lat + pick.gauss(0, 0.03), 5),
        evidence=_evidence(pick, opened, value, limit, unit, measure),
        origin=pick.choices(("simulated", "live", "replay", "exercise"), (60, 30, 9, 1))[0],
        response=Text(
            "1. 电话核实现场\n2. 通知属地街道到场处置\n3. 十五分钟内反馈\n4. 超时上报值班领导",
            "1. Call the site\n2. Send the street office\n3. Report in 15 min\n4. Else escalate",
        ),
        shard="0",
    )
    acknowledged = pick.random() < 0.35
    given: dict[str, Any] = {
        "id": episode.alert,
        "version": 3 if acknowledged else 2,
        "state": "acknowledged" if acknowledged else "firing",
        "episode": episode,
        "opened_at": opened,
        "updated_at": opened + timedelta(minutes=1 if acknowledged else 0),
        "incident": f"incident-{area}-{theme}" if pick.random() < 0.06 else episode.alert,
        "owner": pick.choice(OWNERS[3:]) if acknowledged else "",
        "acknowledged_at": opened + timedelta(minutes=1) if acknowledged else None,
        "mutes": (_mute(pick),) if pick.random() < 0.08 else (),
        "notified_at": opened + timedelta(milliseconds=310),
    }
    return Alert(**(given | fields))


def make_alerts(count: int, now: datetime, seed: int = 7) -> list[Alert]:
    """Return `count` open alerts."""
    return [make_alert(number, now, seed=seed) for number in range(count)]


def changes_of(alert: Alert) -> list[AlertChange]:
    """Return a history that ends with `alert`."""

    def step(version: int, what: str, by: str, cause: str, **details: str) -> AlertChange:
        at = alert.opened_at if version < 3 else alert.updated_at
        after = msgspec.structs.replace(alert, version=version, updated_at=at)
        return AlertChange(
            id=alert.id, version=version, what=what, at=at, by=by, cause=cause,
            details=details, after=after,
        )  # fmt: skip

    steps = [
        step(1, "fired", "engine", "city.episodes/0/17"),
        step(2, "notified", "desk", "city.episodes/0/17", receivers="duty_officer"),
    ]
    if alert.version >= 3:
        who = alert.owner or "duty_a"
        steps.append(step(3, "acknowledged", who, str(uuid.uuid4()), comment="已电话通知现场"))
    return steps


def notices_of(alert: Alert) -> list[Notice]:
    """Return what was sent of `alert`."""
    receivers = ["duty_officer"] + (["duty_commander"] if alert.episode.level == "red" else [])
    return [
        Notice(
            key=f"{alert.id}:{alert.episode.level}:{receiver}:first",
            alert=alert.id,
            group=alert.incident,
            receiver=receiver,
            level=alert.episode.level,
            purpose="fired",
            at=alert.opened_at + timedelta(milliseconds=310),
            title=alert.episode.title,
            body=alert.episode.summary,
            alert_after=alert,
        )
        for receiver in receivers
    ]


def receipts_of(notices: Sequence[Notice]) -> list[DeliveryReceipt]:
    """Return what became of `notices`: the commander's fails once before it arrives."""
    found = []
    for notice in notices:
        outcomes = (
            ("failed", "delivered") if notice.receiver == "duty_commander" else ("delivered",)
        )
        for attempt, outcome in enumerate(outcomes, start=1):
            started = notice.at + timedelta(seconds=2 * attempt - 2)
            found.append(
                DeliveryReceipt(
                    key=notice.key,
                    receiver=notice.receiver,
                    attempt=attempt,
                    outcome=outcome,
                    at=started + timedelta(milliseconds=240),
                    started_at=started,
                    detail="HTTP 200" if outcome == "delivered" else "HTTP 503",
                )
            )
    return found


def _mute(pick: random.Random) -> Mute:
    if pick.random() < 0.5:
        reason = Text("道路施工，已报备", "road works, announced")
        return Mute(kind="silence", by=str(uuid.uuid5(uuid.NAMESPACE_OID, "s")), reason=reason)
    return Mute(kind="inhibition", by="other", reason=Text("同地有红色告警", "a red one is here"))


def _evidence(
    pick: random.Random, at: datetime, value: float, limit: float, unit: str, measure: str
) -> Evidence:
    points = []
    for back in range(59, -1, -1):
        share = 1 / (1 + math.exp((back - 14) / 3.5))
        level = limit * (0.62 + pick.gauss(0, 0.035)) * (1 - share) + value * share
        points.append((at - timedelta(minutes=back), round(level, 2)))
    points[-1] = (at, value)
    return Evidence(
        measure=measure,
        value=value,
        threshold=limit,
        unit=unit,
        clear=round(limit * 0.8, 1),
        words=Text(f"为平日同一时段的 {value / limit * 1.9:.1f} 倍", f"{value / limit * 1.9:.1f}x"),
        points=tuple(points),
        events=tuple(str(uuid.uuid5(uuid.NAMESPACE_OID, f"{at}{n}")) for n in range(3)),
    )
