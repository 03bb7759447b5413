"""Give the commands of simulated clerks as their time comes; what Kafka does not take waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from citybrain.floor.clock import monotonic
from citybrain.floor.errors import BusError
from citybrain.roof.replay.replay_state import ClerkProgress, StateFile
from citybrain.roof.replay.simulated_clerks import SimulatedClerks
from dashboards.command_sender import CommandSender

log = structlog.get_logger(__name__)

PAST = timedelta(days=6)
"""So far back cases begin where none were made before."""
AT_ONCE = 500
EVERY_S = 5.0
WAIT_S = 30.0


class ClerkDesk:
    """Where the simulated clerks of one city sit."""

    def __init__(
        self,
        clerks: SimulatedClerks,
        state: StateFile,
        connect: Callable[[], CommandSender],
        key: Path,
    ) -> None:
        """Go on where `state` says.

        Args:
            clerks: says what is done when.
            state: remembers what was.
            connect: returns what puts commands on the bus.
            key: the file of the key that commands are signed with; nothing is done without it.
        """
        self._clerks, self._state, self._connect, self._key = clerks, state, connect, key
        self._sender: CommandSender | None = None
        self._again = 0.0
        self._is_away = False

    def round(self, now: datetime) -> bool:
        """Give what is due at `now` (aware), some of it; return whether there is more."""
        if not self._clerks.plan.cases_a_day or monotonic() < self._again or not self._key.exists():
            return False
        zone = self._clerks.engine.clocks.time.zone
        begin = (now - PAST).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        done = self._state.state.clerks or ClerkProgress(begin, begin)
        first = done.begin.astimezone(zone).date()
        due = self._clerks.between(done.sent, now, first)
        some = due[:AT_ONCE]
        self._sender = self._sender or self._connect()
        try:
            self._sender.send(some)
        except BusError as error:
            self._note_away(error)
            return False
        self._is_away = False
        more = len(due) > len(some)
        sent = some[-1].at if more else now
        self._state.state.clerks = ClerkProgress(done.begin, sent)
        self._again = 0.0 if more else monotonic() + EVERY_S
        return more

    def close(self) -> None:
        """Let go of the bus."""
        if self._sender is not None:
            self._sender.close()

    def _note_away(self, error: BusError) -> None:
        if not self._is_away:
            log.warning("clerks_wait", problem=str(error))
        self._is_away, self._again = True, monotonic() + WAIT_S
