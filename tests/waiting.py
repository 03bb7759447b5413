"""Wait for a condition instead of sleeping."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(fn: Callable[[], T], timeout_s: float = 60.0, every_s: float = 0.05) -> T:
    """Call `fn` until it returns something true, and return that.

    What `fn` raises counts as "not yet"; the last of it is shown when the time is over.
    """
    end = time.monotonic() + timeout_s
    last: object = None
    while True:
        try:
            found = fn()
            if found:
                return found
            last = found
        except Exception as error:
            last = error
        if time.monotonic() > end:
            problem = f"not so within {timeout_s} s; last: {last!r}"
            raise AssertionError(problem)
        time.sleep(every_s)


async def until(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
    """Let the event loop go on until `condition` is true."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"not so within {timeout_s} s"
        await asyncio.sleep(0.002)
