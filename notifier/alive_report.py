"""The dead man's switch outward: as long as alarms can come, somebody outside hears so each minute.

Whoever receives it (an uptime service, another site's monitoring) raises the alarm when it stays
away; that covers whatever takes this whole machine with it. It is sent only while ruler and sender
both give signs of life on the log, so its absence also says that one of them stands.
"""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from datetime import datetime

import structlog

from citybrain.floor import bus
from citybrain.floor.alarm_path import SIGNS_BACK, AlarmPath, StandingProcess, read_sign
from citybrain.floor.clock import Clock
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.floor.topics import HEARTBEATS

log = structlog.get_logger(__name__)

EVERY_S = 60.0
TIMEOUT_S = 15.0


class AliveReport:
    """Reports to the address in a file, which may change while we run."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Report what the log of `settings` says."""
        self._settings, self._clock = settings, clock
        self._problem = ""

    async def run(self) -> None:
        """Report each minute until cancelled, where there is an address."""
        while self._settings.alive_url_file:
            self._note(await asyncio.to_thread(self.report))
            await asyncio.sleep(EVERY_S)

    def report(self) -> str:
        """Report once, if alarms can come; return what was in the way, "" for nothing. Blocks."""
        now = self._clock.now()
        try:
            standing = self.standing(now)
        except BusError as error:
            return str(error)
        if standing:
            return f"no alarm can come: {', '.join(one.process for one in standing)} stands"
        return self._post(now)

    def standing(self, now: datetime) -> list[StandingProcess]:
        """Return who of those that make and send alarms stands, by the log.

        Raises:
            BusError: no broker answers.
        """
        path = AlarmPath(datetime.min.replace(tzinfo=now.tzinfo))
        for sign in filter(
            None, map(read_sign, bus.newest(self._settings, HEARTBEATS, SIGNS_BACK))
        ):
            path.hear(sign)
        return path.standing(now)

    def _post(self, now: datetime) -> str:
        try:
            path = self._settings.alive_url_file
            url = path.read_text().strip() if path else ""
            if not url.startswith(("http://", "https://")):
                return f"{path}: holds no address that begins with http:// or https://"
            body = json.dumps({"status": "alive", "at": now.isoformat()}).encode()
            headers = {"Content-Type": "application/json"}
            request = urllib.request.Request(url, body, headers)  # noqa: S310  checked above
            urllib.request.urlopen(request, timeout=TIMEOUT_S).close()  # noqa: S310
        except (urllib.error.URLError, OSError, ValueError) as error:
            return f"not reported: {error}"  # the address is a secret
        return ""

    def _note(self, problem: str) -> None:
        """Log what is in the way once, and its end once."""
        if problem and problem != self._problem:
            log.warning("alive_not_reported", problem=problem)
        elif self._problem and not problem:
            log.info("alive_reported_again")
        self._problem = problem
