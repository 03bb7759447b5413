"""Try until it works: an outage is logged once, and its end once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import structlog
from clickhouse_connect.driver.exceptions import ClickHouseError
from kafka.errors import KafkaError

from citybrain.floor.clock import monotonic
from citybrain.floor.errors import BusError, StoreError

log = structlog.get_logger(__name__)
T = TypeVar("T")

TROUBLE = (StoreError, BusError, ClickHouseError, KafkaError, OSError)
"""What may be over in a while: the store or the broker is away, slow or full."""

_FIRST_S = 0.2
_LONGEST_S = 1.0
"""What came back is noticed within this; rows of now wait for no more."""
_REMIND_S = 60.0


class Stopped(Exception):
    """The process was told to end while something was waited for."""


class Patience:
    """Waits for what is away, until it is told to stop.

    Attributes:
        attempts: that failed, so far.
    """

    def __init__(self, what: str, stop: threading.Event) -> None:
        """Name `what` is done in the log; give up when `stop` is set."""
        self._what = what
        self._stop = stop
        self._since: float | None = None
        self._said = 0.0
        self.attempts = 0

    @property
    def waits(self) -> bool:
        """Whether something is away and the log says so."""
        return self._since is not None

    def until_done(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, however often that takes.

        Raises:
            Stopped: the process ends.
        """
        pause = _FIRST_S
        while True:
            if self._stop.is_set():
                raise Stopped
            try:
                done = work()
            except TROUBLE as error:
                self.note(error)
                self._stop.wait(pause)
                pause = min(pause * 2, _LONGEST_S)
            else:
                self.over()
                return done

    def note(self, error: Exception) -> None:
        """Log that `error` keeps us waiting: when it begins, and then once a minute."""
        now = monotonic()
        self.attempts += 1
        if self._since is None:
            self._since = now
        elif now - self._said < _REMIND_S:
            return
        self._said = now
        waited = round(now - self._since, 1)
        log.warning("waiting", for_=self._what, error=str(error)[:500], waited_s=waited)

    def over(self) -> None:
        """Take note that it goes on; logged where an outage was."""
        if self._since is not None:
            waited = round(monotonic() - self._since, 1)
            log.info("goes_on", for_=self._what, waited_s=waited)
            self._since = None
