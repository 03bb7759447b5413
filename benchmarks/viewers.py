"""Many browsers on one screens process: how old a message is when it arrives, and what it costs."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import time
from collections.abc import Iterable
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from benchmarks import harness, report
from benchmarks.measure import Sampler
from citybrain.floor.settings import Settings

SCREENS = ("overall", "city_management", "governance", "services", "traffic")
_AT = re.compile(r'"at":(\d+)')


def measure(settings: Settings, count: int, seconds: float) -> dict[str, Any]:
    """Let `count` viewers watch the five screens for `seconds`; return what they saw."""
    report.say(f"{count} viewers for {seconds:.0f} s")
    with harness.system(settings, ("screens",)) as processes:
        pids = {"screens": processes["screens"].pid, "viewers": os.getpid()}
        with Sampler(pids) as sampler:
            ages, began, ended = asyncio.run(_watch(settings, count, seconds))
        track = sampler.tracks["screens"]
        own = sampler.tracks["viewers"]
    return {
        "viewers": count,
        "messages": len(ages),
        "messages_per_viewer_s": round(len(ages) / count / seconds, 2),
        "push_ms": {name: round(age, 1) for name, age in report.percentiles(ages).items()},
        "cpu_percent": round(track.cpu_between(began, ended) / (ended - began) * 100, 1),
        "viewers_cpu_percent": round(own.cpu_between(began, ended) / (ended - began) * 100, 1),
        "peak_mb": round(track.peak_mb(), 1),
    }


def row(push: dict[str, Any]) -> list[object]:
    """Return the figures of `measure` as a row of the table."""
    names = ("viewers", "messages_per_viewer_s")
    ages = [push["push_ms"][name] for name in ("p50", "p95")]
    return [*(push[name] for name in names), *ages, push["cpu_percent"], push["peak_mb"]]


async def watch_screens(settings: Settings, screens: Iterable[str]) -> None:
    """Hold a socket of each of `screens` open, and take what comes, until cancelled."""
    nobody = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for name in screens:
            group.create_task(_view(settings, name, [], nobody))


async def _watch(
    settings: Settings, count: int, seconds: float
) -> tuple[list[float], float, float]:
    ages: list[float] = []
    counting = asyncio.Event()
    screens = itertools.islice(itertools.cycle(SCREENS), count)
    tasks = [asyncio.create_task(_view(settings, name, ages, counting)) for name in screens]
    await asyncio.sleep(3)
    counting.set()
    began = time.time()
    await asyncio.sleep(seconds)
    counting.clear()
    ended = time.time()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return ages, began, ended


async def _view(
    settings: Settings, screen: str, ages: list[float], counting: asyncio.Event
) -> None:
    host = f"{settings.screens_host}:{settings.screens_port}"
    while True:
        with contextlib.suppress(OSError, WebSocketException):
            async with connect(f"ws://{host}/live/{screen}", compression=None) as socket:
                async for message in socket:
                    found = _AT.search(message if isinstance(message, str) else "")
                    if found and counting.is_set():
                        ages.append(time.time() * 1000 - int(found[1]))
        await asyncio.sleep(0.2)
