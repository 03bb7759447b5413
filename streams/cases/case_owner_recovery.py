"""Restore the cases from Kafka, in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import structlog

from citybrain.cases.case_snapshot import read_cases_snapshot
from citybrain.cases.records import CaseStep
from citybrain.floor.dead_letters import failed_record
from citybrain.floor.topics import CASE_SNAPSHOTS, CASES, COMMANDS
from streams.cases.case_owner import CaseOwner
from streams.cases.case_owner_agent import OwnedCases
from streams.owned.done_inputs import DoneInputs
from streams.owned.outcome import InputOutcome
from streams.owned.restoring import End, Read, Restoring

log = structlog.get_logger(__name__)

_STEP = msgspec.json.Decoder(CaseStep)


class CaseOwnerRecovery:
    """Makes the cases what the topics say they are."""

    def __init__(self, read: Read, end: End, new: Callable[[], CaseOwner]) -> None:
        """Restore what `new` makes, which knows nothing."""
        self._read, self._end = read, end
        self._restoring = Restoring(
            CASE_SNAPSHOTS,
            CASES,
            read,
            end,
            new=lambda _partition: _RestoredCases(new()),
            restore=_RestoredCases.hold,
            follow=_RestoredCases.follow,
            position=lambda one: one.written,
        )

    def load(self) -> OwnedCases:
        """Return the cases as of the end of `city.cases`; waits for Kafka as long as it takes."""
        found = self._restoring.load(0)
        found.done.look_at_audit(self._read, self._end, found.owner.noun)
        log.info("cases_loaded", cases=len(found.owner.records), open=len(found.owner.held.open))
        return OwnedCases(found.owner, found.done.offsets[COMMANDS.name] + 1, found.begun)


class _RestoredCases:
    """Cases while they read on, and the last command that is done."""

    def __init__(self, owner: CaseOwner) -> None:
        self.owner, self.written = owner, -1
        self.done, self.begun = DoneInputs(COMMANDS.name), InputOutcome()

    def hold(self, written: int, state: bytes) -> None:
        """Take a snapshot over."""
        kept = read_cases_snapshot(state)
        self.begun.join(self.owner.hold(kept.cases))
        self.done.offsets[COMMANDS.name] = kept.commands - 1
        self.written = written

    def follow(self, records: Sequence[tuple[int, bytes]]) -> None:
        """Take steps in."""
        for offset, value in records:
            self.written = offset
            try:
                step = _STEP.decode(value)
            except Exception as error:
                log.error("step_unreadable", offset=offset, problem=str(error))
                self.begun.failures.append(failed_record(CASES, 0, offset, value, error))
                continue
            self.begun.join(self.owner.restore([step]))
