"""How far a process is, told once a second in a file that others judge it by.

A process does not judge itself: it only says how far each of its parts is. Who looks from outside
(the supervisor, a container's health check) sees whether the file still changes, whether the parts
move, and what they wait for. The file is written by a thread, so a loop that is busy is told from
an interpreter that hangs; it is overwritten in place, so a full disk does not silence it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from citybrain.floor.settings import Settings

BEAT_S = 1.0
LOOP = "loop"
_BLOCK = 4096


class PartProgress(msgspec.Struct, frozen=True):
    """How far one part of a process is.

    Attributes:
        done: rises with each piece of work; of a log: the offset that is to be done next.
        end: what `done` is when nothing waits; None: the part always has something to do, or the
            log's end is for the reader to ask.
        topic: the log that it reads; "": none.
        partition: of that log.
        waits_for: what it waits for, as far as it knows; "": nothing.
        tried: rises with each attempt while it waits.
        of_broker: whether it cannot move while the broker is away; a log never can.
        of_store: the same of the store.
    """

    done: int
    end: int | None = None
    topic: str = ""
    partition: int = 0
    waits_for: str = ""
    tried: int = 0
    of_broker: bool = False
    of_store: bool = False

    @property
    def needs_broker(self) -> bool:
        """Whether it cannot move while the broker is away."""
        return self.of_broker or bool(self.topic)


class Heartbeat(msgspec.Struct, frozen=True):
    """One look of a process at itself; `number` rises with each.

    `viewers` is how many people look at what it shows; None: it shows nothing.
    """

    process: str
    pid: int
    number: int
    parts: dict[str, PartProgress]
    viewers: int | None = None


Tell = Callable[[], Mapping[str, PartProgress]]
"""Returns how far some parts are; called in the heart's thread, must not block."""


class Heart:
    """Writes a process's heartbeat; parts are added as they come to be.

    Attributes:
        viewers: how many people look at what the process shows; None: it shows nothing.
    """

    def __init__(self, process: str, settings: Settings) -> None:
        """Beat for `process`; nothing is written before `start`."""
        self._process = process
        self._path = path_of(settings, process, os.getpid())
        self._tells: list[Tell] = []
        self._counts: dict[str, int] = {}
        self._number = 0
        self._writing = threading.Lock()
        self.viewers: int | None = None
        self._stop = threading.Event()

    def start(self) -> None:
        """Beat from now on, in a thread that does not keep the process alive."""
        _sweep(self._path, self._process)
        self.beat()
        threading.Thread(target=self._run, name="heartbeat", daemon=True).start()

    def stop(self) -> None:
        """Beat no more."""
        self._stop.set()

    def watch(self, tell: Tell) -> None:
        """Ask `tell` at each beat."""
        self._tells.append(tell)

    def count(self, part: str) -> None:
        """Take note that `part`, which always has something to do, did it once more."""
        self._counts[part] = self._counts.get(part, 0) + 1

    async def follow_loop(self) -> None:
        """Count the turns of the event loop until cancelled."""
        while True:
            self.count(LOOP)
            await asyncio.sleep(BEAT_S)

    def beat(self) -> None:
        """Write how far everything is; where it cannot be written, the file stands still."""
        with self._writing:
            self._write()

    def _write(self) -> None:
        self._number += 1
        parts = {name: PartProgress(done) for name, done in list(self._counts.items())}
        for tell in list(self._tells):
            # What changes while it is looked at is told at the next beat.
            with contextlib.suppress(Exception):
                parts.update(tell())
        beat = Heartbeat(self._process, os.getpid(), self._number, parts, self.viewers)
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _overwrite(self._path, msgspec.json.encode(beat))

    def _run(self) -> None:
        while not self._stop.wait(BEAT_S):
            self.beat()


def folder_of(settings: Settings) -> Path:
    """Return the folder of the heartbeats."""
    return settings.data / "run" / "heartbeats"


def path_of(settings: Settings, process: str, pid: int) -> Path:
    """Return the file of one process of this machine (or container)."""
    return folder_of(settings) / f"{process}-{socket.gethostname()}-{pid}.json"


def read_beat(path: Path) -> Heartbeat | None:
    """Return what stands in a heartbeat's file; None: there is none, or it is being written."""
    try:
        return msgspec.json.decode(path.read_bytes().rstrip(b" "), type=Heartbeat)
    except (OSError, msgspec.DecodeError):
        return None


def running_beats(settings: Settings, process: str) -> Iterator[tuple[int, Path]]:
    """Yield (pid, file) of the processes of that kind that run on this machine."""
    for path in folder_of(settings).glob(f"{process}-{socket.gethostname()}-*.json"):
        pid = int(path.stem.rpartition("-")[2])
        if Path(f"/proc/{pid}").exists():
            yield pid, path


def _overwrite(path: Path, text: bytes) -> None:
    """Write in place, padded to whole blocks: the blocks are there already, however full it is."""
    size = path.stat().st_size if path.exists() else 0
    room = max(size, (len(text) // _BLOCK + 1) * _BLOCK)
    spot = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(spot, text.ljust(room), 0)
    finally:
        os.close(spot)


def _sweep(mine: Path, process: str) -> None:
    """Remove what processes of that kind left behind here that run no more."""
    for path in mine.parent.glob(f"{process}-{socket.gethostname()}-*.json"):
        pid = path.stem.rpartition("-")[2]
        if path == mine or (pid.isdigit() and not _alive(int(pid))):
            path.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
