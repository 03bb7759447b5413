"""The open cases, as the log tells them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import structlog

from citybrain.cases.case_snapshot import read_cases_snapshot
from citybrain.cases.records import Case, CaseStep
from citybrain.floor.clock import Clock, millis
from dashboards.lists.hearing import CommandOutcomes, Follower, Hearing, follow
from dashboards.lists.live_list import LiveList
from dashboards.lists.log_tail import Heard

log = structlog.get_logger(__name__)

_STEP = msgspec.json.Decoder(CaseStep)


class CasesLive:
    """What case desks know of now.

    Attributes:
        cases: the open ones.
        outcomes: what became of commands.
        version: tells one page from another.
        listeners: called on the event loop with the ids of cases that have changed.
    """

    def __init__(
        self,
        steps: Follower,
        outcomes: CommandOutcomes,
        clock: Clock,
        version: str,
        row_of: Callable[[Case], dict[str, Any]],
    ) -> None:
        """Know nothing yet; nothing runs before `run`.

        Args:
            steps: tells of city.cases.
            outcomes: hears what became of commands; somebody else tells it.
            clock: the present.
            version: tells one page from another.
            row_of: a case as the list's page needs it.
        """
        self._steps, self._clock, self.version = steps, clock, version
        self.outcomes, self._hearing = outcomes, Hearing(clock, "cases")
        self.listeners: list[Callable[[Sequence[str]], None]] = []
        self.cases: LiveList[Case] = LiveList(lambda one: one.open, row_of, self.head)

    @property
    def heard(self) -> bool:
        """Whether the list is whole and as of now."""
        return self._hearing.whole

    async def run(self) -> None:
        """Follow and tell until cancelled."""
        await follow([(self._steps, self._hear_steps)], self._beat)

    def head(self) -> dict[str, Any]:
        """Return what every message begins with: page, instant, whether anything is heard."""
        now = self._clock.now()
        return {
            "version": self.version,
            "at": millis(now),
            "ready": self._hearing.ready,
            "outage": self._hearing.outage(now),
        }

    def _beat(self) -> None:
        self._hearing.look()
        self.cases.beat()

    def _hear_steps(self, heard: Heard) -> None:
        self._hearing.note(heard)
        if heard.snapshot is not None:
            self._begin(heard.snapshot)
        steps = list[CaseStep]()
        for value in heard.records:
            try:
                steps.append(_STEP.decode(value))
            except msgspec.MsgspecError as error:
                log.error("step_unreadable", problem=str(error))
        self._tell(self.cases.take(step.after for step in steps))

    def _begin(self, state: bytes) -> None:
        try:
            kept = read_cases_snapshot(state)
        except msgspec.MsgspecError as error:
            log.error("snapshot_unreadable", problem=str(error))
            return
        self._tell(self.cases.begin(kept.cases))

    def _tell(self, changed: Sequence[str]) -> None:
        for listener in self.listeners:
            listener(changed)
