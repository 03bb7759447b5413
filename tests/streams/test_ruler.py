"""What the ruler takes over of changed files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import structlog

from citybrain.floor.errors import ConfigError, Fault
from streams import ruler
from streams.ruling.rulebook import Rulebook

FAULTY = ConfigError([Fault("rules/traffic.yaml:9", "rules.slow.for", "too long", "shorten it")])


async def changes(count: int) -> AsyncIterator[object]:
    """Yield as many changes of files."""
    for _ in range(count):
        yield set()


def reading(results: Sequence[Rulebook | Exception]) -> Callable[[], ruler.Decides]:
    """Return what reads, or raises, one of `results` after the other."""
    rest = iter(results)

    def read() -> ruler.Decides:
        found = next(rest)
        if isinstance(found, Exception):
            raise found
        return ruler.Decides(found, pipeline=None)  # type: ignore[arg-type]

    return read


async def watched(results: Sequence[Rulebook | Exception], *, failing: int = 0) -> list[Any]:
    """Return what was taken over of `results`; the first `failing` times that raises."""
    taken: list[Any] = []

    async def reload(rulebook: Rulebook, _pipeline: object) -> None:
        taken.append(rulebook)
        if len(taken) <= failing:
            raise RuntimeError("a shard is gone")

    await ruler._watch(changes(len(results)), reading(results), reload)
    return taken


async def test_watch_when_a_file_is_faulty_then_says_so_and_takes_the_next() -> None:
    good = Rulebook({}, {})

    with structlog.testing.capture_logs() as said:
        assert await watched([FAULTY, good]) == [good]

    assert [(one["event"], one["log_level"]) for one in said] == [
        ("rules_refused", "error"),
        ("rules_reloaded", "info"),
    ]
    assert said[0]["first"] == "rules/traffic.yaml:9: rules.slow.for: too long; shorten it"


async def test_watch_when_reading_fails_otherwise_then_says_so_and_takes_the_next() -> None:
    good = Rulebook({}, {})

    with structlog.testing.capture_logs() as said:
        assert await watched([OverflowError("too large"), good]) == [good]

    assert [(one["event"], one["log_level"]) for one in said] == [
        ("reload_failed", "error"),
        ("rules_reloaded", "info"),
    ]


async def test_watch_when_taking_over_fails_then_the_next_is_taken_over_still() -> None:
    first, second = Rulebook({}, {}), Rulebook({}, {"slow": "rules/traffic.yaml:2"})

    with structlog.testing.capture_logs() as said:
        assert await watched([first, second], failing=1) == [first, second]

    assert [one["event"] for one in said] == ["reload_failed", "rules_reloaded"]
