"""Times in which no alarm could come, as alerts of the platform.

That the sender stands is an alert as soon as it is missed. That the ruler stood can only be one
when it is back; until then desks and walls say it by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from citybrain.alerts.platform_alerts import PlatformAlert, ToldAlerts
from citybrain.alerts.records import PLATFORM, Episode
from citybrain.floor.alarm_path import RULER, StandingProcess
from citybrain.floor.text import Text

RULE = f"{PLATFORM}alarm_gap"
_TITLES = {
    True: Text("预警中断：期间不会有新告警", "No alarm could come: the ruler stood"),
    False: Text("通知中断：告警不会通知到人", "Nobody is notified: the notifier stands"),
}
_RESPONSE = Text(
    "查看 ./city status 与该进程日志；中断期间请人工盯住值班台和大屏，恢复后核对漏报。",
    "See ./city status and the process's log; watch desk and walls meanwhile, and check afterwards "
    "what was missed.",
)


class AlarmGaps:
    """The gaps that were told and are not over."""

    def __init__(self) -> None:
        """Know of none."""
        self._told = ToldAlerts()

    def recall(self, episodes: Iterable[Episode]) -> None:
        """Take over those that were told before a restart; of others nothing."""
        for episode in episodes:
            if episode.rule == RULE and episode.state == "firing":
                self._told.begin(episode.key["process"], episode)

    def look(self, standing: Sequence[StandingProcess], now: datetime) -> list[Episode]:
        """Return what is to be told at `now` (aware): gaps that began, gaps that are over.

        Who was never heard of is missed by desks and walls, but had no gap.
        """
        stands = {one.process: one.since for one in standing}
        told: list[Episode] = []
        for process, since in stands.items():
            if since is not None:
                told += self._told.begin(process, _episode(process, since, now))
        return told + self._told.end(lambda process: process not in stands, now)


def _episode(process: str, since: datetime, now: datetime) -> Episode:
    at = since.isoformat(timespec="seconds")
    gap = PlatformAlert(
        rule=RULE,
        key={"process": process},
        episode=since.isoformat(),
        title=_TITLES[process == RULER],
        summary=Text(
            f"进程 {process} 自 {at} 起没有心跳。",
            f"Process {process} gave no sign of life since {at}.",
        ),
        response=_RESPONSE,
        measure="sign_of_life",
        words=Text("最后一次心跳", "its last sign of life"),
        since=since,
    )
    return gap.told(now)
