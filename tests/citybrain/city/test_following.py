"""What a process takes over of a folder that is edited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import structlog

from citybrain.city.following import Following
from citybrain.floor.errors import ConfigError, Fault

FAULT = Fault("rules/traffic.yaml:9", "rules.slow.for", "too long", "shorten it")
FAULTY = ConfigError([FAULT])


def reading(results: Sequence[str | Exception]) -> Callable[[], str]:
    """Return what reads, or raises, one of `results` after the other."""
    rest = iter(results)

    def read() -> str:
        found = next(rest)
        if isinstance(found, Exception):
            raise found
        return found

    return read


class Folder:
    """A folder that somebody edits, and who follows it."""

    def __init__(self, path: Path, results: Sequence[str | Exception]) -> None:
        """Let what is read there be `results`, one after the other."""
        self.path, self.count = path, len(results)
        self.taken: list[str] = []
        read = reading(results)
        self.following = Following(path, first=lambda: "first", read=read, what="rules")

    async def edited(self, *, saved: bool = True, failing: int = 0) -> list[Any]:
        """Edit as often as there are results; return what was told.

        Args:
            saved: whether a file is another one each time, or was merely touched.
            failing: the first so many times that something is taken over, that raises.
        """

        async def changes() -> AsyncIterator[object]:
            for turn in range(self.count):
                if saved:
                    (self.path / "any.yaml").write_text("x" * turn)
                yield set()

        async def take(found: str) -> None:
            self.taken.append(found)
            if len(self.taken) <= failing:
                raise RuntimeError("a shard is gone")

        with structlog.testing.capture_logs() as said:
            await self.following.run(take, changes())
        return [(one["event"], one["log_level"]) for one in said] + said[:1]


async def test_follow_when_a_version_is_faulty_then_goes_by_the_old_and_takes_the_next(
    tmp_path: Path,
) -> None:
    folder = Folder(tmp_path, [FAULTY, "good"])

    *events, first = await folder.edited()

    assert events == [("rules_refused", "error"), ("rules_reloaded", "info")]
    assert first["first"] == "rules/traffic.yaml:9: rules.slow.for: too long; shorten it"
    assert (folder.taken, folder.following.current) == (["good"], "good")
    assert folder.following.refused == ()


async def test_follow_while_the_newest_version_is_faulty_then_says_what_is_wrong(
    tmp_path: Path,
) -> None:
    folder = Folder(tmp_path, ["good", FAULTY])

    await folder.edited()

    assert (folder.following.current, folder.following.refused) == ("good", (FAULT,))


async def test_follow_when_the_fault_is_taken_back_then_nothing_is_taken_over(
    tmp_path: Path,
) -> None:
    folder = Folder(tmp_path, [FAULTY, "first"])

    *events, _ = await folder.edited()

    assert events == [("rules_refused", "error"), ("rules_reloaded", "info")]
    assert (folder.taken, folder.following.refused) == ([], ())


async def test_follow_when_reading_fails_otherwise_then_takes_the_next(tmp_path: Path) -> None:
    folder = Folder(tmp_path, [OverflowError("too large"), "good"])

    *events, _ = await folder.edited()

    assert events == [("reload_failed", "error"), ("rules_reloaded", "info")]
    assert folder.taken == ["good"]


async def test_follow_when_taking_over_fails_then_the_next_is_taken_over_still(
    tmp_path: Path,
) -> None:
    folder = Folder(tmp_path, ["second", "third"])

    *events, _ = await folder.edited(failing=1)

    assert events == [("reload_failed", "error"), ("rules_reloaded", "info")]
    assert (folder.taken, folder.following.current) == (["second", "third"], "third")


async def test_follow_when_a_file_is_saved_as_it_was_then_nothing_is_read(tmp_path: Path) -> None:
    folder = Folder(tmp_path, ["good"])

    assert await folder.edited(saved=False) == []
    assert (folder.taken, folder.following.current) == ([], "first")
