"""Rows that do not get into the store, as an alert of the platform: one a topic, while it is so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from citybrain.alerts.bounds import SENTENCE, cut
from citybrain.alerts.platform_alerts import PlatformAlert, ToldAlerts
from citybrain.alerts.records import PLATFORM, Episode
from citybrain.floor.text import Text

RULE = f"{PLATFORM}rows_aside"
_RESPONSE = Text(
    "查看 ./city status 与 sink 日志中的原因；排除后系统每分钟自动重试，无需重发数据。"
    "请在 Kafka 保留期内处理。",
    "See ./city status and the sink's log for the reason; once it is mended the rows follow within "
    "a minute, nothing has to be sent again. Mend it before Kafka's retention is over.",
)


class RowsAside(NamedTuple):
    """What of one topic is set aside.

    Attributes:
        claim: the first claim of it; it names the alert, also after a restart.
        rows: how many rows.
        place: of the first of them, in words.
        reason: why, as the store says it.
        since: when the first was set aside.
    """

    claim: str
    rows: int
    place: str
    reason: str
    since: datetime


class RowsAsideAlerts:
    """What was told and is not over."""

    def __init__(self) -> None:
        """Know of nothing."""
        self._told = ToldAlerts()

    def look(self, aside: Mapping[str, RowsAside], now: datetime) -> list[Episode]:
        """Return what is to be told at `now` (aware), by topic what is set aside."""
        told: list[Episode] = []
        for topic, rows in aside.items():
            told += self._told.begin(topic, _episode(topic, rows, now))
        return told + self._told.end(lambda topic: topic not in aside, now)


def _episode(topic: str, aside: RowsAside, now: datetime) -> Episode:
    reason = cut(aside.reason, SENTENCE // 2)
    alert = PlatformAlert(
        rule=RULE,
        key={"topic": topic},
        episode=aside.claim,
        title=Text("有数据未能入库，已搁置", "Rows do not get into the store"),
        summary=Text(
            f"{aside.place} 等 {aside.rows} 行未能入库，其余数据照常：{reason}",
            f"{aside.rows} rows, from {aside.place} on, are set aside, all others go on: {reason}",
        ),
        response=_RESPONSE,
        measure="rows_aside",
        words=Text(reason, reason),
        since=aside.since,
    )
    return alert.told(now)
