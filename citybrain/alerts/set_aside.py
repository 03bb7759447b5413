"""Records that cannot be carried out: each becomes a dead letter, and the operators are told.

They are told by an alert of the platform, one for each topic and hour; it ends when somebody has
looked after it. A flood of such records makes many letters and one alert.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
import structlog

from citybrain.alerts.bounds import SENTENCE, cut
from citybrain.alerts.platform_alerts import PlatformAlert
from citybrain.alerts.records import PLATFORM, Episode
from citybrain.floor.dead_letters import FailedRecord, encode_letter, letter_of_record
from citybrain.floor.text import Text
from citybrain.floor.topics import DEAD_LETTERS, EPISODES, Topic

log = structlog.get_logger(__name__)

SAY_EVERY = timedelta(minutes=1)
RULE = f"{PLATFORM}record_set_aside"


class ToWrite(NamedTuple):
    """One record for a topic."""

    topic: Topic
    key: bytes
    value: bytes


class SetAside:
    """What one worker could not carry out."""

    def __init__(self, count: Callable[[str], object]) -> None:
        """Start with nothing told; `count` is called with the topic of each record."""
        self._count = count
        self._told: dict[str, datetime] = {}
        self._unsaid, self._said = 0, datetime.min.replace(tzinfo=UTC)

    def put(self, failed: FailedRecord, now: datetime) -> list[ToWrite]:
        """Return what is to be written because of `failed` at `now` (aware)."""
        self._count(failed.topic.name)
        self._say(failed, now)
        letter = letter_of_record(failed.place, failed.key, failed.value, failed.problem, now)
        written = [
            ToWrite(DEAD_LETTERS, failed.key or failed.topic.name.encode(), encode_letter(letter))
        ]
        hour = now.replace(minute=0, second=0, microsecond=0)
        if self._told.get(failed.topic.name) != hour:
            self._told[failed.topic.name] = hour
            told = msgspec.json.encode(_episode(failed, hour, now))
            written.append(ToWrite(EPISODES, RULE.encode(), told))
        return written

    def _say(self, failed: FailedRecord, now: datetime) -> None:
        """Say in the log, once a minute, how many there were."""
        self._unsaid += 1
        if now - self._said >= SAY_EVERY:
            problem = cut(failed.problem, SENTENCE)
            log.error("records_set_aside", count=self._unsaid, last=failed.place, problem=problem)
            self._unsaid, self._said = 0, now


def _episode(failed: FailedRecord, hour: datetime, now: datetime) -> Episode:
    problem = cut(failed.problem, SENTENCE // 2)
    aside = PlatformAlert(
        rule=RULE,
        key={"topic": failed.topic.name},
        episode=hour.isoformat(),
        title=Text("有记录无法处理，已搁置", "A record could not be carried out"),
        summary=Text(
            f"{failed.place}：{problem}。该记录已转入死信，其余照常处理。",
            f"{failed.place}: {problem}. It is among the dead letters; all others go on.",
        ),
        response=Text(
            "查看死信：citybrain dead-letters list；修正来源后处置本预警。",
            "See citybrain dead-letters list; mend what sends it, then resolve this alert.",
        ),
        measure="record",
        words=Text(problem, problem),
    )
    return aside.told(now)
