"""What is wrong with feeds as a whole, told to the platform's operators and remembered.

A feed whose clock is off by a time zone, and one whose field ended, are alerts of the platform, and
end when the feed is right again; so is a version of the city's folder that was refused. What is
known of fields, and what is open, outlives the process.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, cast

import msgspec
import structlog
from msgspec.structs import replace

from citybrain.alerts.bounds import SENTENCE, cut
from citybrain.alerts.platform_alerts import PlatformAlert, ToldAlerts
from citybrain.alerts.records import PLATFORM, Episode
from citybrain.floor.clock import Clock, millis
from citybrain.floor.dead_letters import DeadLetter
from citybrain.floor.errors import BusError, Fault
from citybrain.floor.text import Text
from connectors.fetch.checkpoint import Checkpoints
from connectors.mapping.feed_pace import FeedPace
from connectors.told_faults import CITY, OPEN, open_faults

log = structlog.get_logger(__name__)
LOOK_S, STOP_S = 30.0, 1.0
KEEP_EVERY = 20
"""What is known of fields is written each so many looks, and at the end."""
CLOCK, FIELD = f"{PLATFORM}feed_clock", f"{PLATFORM}feed_field"
_CITY = "city.yaml"
"""What stands for the folder among the names of feeds, of which none has such an id."""
_FIELDS = "fields"
_CLOCK_TITLE = Text("数据源时钟差一个时区", "A feed's clock is off by a time zone")
_FIELD_TITLE = Text("数据源字段不再提供", "A feed's field is not there any more")
_CLOCK_RESPONSE = Text(
    "与来源单位核对时间：本地时间应带 +08:00 或不带时区；见 docs/connectors.md。",
    "Have the department look at its times: local time goes with +08:00, or without a zone; see "
    "docs/connectors.md.",
)
_FIELD_RESPONSE = Text(
    "与来源单位核对导出字段；改名时修改该数据源的 mapping，用 citybrain feeds try 试读。",
    "Ask the department what became of the field; where it was renamed change the feed's mapping, "
    "and try a file with citybrain feeds try.",
)


class FeedFaults(ToldAlerts):
    """The faults of feeds that were told and are not over."""

    def look(
        self, paces: Sequence[tuple[str, FeedPace]], refused: Sequence[Fault], now: datetime
    ) -> list[Episode]:
        """Return what is to be told at `now` (aware): faults that began, and that are over.

        Args:
            paces: what is remembered of each feed, by its id.
            refused: what is wrong with what was saved last of the city's folder.
            now: the present instant.
        """
        told = self._city(refused, now) + self._of_feeds(paces, now)
        known = {feed for feed, _ in paces} | {_CITY}
        return told + self.end(lambda name: name.partition(" ")[0] not in known, now)

    def _city(self, refused: Sequence[Fault], now: datetime) -> list[Episode]:
        name = f"{_CITY} {refused[0]}" if refused else ""
        over = self.end(lambda one: one.startswith(f"{_CITY} ") and one != name, now)
        return over + (self.begin(name, _refused(refused).told(now)) if refused else [])

    def _of_feeds(self, paces: Iterable[tuple[str, FeedPace]], now: datetime) -> list[Episode]:
        told: list[Episode] = []
        for feed, pace in paces:
            found = _faults(feed, pace, now)
            for name, alert in found.items():
                episode = replace(
                    alert.told(now),
                    feeds=(feed,),
                    departments=(pace.feed.department,),
                    origin=cast("Any", pace.feed.origin),
                )
                told += self.begin(name, episode)
            gone = {
                name
                for name in self.open.keys() - found.keys()
                if name.startswith(f"{feed} ") and _is_over(name, pace)
            }
            told += self.end(gone.__contains__, now)
        return told


def _refused(faults: Sequence[Fault]) -> PlatformAlert:
    first = cut(str(faults[0]), SENTENCE // 2)
    return PlatformAlert(
        rule=CITY,
        key={"what": _CITY},
        episode=first,  # the same fault, told by several gateways, is one alert
        title=Text("城市配置有误，未生效", "The city's folder is faulty"),
        summary=Text(
            f"保存的城市配置有 {len(faults)} 处错误，系统沿用原配置：{first}",
            f"what was saved has {len(faults)} faults, the version before goes on: {first}",
        ),
        response=Text(
            "运行 citybrain check 查看全部错误；改正并保存后自动生效。",
            "See all of them with citybrain check; mended and saved it is taken over by itself.",
        ),
        measure="faults",
        words=Text(first, first),
    )


def _faults(feed: str, pace: FeedPace, now: datetime) -> dict[str, PlatformAlert]:
    found = {}
    if shift := pace.watch.shift_ms:
        hours = f"{abs(shift) / 3_600_000:g}"
        zh = f"{feed}：时间{'超前' if shift > 0 else '滞后'} {hours} 小时。"
        words = pace.watch.words(millis(now), shift)
        found[f"{feed} clock"] = _alert(CLOCK, {"feed": feed}, zh, f"{feed}: {words}", now)
    for path, words in pace.ended_fields().items():
        key = {"feed": feed, "field": cut(path, SENTENCE // 4)}
        zh = f"{feed}：字段“{key['field']}”最近一直没有值。"
        found[f"{feed} field {path}"] = _alert(FIELD, key, zh, f"{feed}: {words}", now)
    return found


def _alert(rule: str, key: dict[str, str], zh: str, en: str, now: datetime) -> PlatformAlert:
    clock = rule == CLOCK
    words = Text(cut(zh, SENTENCE), cut(en, SENTENCE))
    return PlatformAlert(
        rule=rule,
        key=key,
        episode=now.isoformat(timespec="seconds"),
        title=_CLOCK_TITLE if clock else _FIELD_TITLE,
        summary=words,
        response=_CLOCK_RESPONSE if clock else _FIELD_RESPONSE,
        measure="delay" if clock else "fill",
        words=words,
    )


def _is_over(name: str, pace: FeedPace) -> bool:
    """Say whether a fault was seen to be over; that nothing came proves nothing."""
    _, _, what = name.partition(" ")
    if what == "clock":
        return pace.watch.is_right
    known = pace.fill.fields.get(what.removeprefix("field "))
    return known is None or (known.missing == 0 and bool(known.days))


class FeedFaultTeller:
    """Looks after the faults of a gateway's feeds, in a thread of its own."""

    def __init__(
        self,
        paces: Callable[[], Sequence[tuple[str, FeedPace]]],
        send: Callable[[Sequence[Episode], Sequence[DeadLetter]], None],
        notes: Checkpoints,
        clock: Clock,
        refused: Callable[[], Sequence[Fault]] = tuple,
    ) -> None:
        """Take over what an earlier process left in `notes`.

        Args:
            paces: what is remembered of each feed, by its id.
            send: puts episodes on the bus and waits for it; raises `BusError`.
            notes: durable notes of gateways.
            clock: tells the time.
            refused: what is wrong with what was saved last of the city's folder.
        """
        self._paces, self._send, self._notes, self._clock = paces, send, notes, clock
        self._refused = refused
        self._faults = FeedFaults(open_faults(notes))
        known = notes.load(_FIELDS, dict[str, msgspec.Raw]) or {}
        for feed, pace in paces():
            if feed in known:
                with contextlib.suppress(msgspec.MsgspecError):  # of another version: begin anew
                    pace.recall_fields(bytes(known[feed]))
        self._stop = threading.Event()
        self._looks = 0
        self._thread = threading.Thread(target=self._run, name="feed-faults", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End, and keep what is known."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_S)
        self._keep_fields()

    def look(self) -> None:
        """Look once: tell what began and what is over."""
        before = dict(self._faults.open)
        told = self._faults.look(self._paces(), self._refused(), self._clock.now())
        if told:
            try:
                self._send(told, ())
            except BusError as error:  # it is found again by the next look
                self._faults.open = before
                log.warning("feed_faults_not_told", problem=str(error))
                return
            for one in told:
                log.warning("feed_fault", rule=one.rule, key=one.key, state=one.state)
            self._notes.save(OPEN, self._faults.open)
        self._looks += 1
        if self._looks % KEEP_EVERY == 0:
            self._keep_fields()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                self.look()
            except Exception:  # what it tells is worth less than what the gateway does
                log.exception("feed_faults_not_looked_at")

    def _keep_fields(self) -> None:
        known = {feed: msgspec.Raw(pace.known_fields()) for feed, pace in self._paces()}
        try:
            self._notes.save(_FIELDS, known)
        except OSError as error:
            log.warning("feed_fields_not_kept", problem=str(error))
