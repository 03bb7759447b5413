"""Look at the machine's processes from outside, and judge how they do; blocks, so use threads."""

from __future__ import annotations

import threading
from collections.abc import Callable

from citybrain.floor.clock import monotonic
from citybrain.floor.heartbeat import PartProgress, path_of, read_beat
from citybrain.floor.settings import Settings
from citybrain.roof.local.liveness import Liveness, LivenessHistory, ProcessSigns, judge
from citybrain.roof.local.process_plan import Planned
from citybrain.roof.local.process_signs import (
    LogEnds,
    LogPlace,
    cpu_s,
    filled,
    in_line_s,
    longest_in_line_s,
)

ENDS_S = 4.0
NEEDS_S = 1.0
ITS_START = "its start"


class SharedEnds:
    """Where logs end, asked for all who look, every few seconds."""

    def __init__(self, settings: Settings) -> None:
        """Ask nothing yet."""
        self._ends = LogEnds(settings)
        self._lock = threading.Lock()
        self._places: set[LogPlace] = set()
        self._known: dict[LogPlace, int] | None = {}
        self._asked_s = 0.0

    def of(self, parts: dict[str, PartProgress]) -> dict[LogPlace, int] | None:
        """Return the ends of all logs asked for so far; None: the broker does not answer."""
        wanted = {(part.topic, part.partition) for part in parts.values() if part.topic}
        if not wanted:
            return {}
        with self._lock:
            is_new = not wanted <= self._places
            if is_new or monotonic() - self._asked_s >= ENDS_S:
                self._places |= wanted
                self._known = self._ends.ask(self._places)
                self._asked_s = monotonic()
            return self._known


class SharedNeeds:
    """For how long the broker and the store were in line for a processor, read for all who look."""

    def __init__(self, pids: Callable[[], list[int]]) -> None:
        """Look at the processes `pids`, as they are now."""
        self._pids = pids
        self._lock = threading.Lock()
        self._known: dict[int, float] = {}
        self._read_s = -NEEDS_S

    def in_line_s(self) -> dict[int, float]:
        """Return the time of each of their threads, as of `NEEDS_S` ago at most."""
        with self._lock:
            if monotonic() - self._read_s >= NEEDS_S:
                self._known = longest_in_line_s(self._pids())
                self._read_s = monotonic()
            return self._known


class ProcessWatch:
    """One run of one process, watched until it ends.

    Attributes:
        has_begun: whether it did its work once: it answered, where it can be asked, and it beats.
    """

    def __init__(
        self,
        planned: Planned,
        settings: Settings,
        pid: int,
        ends: SharedEnds,
        needs: SharedNeeds,
        store_answers: Callable[[], bool] = lambda: True,
    ) -> None:
        """Watch process `pid`; `needs` are the processes that it cannot work without."""
        self._store_answers = store_answers
        self._planned, self._pid, self._ends, self._needs = planned, pid, ends, needs
        self._path = path_of(settings, planned.name, pid)
        self._answers = 0
        self._parts: dict[str, PartProgress] = {}
        self._beat: int | None = None
        self._history: LivenessHistory | None = None
        self.has_begun = False

    def look(self) -> Liveness:
        """Return how it does; may take seconds, raises nothing."""
        parts = self._own() | self._asked_parts()
        ends = self._ends.of(parts)
        signs = ProcessSigns(
            monotonic(),
            self._beat,
            filled(parts, ends),
            cpu_s(self._pid),
            in_line_s(self._pid),
            self._needs.in_line_s(),
            ends is not None,
            self._store_answers(),
        )
        self._history, found = judge(self._history, signs)
        answers = self._planned.healthy is None or self._answers > 0
        self.has_begun = answers and (not self._planned.beats or self._beat is not None)
        return found

    def _own(self) -> dict[str, PartProgress]:
        """Return the parts of the newest heartbeat."""
        if not self._planned.beats:
            return {}
        if (beat := read_beat(self._path)) is not None:
            self._beat, self._parts = beat.number, beat.parts
        return dict(self._parts) if self._beat is not None else {"start": PartProgress(0)}

    def _asked_parts(self) -> dict[str, PartProgress]:
        """Ask the process from outside, where it can be; an answer is a piece of work."""
        if self._planned.healthy is None:
            return {}
        self._answers += self._planned.healthy()
        # A broker reads its log at the start, a store its tables: as long as that takes.
        waits = "" if self._answers else ITS_START
        return {"answer": PartProgress(self._answers, waits_for=waits)}
