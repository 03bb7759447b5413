"""`python -m benchmarks.hostile`: hostile requests over all routes of both ports.

Beside them good clients push events, read open alerts and watch a wall. What counts: no answer of
5xx, no connection of the good ones lost, memory as it was, and how much slower the good ones are.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

import httpx
import psutil
import typer
import websockets

from benchmarks import harness, report
from benchmarks.city import issue_keys
from benchmarks.hostile.requests import HostileRequests
from citybrain.accounts import changes
from citybrain.accounts.accounts_file import LOOK_S
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from connectors.door.application import make_application
from dashboards.access import cookies
from dashboards.access.access_setup import door_of
from dashboards.app import build
from notifier.channel import channel_options

CALM_S = 15.0
PATIENCE_S = 90.0
"""Seconds after which an answer counts as missing; a body that does not come is given up in 65."""
SHOWN = 20


class Numbers:
    """Numbers from 0 on, no faster than so many a second, for however many ask."""

    def __init__(self, most: int, rate: float) -> None:
        """Give `most` numbers."""
        self._most, self._rate, self._given = most, rate, 0
        self._started = time.monotonic()

    async def next(self) -> int | None:
        """Return the next number when its time has come; None: there is none left."""
        number, self._given = self._given, self._given + 1
        if number >= self._most:
            return None
        await asyncio.sleep(max(0.0, number / self._rate - (time.monotonic() - self._started)))
        return number


@dataclass
class Seen:
    """What came back.

    Attributes:
        answers: how many of each status; 0: the connection was closed without one.
        failures: requests that were answered by 5xx, the first of them whole.
        good: port → seconds that good requests took.
        lost: connections of good clients that broke.
    """

    answers: Counter[int] = field(default_factory=Counter)
    failures: list[tuple[int, str]] = field(default_factory=list)
    good: dict[str, list[float]] = field(default_factory=lambda: {"gateway": [], "screens": []})
    lost: int = 0


def main(
    requests: Annotated[int, typer.Option(help="hostile requests")] = 1_000_000,
    rate: Annotated[float, typer.Option(help="of them a second, at most")] = 2_000,
    connections: Annotated[int, typer.Option(help="hostile connections of each port")] = 16,
) -> None:
    """Measure, print the table, write results/hostile.json; exit 1 where a port did not hold."""
    with harness.scratch("hostile") as folder:
        settings = harness.fresh_settings(folder)
        with harness.system(settings) as running:
            result = asyncio.run(_measure(settings, running, requests, rate, connections))
    _show(result)
    report.write("hostile", result)
    raise typer.Exit(1 if result["server_errors"] or result["good_lost"] else 0)


async def _measure(
    settings: Settings, running: dict[str, Any], requests: int, rate: float, connections: int
) -> dict[str, Any]:
    seen, calm = Seen(), Seen()
    key = next(iter(issue_keys(settings).values()))
    token, session = _tokens(settings)
    await asyncio.sleep(2 * LOOK_S)  # until the screens know them
    async with _good(settings, key, token, calm):
        report.say(f"{CALM_S:.0f} s of good traffic alone")
        await asyncio.sleep(CALM_S)
    before = _memory(running)
    numbers, started = Numbers(requests, rate), time.monotonic()
    async with _good(settings, key, token, seen):
        report.say(f"{requests:,} hostile requests, at most {rate:,.0f} a second")
        ports = (
            (settings.gateway_port, _of_gateway(key)),
            (settings.screens_port, _of_screens(settings, token, session)),
        )
        sending = [
            asyncio.create_task(_send(port, made, numbers, seen))
            for port, made in ports
            for _ in range(connections)
        ]
        half = None
        while any(not task.done() for task in sending):
            await asyncio.sleep(1)
            if half is None and sum(seen.answers.values()) > requests / 2:
                half = _memory(running)
        await asyncio.gather(*sending)
    took, after = time.monotonic() - started, _memory(running)
    return {
        "requests": sum(seen.answers.values()),
        "took_s": took,
        "answers": {str(status): number for status, number in sorted(seen.answers.items())},
        "server_errors": sum(n for status, n in seen.answers.items() if status >= 500),
        "failures": seen.failures[:SHOWN],
        "good_lost": seen.lost + calm.lost,
        "good_ms": {"alone": _spread(calm), "beside": _spread(seen)},
        "memory_mib": {"before": before, "half": half, "after": after},
    }


def _tokens(settings: Settings) -> tuple[str, str]:
    """Return a reader's token, and the cookie of somebody who signed in."""
    clock = SystemClock()
    now, path = clock.now(), settings.accounts_path
    account = changes.add(path, "hostile", None, now, role="administrator")
    door = door_of(settings, clock)
    return changes.issue_reader(path, "hostile", now), door.gate.sessions.begin(account, now)


def _of_gateway(key: str) -> HostileRequests:
    routes = [route.path for route in make_application(cast("Any", None)).routes]  # type: ignore[attr-defined]
    bearer = {"authorization": f"Bearer {key}"}
    return HostileRequests(routes, [bearer, bearer, {}, {"authorization": "Basic \xff"}])


def _of_screens(settings: Settings, token: str, session: str) -> HostileRequests:
    server = build(settings, channel_options())
    routes = [path for route in server.routes if (path := getattr(route, "path", ""))]
    known = {"cookie": f"{cookies.SESSION}={session}", "x-csrf-token": "x"}
    bearer = {"authorization": f"Bearer {token}"}
    return HostileRequests(routes, [known, bearer, {}, {"cookie": "\xff=\xff; ;;"}])


async def _send(port: int, made: HostileRequests, numbers: Numbers, seen: Seen) -> None:
    """Send requests over one connection, opened again where it was closed."""
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    while (number := await numbers.next()) is not None:
        raw = made.make(number)
        if writer is None or writer.is_closing() or reader is None or reader.at_eof():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        status, closed = await _ask(reader, writer, raw)
        seen.answers[status] += 1
        if status >= 500:
            seen.failures.append((status, repr(raw[:600])))
        if closed:
            writer.close()
            writer = None
    if writer is not None:
        writer.close()


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes
) -> tuple[int, bool]:
    """Send one request; return the answer's status, 0 for none, and whether the line is over."""
    try:
        writer.write(raw)
        await writer.drain()
        async with asyncio.timeout(PATIENCE_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = head.split("\r\n")
            status = int(lines[0].split(" ")[1])
            told = {n.lower(): v for n, _, v in (line.partition(": ") for line in lines[1:])}
            bodyless = raw.startswith(b"HEAD ") or status in (101, 204, 304)
            if not bodyless and "content-length" in told:
                await reader.readexactly(int(told["content-length"]))
            elif not bodyless:
                return status, True
            return status, told.get("connection", "").lower() == "close" or status == 101
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
        return 0, True


@contextlib.asynccontextmanager
async def _good(settings: Settings, key: str, token: str, seen: Seen) -> AsyncIterator[None]:
    """Have good clients at work: one of the gateway, one of the screens, one wall."""
    clients = [
        asyncio.create_task(_push(settings, key, seen)),
        asyncio.create_task(_read(settings, token, seen)),
        asyncio.create_task(_watch(settings, seen)),
    ]
    try:
        yield
    finally:
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)


async def _push(settings: Settings, key: str, seen: Seen) -> None:
    body = [{"labels": {"alertname": "Good", "severity": "info"}}]
    headers = {"authorization": f"Bearer {key}"}
    url = f"http://127.0.0.1:{settings.gateway_port}/api/v2/alerts"
    await _again(seen, "gateway", lambda client: client.post(url, json=body, headers=headers))


async def _read(settings: Settings, token: str, seen: Seen) -> None:
    headers = {"authorization": f"Bearer {token}"}
    url = f"http://127.0.0.1:{settings.screens_port}/api/v2/alerts"
    await _again(seen, "screens", lambda client: client.get(url, headers=headers))


async def _again(seen: Seen, port: str, ask: Any) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        while True:
            started = time.monotonic()
            try:
                answer = await ask(client)
            except httpx.HTTPError as error:
                report.say(f"a good request to the {port} was lost: {error!r}")
                seen.lost += 1
            else:
                if answer.status_code != 200:
                    report.say(f"a good request to the {port}: {answer.status_code}")
                    seen.lost += 1
                seen.good[port].append(time.monotonic() - started)
            await asyncio.sleep(0.1)


async def _watch(settings: Settings, seen: Seen) -> None:
    address = f"ws://127.0.0.1:{settings.screens_port}/live/overall"
    while True:
        try:
            async with websockets.connect(address, max_size=None) as socket:
                async for _ in socket:
                    pass
        except (OSError, websockets.WebSocketException) as error:
            report.say(f"the wall lost its socket: {error!r}")
            await asyncio.sleep(0.5)
        seen.lost += 1


def _memory(running: dict[str, Any]) -> dict[str, float]:
    return {
        name: psutil.Process(running[name].pid).memory_info().rss / 2**20
        for name in ("gateway", "screens", "store", "sink")
    }


def _spread(seen: Seen) -> dict[str, dict[str, float]]:
    found = {}
    for port, took in seen.good.items():
        cuts = statistics.quantiles(took, n=100) if len(took) > 1 else [0.0] * 99
        found[port] = {"p50": cuts[49] * 1000, "p99": cuts[98] * 1000}
    return found


def _show(result: dict[str, Any]) -> None:
    rows = [(f"answered {status}", number) for status, number in result["answers"].items()]
    report.show(
        f"{result['requests']:,} hostile requests in {result['took_s']:,.0f} s",
        ("answer", "number"),
        [*rows, ("5xx", result["server_errors"]), ("good ones lost", result["good_lost"])],
    )
    alone, beside = result["good_ms"]["alone"], result["good_ms"]["beside"]
    report.show(
        "Good requests, ms",
        ("port", "p50 alone", "p50 beside", "p99 alone", "p99 beside"),
        [
            (port, alone[port]["p50"], beside[port]["p50"], alone[port]["p99"], beside[port]["p99"])
            for port in alone
        ],
    )
    memory = result["memory_mib"]
    report.show(
        "Memory, MiB",
        ("process", "before", "half", "after"),
        [
            (name, memory["before"][name], (memory["half"] or {}).get(name), memory["after"][name])
            for name in memory["before"]
        ],
    )


if __name__ == "__main__":
    typer.run(main)
