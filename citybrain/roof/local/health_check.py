"""`citybrain health`: a container's health check, judged from outside as the supervisor does.

Each call is one look; what the next one needs to know stands in a file. A process that is stuck is
killed: the container's restart policy starts it anew, as a mere "unhealthy" would not.
"""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import msgspec

from citybrain.floor.clock import monotonic
from citybrain.floor.heartbeat import PartProgress, read_beat, running_beats
from citybrain.floor.settings import Settings
from citybrain.roof.local.liveness import Liveness, LivenessHistory, ProcessSigns, judge
from citybrain.roof.local.process_signs import LogEnds, cpu_s, filled, in_line_s

ANSWER_S = 4.0


class Remembered(msgspec.Struct, frozen=True):
    """What one look leaves to the next, of one process."""

    pid: int
    history: LivenessHistory
    answers: int = 0


def check(
    settings: Settings, process: str, url: str = "", memory: Path | None = None
) -> tuple[int, str]:
    """Look once at the process of that kind that runs here; end it where it is stuck.

    Args:
        settings: where its heartbeat lies, and the broker.
        process: as in `citybrain <process>`.
        url: is asked too; "": nothing is.
        memory: file of what is remembered; none: one in the folder for temporary files.

    Returns:
        The exit code that a health check wants (0 well, 1 not), and what there is to say.
    """
    found = next(running_beats(settings, process), None)
    if found is None:
        return 1, f"{process} gives no heartbeat"
    pid, path = found
    beat = read_beat(path)
    if beat is None:
        return 1, f"{process}: its heartbeat cannot be read"
    memory = memory or Path(tempfile.gettempdir()) / f"citybrain-health-{process}.json"
    before = _remembered(memory, pid)
    answers = before.answers if before else 0
    problem = _problem(url) if url else ""
    answers += not problem
    parts = dict(beat.parts) | ({"answer": PartProgress(answers)} if url else {})
    history, liveness = judge(
        before.history if before else None, _signs(settings, pid, beat.number, parts)
    )
    with contextlib.suppress(OSError):
        memory.write_bytes(msgspec.json.encode(Remembered(pid, history, answers)))
    if liveness.is_stuck:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return 1, f"{process} is stalled ({liveness.words}): ended, to be started anew"
    if liveness.state == "stalled" or problem:
        return 1, problem or f"{process} is stalled: {liveness.words}"
    return 0, _words(liveness)


def _signs(
    settings: Settings, pid: int, number: int, parts: dict[str, PartProgress]
) -> ProcessSigns:
    asked = LogEnds(settings)
    places = {(part.topic, part.partition) for part in parts.values() if part.topic}
    ends = asked.ask(places) if places else {}
    asked.close()
    return ProcessSigns(
        monotonic(),
        number,
        filled(parts, ends),
        cpu_s(pid),
        in_line_s(pid),
        reachable=ends is not None,
        store_answers=not any(part.of_store for part in parts.values())
        or not _problem(f"{settings.store_url.rstrip('/')}/ping"),
    )


def _remembered(memory: Path, pid: int) -> Remembered | None:
    try:
        found = msgspec.json.decode(memory.read_bytes(), type=Remembered)
    except (OSError, msgspec.DecodeError):
        return None
    return found if found.pid == pid else None


def _problem(url: str) -> str:
    try:
        urllib.request.urlopen(url, timeout=ANSWER_S).close()  # noqa: S310  an own address
    except (urllib.error.URLError, OSError) as error:
        return f"{url}: {error}"
    return ""


def _words(liveness: Liveness) -> str:
    return f"{liveness.state} {liveness.words}".strip()
