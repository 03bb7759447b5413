"""Follow a city's folder while it is edited: what was saved is taken over whole, or not at all.

Every process that goes by the folder follows it with the same check, so all of them go over to the
same version, or stay with the one before. A faulty version is told; the next one is read anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import structlog
from watchfiles import awatch

from citybrain.city.reading import load_city
from citybrain.city.records import City
from citybrain.floor.errors import ConfigError, Fault

log = structlog.get_logger(__name__)

T = TypeVar("T")
CheckedCity = Callable[[Path], City]
"""Reads a folder and everything that goes by it; raises `ConfigError` with all that is wrong."""
_SUFFIXES = (".yaml", ".yml", ".csv", ".json", ".geojson")
_Stamp = frozenset[tuple[str, int, int]]


class Following(Generic[T]):
    """What a process goes by of a city's folder.

    Attributes:
        current: what it goes by.
        refused: what is wrong with what was saved last; nothing: it is what the process goes by.
    """

    def __init__(
        self,
        folder: Path,
        *,
        first: Callable[[], T],
        read: Callable[[], T],
        what: str = "city",
    ) -> None:
        """Read `folder` for the first time.

        Args:
            folder: the city's.
            first: reads it now; what it raises is raised.
            read: reads it after each change, in a thread; raises `ConfigError` where it is faulty.
            what: is told in the log, as in ``city_reloaded``.
        """
        self._folder, self._read, self._what = folder, read, what
        self._stamp = _stamp(folder)
        self.current = first()
        self.refused: tuple[Fault, ...] = ()

    async def run(
        self,
        take: Callable[[T], Awaitable[None]],
        changes: AsyncIterator[object] | None = None,
    ) -> None:
        """Give `take` each new version, until cancelled; it goes by the old one until it returned.

        It outlives whatever is saved: else no later change would be heard of, in silence.

        Args:
            take: makes the process go by a version.
            changes: yields when files changed; by default the folder is watched.
        """
        try:
            async for _ in changes or awatch(self._folder, watch_filter=_matters):
                await self._look(take)
        except (OSError, RuntimeError) as error:  # no more watches on this machine
            will = "go by what was read, until started anew"
            log.error("folder_not_watched", what=self._what, problem=str(error), will=will)

    async def _look(self, take: Callable[[T], Awaitable[None]]) -> None:
        stamp = await asyncio.to_thread(_stamp, self._folder)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            found = await asyncio.to_thread(self._read)
            if found != self.current:
                await take(found)
        except ConfigError as error:
            self.refused = tuple(error.faults)
            event = f"{self._what}_refused"
            log.error(event, faults=len(error.faults), first=str(error.faults[0]))
        except Exception as error:
            remedy = "see the log of the process, and save it again"
            self.refused = (Fault(str(self._folder), self._what, repr(error), remedy),)
            log.exception("reload_failed", what=self._what, will="wait for the next change")
        else:
            self.current, self.refused = found, ()
            event = f"{self._what}_reloaded"
            log.info(event)


def follow_city(folder: Path, checked: CheckedCity) -> Following[City]:
    """Read the city of `folder`, and follow it by what `checked` reads.

    Raises:
        ConfigError: it is faulty now.
    """
    return Following(folder, first=partial(load_city, folder), read=partial(checked, folder))


def _matters(_change: object, path: str) -> bool:
    """Whether a path is a file that a city's folder is read from, and no editor's own."""
    file = Path(path)
    return file.suffix in _SUFFIXES and not file.name.startswith(".")


def _stamp(folder: Path) -> _Stamp:
    """Return what differs when a file of the folder does."""
    found = set()
    for path in folder.rglob("*"):
        if _matters(None, str(path)):
            try:
                seen = path.stat()
            except OSError:  # gone since
                continue
            found.add((str(path), seen.st_mtime_ns, seen.st_size))
    return frozenset(found)
